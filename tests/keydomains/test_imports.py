"""Grades of the professional system: every row accounted for, dry runs keep nothing, a parameter says which holds."""

import pytest
from sqlalchemy import func, select

from casework.core import clock, parameters
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import Refusal
from casework.keydomains import operations as keydomains
from casework.keydomains import queries
from casework.keydomains.models import ProfessionalGrade
from tests.make import keydomains as make_key
from tests.make.registry import uscc

pytestmark = pytest.mark.usefixtures("world")


def imported() -> int:
    kept = select(func.count()).select_from(ProfessionalGrade).where(ProfessionalGrade.source == "imported")
    return session.scalar(kept)


def accounts(batch) -> tuple[int, ...]:
    return batch.read, batch.new, batch.unchanged, batch.unmatched, batch.rejected


def test_every_row_is_accounted_for_with_its_field_and_why():
    one, other = make_key.licensed(), make_key.licensed()
    lines = f"{one.uscc},C级,55,2026-01-05\n{other.uscc},E,,\n{uscc(999_001)},B,,\n,A,,\n{other.uscc},B,300,\n{one.uscc},D,,"
    tried = make_key.delivery(lines, dry_run=True)
    assert accounts(tried) == (6, 1, 0, 1, 4)
    assert imported() == 0
    told = {(each["row"], each["field"]) for each in tried.problems}
    assert told == {
        (3, "专业等级"),
        (4, "统一社会信用代码"),
        (5, "统一社会信用代码"),
        (6, "专业分值"),
        (6, "统一社会信用代码"),
        (7, "统一社会信用代码"),
    }
    document = {"document_no": "豫食监〔2026〕7号"}
    assert accounts(make_key.delivery(lines, **document)) == (6, 1, 0, 1, 4)
    assert accounts(make_key.delivery(lines, **document)) == (6, 0, 1, 1, 4)
    assert imported() == 1


def test_what_is_no_delivery_is_refused_in_words():
    with pytest.raises(Refusal, match="没有任何数据"):
        make_key.delivery("")
    with pytest.raises(Refusal, match="批次日期"):
        make_key.delivery("x,A,,", issued_on=clock.today().replace(year=clock.today().year + 1))


def test_the_parameter_says_which_grade_holds():
    shop = make_key.licensed()
    keydomains.reassess(shop.id, actor=SYSTEM)
    make_key.delivery(f"{shop.uscc},D,,")
    key = (shop.id, "food")
    own = queries.kept([shop.id])[key].grade
    assert own != "D"
    value = {**parameters.value("keydomains.source"), "food": "imported"}
    parameters.set_value(
        "keydomains.source", value, effective_from=clock.today(), document_no="周市监〔2026〕8号", actor=SYSTEM
    )
    keydomains.reassess(shop.id, actor=SYSTEM)
    known = queries.kept([shop.id])[key]
    assert (known.grade, known.own_grade) == ("D", own)
    assert known.tier == 1
    assert known.receipt["professional"] == {"grade": "D", "score": 100, "source": "imported"}
