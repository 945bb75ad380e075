"""The whole loop: records in, grades, a draw, cases, two reviews, publication, a changed grade, another next pool."""

import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from casework.cases import queries as cases
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import session, transaction
from casework.core.jobs import Job
from casework.grading import operations as grading
from casework.grading.models import ClassificationRun
from casework.registry import queries as registry
from casework.sampling import verify
from tests import make
from tests.running import House
from tests.stories.cast import Cast
from tests.stories.steps import (
    Finding,
    approve,
    bring_in,
    commit,
    conclude,
    fates,
    freeze,
    grade_of,
    opened,
    propose,
    published,
    receipt,
    review_and_release,
    team_of,
    understood,
    visit,
    words_of_pdf,
)

pytestmark = pytest.mark.servers

SPOTLESS, PENALISED, UNREACHABLE, LISTED = range(60), range(60, 72), range(72, 82), range(82, 92)
"""Who has which past: nothing at all, two penalties, penalties and nobody to be found, the serious list."""

FOUND_WANTING = {
    "A01": Finding(["D"], "营业执照载明的名称与门头不一致，已使用六个月", "移交办案机构"),
    "A08": Finding(["D"], "实际经营地址与登记住所不一致", "移交办案机构"),
}


def number(subject: int) -> str:
    return make.uscc(880_000 + subject)


def the_register() -> list[dict[str, object]]:
    """Old companies, each of its own person at its own place in 川汇区."""
    return [
        {
            "统一社会信用代码": number(subject),
            "企业名称": f"周口市故事{subject:03}商贸有限公司",
            "企业类型": "有限责任公司",
            "法定代表人": f"故事{subject:03}",
            "成立日期": "2010年3月5日",
            "登记状态": "存续",
            "住所": f"河南省周口市川汇区故事路{subject}号",
        }
        for subject in range(92)
    ]


def the_past() -> dict[str, list[dict[str, object]]]:
    """Records of recent months about some of them, source by source."""
    month_ago = clock.today() - timedelta(days=30)
    return {
        "penalties": [
            {
                "统一社会信用代码": number(subject),
                "决定书文号": f"周市监处罚〔{month_ago.year}〕{subject}{which}号",
                "违法事实": "虚假宣传",
                "处罚种类": "罚款",
                "罚款金额": "2万元",
                "失信程度": "一般",
                "处罚日期": month_ago - timedelta(days=which),
            }
            for subject in (*PENALISED, *UNREACHABLE)
            for which in (1, 2)
        ],
        "abnormal_list": [
            {
                "统一社会信用代码": number(subject),
                "列入原因": reason,
                "列入日期": month_ago,
            }
            for subject in UNREACHABLE
            for reason in ("通过登记的住所或者经营场所无法联系的", "未依照规定的期限公示年度报告的")
        ],
        "serious_list": [
            {"统一社会信用代码": number(subject), "列入原因": "情节严重", "列入日期": month_ago} for subject in LISTED
        ],
    }


def scheme() -> dict[str, object]:
    """Enough of each stratum that the list of names may be public."""
    unit = make.unit("川汇区局").id
    return {"org_id": unit, "rate_A": "10", "rate_B": "50", "rate_C": "60", "rate_D": "50"}


def graded_by_a_run(house: House, kind: str) -> ClassificationRun:
    """Somebody asks for a run; a worker carries it out."""
    with transaction():
        run_id = grading.request_run(kind, actor=SYSTEM).id

    def finished() -> ClassificationRun | None:
        run = session.get_one(ClassificationRun, run_id)
        return run if run.finished_at else None

    run = house.until(finished)
    assert run is not None
    return run


def verified(folder: Path, bundle: bytes, openings: bytes, commitment: str) -> str:
    """What the verifier that lies in the bundle says, on its own, to a sceptic and to the auditor."""
    (folder / "bundle.zip").write_bytes(bundle)
    (folder / "openings.csv").write_bytes(openings)
    with ZipFile(folder / "bundle.zip") as archive:
        assert archive.read("verify.py") == Path(verify.__file__).read_bytes()
        archive.extract("verify.py", folder)
    command = [sys.executable, "-I", "-S", "verify.py", "bundle.zip", "--commitment", commitment, "--lang", "en"]
    for more in ([], ["--openings", "openings.csv"]):
        told = subprocess.run([*command, *more], cwd=folder, capture_output=True, encoding="utf-8")
        assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def campaign_id(address: str) -> int:
    return int(address.rpartition("/")[2])


def test_the_circle_closes(house: House, cast: Cast, tmp_path: Path) -> None:
    # Records come in by the product's own importer, and every row is accounted for.
    clerk = cast.planner
    bring_in(house, clerk, "enterprises", the_register())
    assert "读取 92 行 新增 92 行" in clerk.page
    assert len(fates(clerk)) == 1 + 92
    for source, lines in the_past().items():
        bring_in(house, clerk, source, lines)
        assert f"新增 {len(lines)} 行" in clerk.page

    # A run grades everybody.
    run = graded_by_a_run(house, "full")
    assert (run.looked_at, run.distribution) == (92, {"company": {"A": 60, "B": 12, "C": 10, "D": 10}})
    assert [grade_of(number(group[0])) for group in (SPOTLESS, PENALISED, UNREACHABLE, LISTED)] == ["A", "B", "C", "D"]
    assert receipt(number(UNREACHABLE[0])) == {"3.01": 3600, "3.03": 1600, "3.04": 800}

    # One writes the scheme, another approves it, a third draws while two witnesses look on.
    first = propose(cast.planner, item_codes=list(FOUND_WANTING), title="故事：登记事项随机抽查", **scheme())
    cast.deputy.open(first)
    cast.deputy.press("批准方案")
    freeze(house, cast.operator, first)
    commitment = commit(cast.publisher, first)
    cast.operator.open(first)
    link = re.search(r"\S+/witness/\S+", cast.operator.press("生成一次性链接", name="王公证").text)
    assert link
    notary = cast.visitor()
    assert commitment in notary.open(link.group())
    notary.press("提交见证文本", text="今晚的月亮是弯的 20617")
    cast.auditor.open(first)
    cast.auditor.press("提交见证文本", text="第七排第三个座位")
    cast.operator.open(first)
    cast.operator.press("抽取")
    house.until(lambda: "已派单 23 件" in cast.operator.reload())

    # Anybody can verify the draw; the auditor also sees who is behind the seals.
    visitor = cast.visitor()
    visitor.open("/public/draws")
    told = visitor.follow("故事：登记事项随机抽查")
    assert "今晚的月亮是弯的 20617" in told
    assert "第七排第三个座位" in told
    bundle = visitor.open(visitor.page.link("下载数据包")).body
    kept, openings = opened(cast.auditor, first)
    assert kept == bundle
    assert "Nothing is wrong: 10 ok" in verified(tmp_path, bundle, openings, commitment)
    draw = understood(bundle, openings)
    assert Counter(draw.drawn.values()) == {"A": 6, "B": 6, "C": 6, "D": 5}
    assert all(draw.strata[code] == stratum for code, stratum in draw.drawn.items())
    assert {code: grade_of(code) for code in draw.strata} == draw.strata
    visitor.open(f"/public/draws/{campaign_id(first)}")
    assert re.findall(r"91411602\w{10}", visitor.follow("查看抽取名单").text) == sorted(draw.drawn)

    # A worker has opened a case for each. One of grade A is visited, and found wanting.
    assert cases.progress_of("draw", campaign_id(first)) == {"opened": 23}
    code = min(code for code, stratum in draw.drawn.items() if stratum == "A")
    known = registry.by_number(code)
    cast.county.open("/cases")
    cast.county.press("应用筛选", q=known.name)
    team = team_of(cast, cast.county.page.link(known.name))
    visit(team, approve(cast, team), FOUND_WANTING)
    conclude(team)
    review_and_release(cast, team)

    # The public reads the result and its paper: what was found, and nobody's name.
    result = published(house, visitor, code)
    assert "抽查（随机抽取产生）" in result
    assert result.text.count("违反其他市场监督管理规定") == 2
    paper = words_of_pdf(visitor.open(visitor.page.link("下载公示文书（PDF）")).body)
    for fact in (
        known.name,
        code,
        "川汇区市场监督管理局",
        "营业执照（登记证）规范使用情况检查",
        "违反其他市场监督管理规定",
    ):
        assert fact in paper
    for page in cast.seen["public"]:
        assert not [word for word in cast.names_of_officers if word.encode() in page.body], page.address
    assert not [word for word in cast.names_of_officers if word in paper]
    assert not [found.finding for found in FOUND_WANTING.values() if found.finding in paper]

    # The result has become two credit records, and they another grade, at once.
    house.until(lambda: grade_of(code) == "B")
    assert receipt(code) == {"3.06": 2400}
    assert "B 风险一般 240 分" in cast.planner.open(f"/enterprises/{known.id}")
    checks = [record for record in registry.records(known.id, "check") if record.source == "disclosure"]
    assert [record.klass for record in checks] == [3, 3]

    # The next draw finds the enterprise in another stratum, and everybody else where they were.
    second = propose(cast.planner, item_codes=["A02"], title="故事：名称规范随机抽查", **scheme())
    cast.deputy.open(second)
    cast.deputy.press("批准方案")
    freeze(house, cast.operator, second)
    commit(cast.publisher, second)
    again = understood(*opened(cast.auditor, second))
    assert again.strata == draw.strata | {code: "B"}

    # Nobody was asked for anything twice.
    assert not [job for job in session.scalars(select(Job)) if job.state != "done"]
