"""The steps that the stories share, each done on the pages by whoever's part it is."""

import gzip
import io
import re
from collections.abc import Mapping, Sequence
from csv import DictReader
from http import HTTPStatus
from typing import NamedTuple
from zipfile import ZipFile

import pypdfium2

from casework.cases.rules import DUTIES
from casework.grading import queries as grading
from casework.registry import queries as registry
from tests.people import Page, Person
from tests.running import House
from tests.stories.cast import Cast

PHOTO = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(64)


class Finding(NamedTuple):
    """What was found about one item: result codes, in words, and what was done about it."""

    codes: Sequence[str]
    finding: str = "无"
    disposal: str = "无"


# ---- Records and grades


def bring_in(house: House, clerk: Person, source: str, lines: Sequence[Mapping[str, object]]) -> Page:
    """A file is uploaded, tried out, looked at and confirmed; returns the page of the batch that was kept."""
    header = list(lines[0])
    text = "\n".join([",".join(header), *(",".join(str(line[name]) for name in header) for line in lines)])
    clerk.open("/imports/new")
    clerk.press("上传并试运行", source=source, file=(io.BytesIO(text.encode("gb18030")), f"{source}.csv"))
    house.until(lambda: "试运行完成，数据没有改动" in clerk.reload())
    clerk.press("确认导入")
    house.until(lambda: "正式导入" not in clerk.reload())
    return clerk.page


def fates(clerk: Person) -> list[str]:
    """What became of each row of the batch on whose page the clerk is."""
    report = clerk.open(clerk.page.link("下载逐行报告"))
    return [line for line in gzip.decompress(report.body).decode("utf-8-sig").splitlines() if line]


def grade_of(number: str) -> str | None:
    """The grade kept under an enterprise."""
    known = registry.by_number(number)
    assert known is not None
    grade = registry.grades([known.id]).get(known.id)
    return grade and grade.grade


def receipt(number: str) -> dict[str, int]:
    """Which indicators give an enterprise its points, in tenths."""
    known = registry.by_number(number)
    assert known is not None
    explained = grading.explanation(known.id).receipt
    return {line.indicator.code: line.points for line in explained.lines if line.points}


# ---- Draws


class Draw(NamedTuple):
    """What a campaign's bundle and its openings tell together: who is behind each seal."""

    strata: dict[str, str]
    drawn: dict[str, str]


def propose(planner: Person, **scheme: object) -> str:
    """A scheme is written and handed in; returns the address of the campaign."""
    planner.open("/sampling/campaigns/new")
    planner.press("保存方案", **scheme)
    planner.press("提交方案")
    return planner.page.address


def freeze(house: House, operator: Person, address: str) -> Page:
    """The pool is frozen by a worker while the operator looks on."""
    operator.open(address)
    operator.press("冻结名录")
    house.until(lambda: "下一步：公布承诺" in operator.reload())
    return operator.page


def commit(publisher: Person, address: str) -> str:
    """The commitment is published; returns it as the page shows it."""
    publisher.open(address)
    page = publisher.press("公布承诺")
    found = re.search(r"\b[0-9a-f]{64}\b", page.text)
    assert found
    return found.group()


def opened(auditor: Person, address: str) -> tuple[bytes, bytes]:
    """Bundle and openings, as the auditor downloads them; the reason stays on the page."""
    auditor.open(f"{address}/audit")
    openings = auditor.press("下载 openings.csv", reason="抽取现场核对").body
    assert "抽取现场核对" in auditor.open(f"{address}/audit")
    return auditor.open(f"{address}/bundle").body, openings


def understood(bundle: bytes, openings: bytes) -> Draw:
    """Joins the public bundle with the openings, as an auditor does."""
    codes = {row["seal"]: row["uscc"] for row in DictReader(io.StringIO(openings.decode()))}
    with ZipFile(io.BytesIO(bundle)) as archive:
        lines = {
            name: [line.split("\t") for line in archive.read(name).decode().splitlines()]
            for name in ("pool.tsv", "draw.tsv")
            if name in archive.namelist()
        }
    return Draw(
        strata={codes[seal]: stratum for stratum, seal, _status in lines["pool.tsv"]},
        drawn={codes[seal]: stratum for stratum, seal, _ticket in lines.get("draw.tsv", [])},
    )


# ---- A case, from its officer's hand to the public


class Team(NamedTuple):
    """The two officers of a case, and where the case is."""

    case: str
    names: list[str]
    first: Person
    second: Person


def team_of(cast: Cast, case: str) -> Team:
    """The officers whom the page of a case names."""
    page = cast.leader.open(case)
    names = [name for name in cast.officers if name in page]
    assert len(names) == 2, page.text
    return Team(case, names, *(cast.officers[name] for name in names))


def approve(cast: Cast, team: Team) -> str:
    """An officer submits, the county's head approves; returns the code that was made then."""
    team.first.open("/cases/mine")
    team.first.open(f"{team.case}/visit")
    team.first.press("提交审批")
    assert "等待：审批人批准" in team.first.page
    cast.county.open("/cases/approvals")
    cast.county.open(f"{team.case}/approve")
    cast.county.press("批准检查", note="同意")
    shown = team.second.open(f"{team.case}/code").text
    found = re.search(r"检查码 ([0-9A-Z]+(?:-[0-9A-Z]+)*) ", shown)
    assert found, shown
    return found.group(1)


def visit(team: Team, code: str, findings: Mapping[str, Finding]) -> None:
    """The notice is handed over, the code opens the check, each item is answered, both officers leave."""
    officer = team.first
    officer.open(f"{team.case}/visit")
    officer.press("登记检查通知书已送达", note="当面送达，店长签收")
    officer.follow("扫码或输码签到")
    officer.press("下一步", code=code.lower())
    officer.press("签到，开始检查", duties=list(DUTIES))
    for number, (item, found) in enumerate(findings.items(), 1):
        officer.open(f"{team.case}/items/{number}")
        assert item in officer.page
        photo = (io.BytesIO(PHOTO + bytes([number])), f"{item}.jpg")
        officer.press("保存", codes=list(found.codes), finding=found.finding, disposal=found.disposal, photos=[photo])
    assert "全部事项已录入" in officer.page
    officer.press("签退")


def conclude(team: Team) -> None:
    """The record is checked and handed in, signed by the party."""
    officer = team.first
    officer.open(f"{team.case}/visit")
    officer.follow("核对并提交审核")
    officer.press("提交组长审核", present_name="钱在场", present_position="店长", signature="signed")


def review_and_release(cast: Cast, team: Team) -> None:
    """Two more people look at it: the leader, then who answers for publication."""
    cast.leader.open(f"{team.case}/review")
    cast.leader.press("审核通过", note="事实清楚")
    cast.leader.open(f"{team.case}/release", status=HTTPStatus.FORBIDDEN)
    cast.releaser.open(f"{team.case}/release")
    cast.releaser.press("批准公示", note="同意公示")


def published(house: House, visitor: Person, number: str) -> Page:
    """The enterprise's first result on the portal, as soon as the workers have put it there with its paper."""

    def shown() -> Page | None:
        visitor.open(f"/public/enterprises/{number}")
        results = sorted({href for _words, href in visitor.page.links if href.startswith("/public/results/")})
        if not results:
            return None
        page = visitor.open(results[0])
        return page if "下载公示文书（PDF）" in page else None

    page = house.until(shown)
    assert page is not None
    return page


def words_of_pdf(data: bytes) -> str:
    """The text of a PDF without its spaces and line ends."""
    document = pypdfium2.PdfDocument(data)
    return re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in document))
