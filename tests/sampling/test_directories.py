"""检查对象名录库: filled from tables, versions, counted once each, graded by a named run, picked by campaigns."""

import csv
import io
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.core.errors import NotFound, Refusal
from casework.grading import queries as grading
from casework.registry import queries as registry
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import DirectoryEntry, ObjectDirectory, PoolMember
from casework.sampling.schemas import DIRECTORY
from tests import make
from tests.make import sampling as draws


@pytest.fixture
def city(world):
    draws.roster(4)
    return draws.graded_pool({"A": 10, "D": 5})


def numbers(ids):
    return [registry.brief([one])[one].number for one in ids]


def table(*rows):
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(DIRECTORY.headings)
    for number, permit, *until in rows:
        writer.writerow([number, "食品经营许可证", permit, "", *(until or [""]), "川汇区局"])
    return target.getvalue().encode()


def post(visitor, code, content, **more):
    data = {"file": (io.BytesIO(content), "t.csv"), **more}
    return visitor.post(f"/sampling/directories/{code}/import", data=data)


def listed(code="S01"):
    return sampling.keep_directory(
        code=code, name="食品经营专项库", kind="special", listed=True, org_id=make.unit().id, actor=SYSTEM
    )


def test_a_holder_of_several_permits_counts_once(city, as_role):
    listed()
    one, other, gone = numbers(city[:3])
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    credit = as_role("credit")
    rows = (one, "A1"), (one, "A2"), (other, "B1"), (gone, "C1", yesterday)
    assert "检查通过：4 行" in post(credit, "S01", table(*rows), check="1").text
    assert session.scalars(select(DirectoryEntry)).all() == []
    assert post(credit, "S01", table(*rows)).status_code == 303
    draft = queries.directory_versions("S01", SYSTEM)[0]
    assert credit.post(f"/sampling/directories/versions/{draft.id}/publish").status_code == 303
    session.expire_all()
    assert (draft.objects, draft.enterprises) == (4, 2)
    shown = credit.get("/sampling/directories/S01").text
    assert "抽取库总户数（去重）" in shown
    assert f"第 {grading.last_run().id} 次分类运行" in shown
    counted = queries.directory_counts(draft, SYSTEM)
    assert (counted.members, counted.grades["A"], counted.run_on) == (2, 2, clock.today())


def test_mistakes_in_the_table_are_named_and_the_list_stays(city, as_role):
    directory = draws.directory(city[:2], code="S02")
    one = numbers(city[:1])[0]
    bad = table((one, "A1"), ("91410000000000000X", "A2"), (one, "A1"), (one, "A3", "不限"))
    answer = post(as_role("credit"), "S02", bad)
    assert answer.status_code == 422
    for told in ("第 3 行“统一社会信用代码或注册号”", "第 4 行“许可证编号”", "第 5 行“有效期至”"):
        assert told in answer.text
    session.expire_all()
    assert [one.version for one in queries.directory_versions("S02", SYSTEM)] == [1]
    kept = session.scalars(
        select(DirectoryEntry.enterprise_id).where(DirectoryEntry.directory_id == directory.id)
    ).all()
    assert sorted(kept) == sorted(city[:2])


def test_a_published_version_stays_as_it_was_and_a_new_one_carries_it_on(city):
    first = draws.directory(city[:3], code="S03")
    second = sampling.keep_directory(
        code="S03", name="改名", kind="special", listed=True, org_id=make.unit().id, actor=SYSTEM
    )
    session.flush()
    assert (second.version, first.name == "改名") == (2, False)
    assert len(session.scalars(select(DirectoryEntry).where(DirectoryEntry.directory_id == second.id)).all()) == 3
    assert [one.version for one in queries.directories(SYSTEM) if one.code == "S03"] == [1]
    sampling.publish_directory(second.id, actor=SYSTEM)
    assert [one.version for one in queries.directories(SYSTEM) if one.code == "S03"] == [2]
    sampling.withdraw_directory("S03", actor=SYSTEM)
    assert [one for one in queries.directories(SYSTEM) if one.code == "S03"] == []


def test_a_campaign_draws_from_the_union_of_the_directories_picked(city):
    draws.directory(city[:6], code="S04")
    draws.directory([*city[4:8], city[12]], code="S05")
    campaign = draws.campaign(pool={"directories": ["S04", "S05"]}, until="frozen")
    members = session.scalars(select(PoolMember.enterprise_id).where(PoolMember.campaign_id == campaign.id)).all()
    assert sorted(members) == sorted({*city[:8], city[12]})
    assert Counter({one.label: one.members for one in campaign.strata}) == {"A": 8, "B": 0, "C": 0, "D": 1}
    assert [(one["code"], one["version"]) for one in campaign.directories] == [("S04", 1), ("S05", 1)]
    assert campaign.directed


def test_the_general_directory_alone_is_no_direction(city):
    sampling.ensure_default_directories(org_id=make.unit().id)
    assert sampling.ensure_default_directories(org_id=make.unit().id) == 0
    general = next(one for one in queries.directories(SYSTEM) if one.kind == "general")
    assert general.enterprises == len(city)
    campaign = draws.campaign(pool={"directories": [general.code]})
    assert not campaign.directed
    assert queries.survey(queries.scheme_of(campaign)).members == len(city)


def test_a_directory_that_is_not_in_force_cannot_be_picked(city):
    listed("S06")
    for code in ("S06", "X99"):
        with pytest.raises(Refusal, match=f"名录库 {code} 没有公布或已经停用"):
            draws.campaign(pool={"directories": [code]})


def test_an_empty_directory_is_not_published_and_leaves_no_pool(city):
    draft = listed("S07")
    session.flush()
    with pytest.raises(Refusal, match="名录库还是空的"):
        sampling.publish_directory(draft.id, actor=SYSTEM)
    draws.directory(city[:2], code="S08", valid_until=clock.today() - timedelta(days=1))
    campaign = draws.campaign(pool={"directories": ["S08"]}, until="approved")
    with pytest.raises(Refusal, match="抽查库为空"):
        sampling.freeze_pool(campaign.id, actor=SYSTEM)


def test_another_area_sees_the_directory_and_none_of_its_holders(city, as_role):
    draws.directory(city[:2], code="S09")
    name = registry.brief(city[:1])[city[0]].name
    assert name in as_role("county", unit="川汇区局").get("/sampling/directories/S09").text
    elsewhere = as_role("county", unit="淮阳区局").get("/sampling/directories/S09")
    assert elsewhere.status_code == 200
    assert name not in elsewhere.text


def test_a_county_uses_its_own_and_the_citys_and_not_its_neighbours(city):
    for code, unit in (("S11", "市局"), ("S12", "川汇区局"), ("S13", "淮阳区局")):
        draws.directory(city[:2], code=code, org_id=make.unit(unit).id)
    planner = draws.person("county", unit_name="川汇区局")
    assert [one.code for one in queries.directories(planner)] == ["S11", "S12"]
    with pytest.raises(Refusal, match="S13 没有公布或已经停用"):
        draws.campaign(maker=planner, pool={"directories": ["S13"]})
    with pytest.raises(NotFound):
        sampling.withdraw_directory("S11", actor=planner)


def test_the_pages_make_change_and_offer_a_directory(city, as_role):
    credit = as_role("credit")
    empty = credit.get("/sampling/directories").text
    assert "还没有公布的名录库" in empty
    data = {"code": "S10", "name": "食品销售专项库", "kind": "special", "org_id": str(make.unit().id)}
    assert credit.post("/sampling/directories/new", data=data).status_code == 422
    assert credit.post("/sampling/directories/new", data=data | {"industries": "F52"}).status_code == 303
    again = credit.post("/sampling/directories/new", data=data | {"industries": "F52"})
    assert "名录库编号已被使用" in again.text
    draft = session.scalars(select(ObjectDirectory).where(ObjectDirectory.code == "S10")).one()
    assert "待公布的版本" in credit.get("/sampling/directories").text
    credit.post(f"/sampling/directories/versions/{draft.id}/publish")
    assert "S10 食品销售专项库" in credit.get("/sampling/campaigns/new").text
    changed = credit.post("/sampling/directories/S10/change", data=data | {"industries": "F51"})
    assert changed.status_code == 303
    assert as_role("line").get("/sampling/directories/new").status_code == 403
