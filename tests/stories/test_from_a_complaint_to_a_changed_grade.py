"""A consumer comes in: complaint, report, a check outside the draw, publication, another grade, an answer, no name."""

import logging
from datetime import date
from typing import NamedTuple

import pytest
from sqlalchemy import select, text

from casework.accounts import queries as accounts
from casework.cases import queries as cases
from casework.cases.models import Case
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import Base, session, transaction
from casework.core.jobs import Job
from casework.documents import queries as documents
from casework.documents.models import Document
from casework.grading import operations as grading
from casework.registry import queries as registry
from casework.registry.snapshot import STAGES
from tests import make
from tests.people import Person
from tests.running import House
from tests.stories.cast import COUNTY, Cast
from tests.stories.steps import (
    Finding,
    Team,
    approve,
    conclude,
    grade_of,
    published,
    receipt,
    review_and_release,
    team_of,
    visit,
    words_of_pdf,
)

pytestmark = pytest.mark.servers

NAME, PHONE, IDENTITY, STREET = "欧阳建国", "13812345678", "412701198001011236", "七一路中段118号"
SECRETS = (NAME, PHONE, IDENTITY, STREET)
SHEET = f"""登记编号：1411600202600012345
投诉人姓名：{NAME}
联系电话：{PHONE}
证件号码：{IDENTITY}
被投诉人：%s
涉及金额：86.50元
投诉内容：{NAME}在该店购买散装食用油一桶，没有任何标签，食用后全家腹泻。住{STREET}，请回电{PHONE}。"""
FOUND_WANTING = {
    "B03": Finding(["3"], "销售无标签的散装食用油", "移交执法大队"),
    "B05": Finding(["3"], "没有查验进货凭证", "移交执法大队"),
}


class Firm(NamedTuple):
    id: int
    code: str
    name: str


@pytest.fixture
def firm(house: House) -> Firm:
    """An old company with a spotless past, graded."""
    with transaction():
        known = make.enterprise(name="周口市清泉粮油有限公司", established_on=date(2010, 3, 5))
        grading.run_now(actor=SYSTEM)
        return Firm(known.id, known.uscc or "", known.name)


def taken_down(centre: Person, firm: Firm) -> tuple[str, str]:
    """The work sheet is pasted, the register knows the subject; returns the addresses of complaint and report."""
    centre.open("/intake/new?kind=complaint")
    centre.press("读取", sheet=SHEET % firm.name)
    answers = {"category": "food", "channel": "letter_or_visit", "address": STREET}
    centre.press("登记", enterprise_id=str(firm.id), also_report="1", **answers)
    report = next(href for words, href in centre.page.links if words.startswith("举报 "))
    return centre.page.address, report


def mediated(handler: Person, complaint: str) -> None:
    """The dispute is accepted, settled, told and done with."""
    handler.open(complaint)
    handler.follow("决定是否受理")
    handler.press("受理")
    assert "投诉已受理，受理决定书已签发" in handler.page
    handler.follow("登记调解结果")
    handler.follow("调解成功")
    handler.press("调解成功", agreement="退款86.50元，当场履行", way="remote")
    told(handler)


def told(handler: Person) -> None:
    """The informant has an answer, and nothing is left to be done."""
    handler.follow("登记告知")
    handler.press("登记告知", way="paper")
    handler.press("归档")
    assert "已归档" in handler.page


def sent_out(handler: Person, report: str) -> int:
    """The clue is to be verified on the spot by two officers; returns the case."""
    handler.open(report)
    handler.follow("签收或者退回")
    handler.press("签收核查")
    handler.follow("核查与结论")
    handler.follow("开展现场检查")
    ready = accounts.drawable_officers(clock.today(), unit_ids=[make.unit(COUNTY).id])
    team = [str(officer.id) for officer in ready[:2]]
    handler.press("开展现场检查", item_codes=list(FOUND_WANTING), officer_ids=team, reason="核实散装食用油的来源和标签")
    return session.scalars(select(Case.id)).one()


def checked(cast: Cast, case_id: int) -> Team:
    """Two officers go there knowing what to look for; two more people look at what they found."""
    team = team_of(cast, f"/cases/{case_id}")
    assert "没有任何标签" in team.first.open(f"/intake/of-case/{case_id}")
    visit(team, approve(cast, team), FOUND_WANTING)
    conclude(team)
    review_and_release(cast, team)
    return team


def followed_up(team: Team) -> None:
    """What was to follow has its outcome."""
    team.first.open(f"{team.case}/follow-up")
    team.first.press("登记办结", outcome="移交执法大队，案号周市监立〔2026〕12号")
    team.first.press("结案归档", outcome="已移交立案")


def papers() -> dict[str, str]:
    """The words of every paper that was issued, by its kind."""
    return {paper.kind: words_of_pdf(documents.pdf(paper) or b"") for paper in session.scalars(select(Document))}


def tells(words: str) -> list[str]:
    return [secret for secret in SECRETS if secret in words]


def readable_places() -> list[str]:
    """Tables in which somebody with access to the database would read of the informant."""
    found = 'SELECT EXISTS (SELECT FROM "%s" AS kept WHERE kept::text ~ :secrets)'
    tables = [table.name for table in Base.metadata.sorted_tables]
    return [name for name in tables if session.scalar(text(found % name), {"secrets": "|".join(SECRETS)})]


def test_a_consumer_comes_in(house: House, cast: Cast, firm: Firm, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    centre, handler, visitor = cast.staff("intake"), cast.staff("leader", unit=COUNTY), cast.visitor()
    assert grade_of(firm.code) == "A"

    # One message is two items at the county bureau. Who stands behind them is masked, and shown for a reason only.
    complaint, report = taken_down(centre, firm)
    assert "欧**国，138****5678" in centre.page
    assert tells(centre.page.text) == []
    revealed = centre.press("查看", reason="电话告知受理情况")
    assert tells(revealed.text) == list(SECRETS)
    assert "电话告知受理情况" in centre.open(complaint)

    # The dispute is mediated; the violation is verified on the spot, whatever the grade, by a check that nobody drew.
    mediated(handler, complaint)
    case_id = sent_out(handler, report)
    case = cases.find(case_id, SYSTEM)
    assert (case.kind, case.origin_kind, case.enterprise_id) == ("triggered", "trigger", firm.id)
    team = checked(cast, case_id)
    assert "触发式检查" in team.first.page

    # It is published as 检查, of no task, among no draw.
    result = published(house, visitor, firm.code)
    assert "检查结果公示" in result
    assert "检查（依法定情形实施，不经随机抽取）" in result
    assert "抽查任务 不适用" in result
    assert result.text.count("违反食品药品管理相关规定") == 2
    assert firm.code in visitor.open("/public/data/results.csv").body.decode()
    assert "还没有" in visitor.open("/public/draws")

    # The grade has changed with it, and the report is answered with what was found.
    house.until(lambda: grade_of(firm.code) == "B")
    assert receipt(firm.code)["3.06"] == 2400
    followed_up(team)
    house.until(lambda: "违反食品药品管理相关规定" in handler.open(report))
    handler.follow("核查与结论")
    handler.follow("立案")
    handler.press("立案", reason="现场检查发现违法事实")
    told(handler)

    # Complaint, report and finding are one act: they share a chain, of which the highest stage counts.
    stages = [record for record in registry.records(firm.id) if record.kind in STAGES]
    assert {record.kind for record in stages} == set(STAGES[:3])
    assert len({record.chain for record in stages}) == 1
    assert "5.02" not in receipt(firm.code)

    # Nobody but the centre has read who it was, where it was told: no other page, no paper, no log, no readable row.
    house.until(lambda: all(paper.pdf_sha256 for paper in session.scalars(select(Document))))
    assert set(papers()) == {
        "complaint_acceptance",
        "report_outcome",
        "inspection_notice",
        "inspection_record",
        "check_result",
    }
    assert {kind: tells(words) for kind, words in papers().items() if tells(words)} == {}
    pages = [page for pages in cast.seen.values() for page in pages]
    told_on = [page.address for page in pages if tells(page.body.decode(errors="replace"))]
    assert told_on == ["/intake/new/sheet?kind=complaint", f"{complaint}/reveal"]
    assert tells(house.told() + caplog.text) == []
    assert readable_places() == []
    assert not [job for job in session.scalars(select(Job)) if job.state != "done"]
