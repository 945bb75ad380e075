"""The public portal: what it shows, what it finds, and above all what it never shows."""

import csv
import io
import json
import re
import zipfile

import pytest
from flask import url_for
from sqlalchemy import select

from casework.accounts.models import Account, Officer
from casework.cases.models import Case
from casework.core.db import session
from casework.core.web import PUBLIC, audience_of
from casework.disclosure.rules import OUTCOMES
from casework.documents import queries as documents
from casework.registry.models import Enterprise
from casework.sampling.models import DrawnMember, PoolMember, PoolOfficer
from tests.disclosure.worlds import DRAFT, PERSON

GRADE_WORDS = ("风险低", "风险一般", "风险较高", "风险高", "未分类", 'class="grade', "A 级", "B 级", "C 级", "D 级")


def text_of(answer) -> str:
    """The words of an answer; a zip archive by its files."""
    data = answer.get_data()
    if not data.startswith(b"PK"):
        return data.decode("utf-8", errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def addresses(app, city) -> list[str]:
    """Every public address of the application with every value that leads somewhere in the small city."""
    codes = [one.enterprise_code for one in city.publications]
    papers = [documents.find(one.document_id).check_code for one in city.publications]
    campaigns = [one.id for one in (city.campaign, city.committed, city.one_grade, city.cancelled)]
    values = {
        "disclosure.enterprise": {"code": [*codes, "91410000MA00000000"]},
        "disclosure.result": {"number": [one.number for one in city.publications] + [city.draft.number]},
        "disclosure.result_pdf": {"number": [one.number for one in city.publications] + [city.draft.number]},
        "disclosure.item": {"code": [city.item, "没有"]},
        "disclosure.plan": {"plan_id": [city.plan.id, 0]},
        "disclosure.draw": {"campaign_id": [*campaigns, 0]},
        "disclosure.names": {"campaign_id": [*campaigns, 0]},
        "disclosure.bundle": {"campaign_id": [*campaigns, 0]},
        "disclosure.data_file": {"name": ["results", "items"], "form": ["csv", "jsonl", "xml"]},
        "disclosure.elsewhere": {"anything": ["nowhere"]},
        "documents.check": {"code": [*papers, "2" * 16]},
        "grading.shared_grade": {"code": codes},
        "grading.shared_grades": {"form": ["csv", "jsonl"]},
        "sampling.witness": {"token": ["x"]},
        "language": {"locale": ["en"]},
    }
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static" or audience_of(app, rule.endpoint) != PUBLIC:
            continue
        assert not rule.arguments - values.get(rule.endpoint, {}).keys(), f"say what {rule.endpoint} may be asked for"
        found += _each(app, rule.endpoint, values.get(rule.endpoint, {}))
    words = ("周口", "独一味", city.fine.enterprise_code, city.draft.number)
    return found + [f"/public/enterprises?q={q}" for q in words] + [f"/public/results?task={campaigns[0]}"]


def _each(app, endpoint, values):
    names, combinations = list(values), [()]
    for name in names:
        combinations = [(*before, value) for before in combinations for value in values[name]]
    with app.test_request_context():
        return [url_for(endpoint, **dict(zip(names, chosen, strict=True))) for chosen in combinations]


def test_no_public_page_gives_away_a_grade_an_officer_a_person_or_a_draft(app, visitor, city):
    secrets = {officer.name for officer in session.scalars(select(Officer))}
    secrets |= {officer.certificate_no for officer in session.scalars(select(Officer))}
    secrets |= {officer.roster_id for officer in session.scalars(select(Officer))}
    secrets |= {account.name for account in session.scalars(select(Account))}
    secrets |= {DRAFT, PERSON, *GRADE_WORDS}
    answers = {address: visitor.get(address) for address in addresses(app, city)}
    assert len(answers) > 40
    for address, answer in answers.items():
        assert answer.status_code in (200, 303, 401, 404), f"{address} answers {answer.status_code}"
        words = text_of(answer)
        leaked = sorted(secret for secret in secrets if secret in words)
        assert not leaked, f"{address} shows {leaked}"


def test_no_page_with_a_name_shows_a_seal_a_ticket_or_a_stratum(app, visitor, city):
    names = set(session.scalars(select(Enterprise.name)))
    sealed = {seal.hex() for seal in session.scalars(select(PoolMember.seal))}
    sealed |= {seal.hex() for seal in session.scalars(select(PoolOfficer.seal))}
    sealed |= {ticket.hex() for ticket in session.scalars(select(DrawnMember.ticket))}
    for address in addresses(app, city):
        words = text_of(visitor.get(address))
        if any(name in words for name in names):
            assert not sealed & set(re.findall(r"[0-9a-f]{64}", words)), address
            assert not re.search(r"<t[dh][^>]*>\s*[ABCD]\s*</t", words), address


def test_the_draft_result_of_a_check_is_nowhere(app, visitor, city):
    code = session.get_one(Enterprise, city.draft.enterprise_id).uscc
    assert visitor.get(f"/public/results/{city.draft.number}").status_code == 404
    assert "目前没有公示的检查结果" in visitor.get(f"/public/enterprises/{code}").text
    for address in ("/public/results", "/public", "/public/data/results.csv", "/public/data/results.jsonl"):
        assert city.draft.number not in visitor.get(address).text


def test_a_draw_shows_promise_strata_and_totals_that_add_up_but_no_name(visitor, city):
    page = visitor.get(f"/public/draws/{city.campaign.id}").text
    assert city.campaign.commitment.hex() in page
    assert city.campaign.seed.hex() in page
    figures = [int(number) for number in re.findall(r'<b class="num">(\d+)</b>', page)]
    drawn, published, early, in_work = figures[:4]
    assert drawn == city.campaign.tasks == published + early + in_work
    names = session.scalars(select(Enterprise.name)).all()
    assert not [name for name in names if name in page]


def test_names_of_the_drawn_stand_in_the_order_of_codes_or_wait(visitor, city):
    page = visitor.get(f"/public/draws/{city.campaign.id}/names").text
    codes = re.findall(r'href="/public/enterprises/(\w{18})"', page)
    assert codes == sorted(codes)
    assert len(codes) == city.campaign.tasks
    for campaign in (city.committed, city.one_grade, city.cancelled):
        assert visitor.get(f"/public/draws/{campaign.id}/names").status_code == 404


def test_a_draw_from_one_grade_says_neither_which_nor_its_ratio(visitor, city):
    page = visitor.get(f"/public/draws/{city.one_grade.id}").text
    assert "全部对象" in page
    assert "20%" not in page


def test_a_cancelled_draw_is_a_tombstone_with_its_reason(visitor, city):
    assert "作废" in visitor.get("/public/draws").text
    page = visitor.get(f"/public/draws/{city.cancelled.id}").text
    assert "本次抽查已作废" in page
    assert "抽查事项清单调整" in page


def test_numbers_of_cases_follow_the_codes_and_not_the_tickets(city):
    rows = session.execute(
        select(Case.id, DrawnMember.code, DrawnMember.ticket)
        .join(
            DrawnMember, (DrawnMember.campaign_id == Case.origin_id) & (DrawnMember.enterprise_id == Case.enterprise_id)
        )
        .where(Case.origin_kind == "draw", Case.origin_id == city.campaign.id)
        .order_by(Case.id)
    ).all()
    assert [row.code for row in rows] == sorted(row.code for row in rows)
    assert [row.ticket for row in rows] != sorted(row.ticket for row in rows)


def test_a_corrected_result_shows_the_new_edition_and_keeps_the_old_words_to_itself(visitor, city):
    page = visitor.get(f"/public/results/{city.corrected.number}").text
    assert "第 2 版" in page
    assert "查错货架" in page
    assert "违反其他市场监督管理规定" not in page


def test_a_withdrawn_result_is_a_tombstone_without_its_content(visitor, city):
    number = city.withdrawn.number
    page = visitor.get(f"/public/results/{number}").text
    assert "已经撤回" in page
    assert "检查对象认定有误" in page
    assert city.withdrawn.enterprise_name not in page
    assert visitor.get(f"/public/results/{number}/paper.pdf").status_code == 404
    assert number not in visitor.get("/public/results").text
    assert number not in visitor.get("/public/data/results.csv").text
    assert number in visitor.get(f"/public/enterprises/{city.withdrawn.enterprise_code}").text
    assert "已撤回" in visitor.get(f"/public/check/{documents.find(city.withdrawn.document_id).check_code}").text


def test_a_triggered_check_is_published_as_检查_and_names_no_task(visitor, city):
    page = visitor.get(f"/public/results/{city.triggered.number}").text
    assert "检查（依法定情形实施，不经随机抽取）" in page
    assert "投诉" not in page.partition("<main")[2].partition("</main>")[0].replace("权利与投诉", "")


@pytest.mark.parametrize("q", ["独一", "独一味 餐饮", "川汇区独一味"])
def test_what_only_one_enterprise_is_called_leads_straight_to_its_results(visitor, city, q):
    page = visitor.get("/public/enterprises", query_string={"q": q}, follow_redirects=True).text
    assert "周口市川汇区独一味餐饮店" in page
    assert city.triggered.number in page


def test_several_that_match_are_listed_those_with_results_first(visitor, city):
    page = visitor.get("/public/enterprises?q=周口市").text
    first, _heading, others = page.partition("没有公示结果的")
    assert city.fine.enterprise_name in first
    assert "周口市川汇区未抽中商行" not in first
    assert "周口市川汇区未抽中商行" in others


def test_a_code_a_result_number_or_a_check_code_leads_straight_there(visitor, city):
    paper = documents.find(city.fine.document_id)
    for q, target in (
        (city.fine.enterprise_code, f"/public/enterprises/{city.fine.enterprise_code}"),
        (f" {city.fine.enterprise_code.lower()} ", f"/public/enterprises/{city.fine.enterprise_code}"),
        (city.fine.number.lower(), f"/public/results/{city.fine.number}"),
        ("-".join(re.findall("....", paper.check_code)), f"/public/check/{paper.check_code}"),
    ):
        assert visitor.get("/public/enterprises", query_string={"q": q}).location == target


def test_one_character_asks_for_more_and_nonsense_says_so(visitor, city):
    assert "请至少输入两个字" in visitor.get("/public/enterprises?q=周").text
    assert "没有找到名称或代码" in visitor.get("/public/enterprises?q=根本没有").text


def test_filters_narrow_the_list_of_results(visitor, city):
    def numbers(**filters):
        return set(re.findall(r"JC\d{4}-\d{6}", visitor.get("/public/results", query_string=filters).text))

    every = {one.number for one in city.publications} - {city.withdrawn.number}
    assert numbers() == every
    assert numbers(q="独一味") == {city.triggered.number}
    assert numbers(item=city.item) == every - {city.triggered.number}
    assert numbers(task=city.campaign.id) == every - {city.triggered.number}
    assert numbers(month=f"{city.fine.published_on:%Y-%m}", area="411602") == every
    assert numbers(area="411603") == set()
    assert numbers(month="2001-01") == set()


def test_open_data_say_what_the_pages_say_in_both_forms(visitor, city):
    text = visitor.get(f"/public/data/results.csv?year={city.fine.published_on.year}").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    lines = [json.loads(line) for line in visitor.get("/public/data/results.jsonl").text.splitlines()]
    assert [row["number"] for row in rows] == [line["number"] for line in lines]
    assert {row["number"] for row in rows} == {one.number for one in city.publications} - {city.withdrawn.number}
    corrected = next(row for row in rows if row["number"] == city.corrected.number)
    assert (corrected["edition"], corrected["results"]) == ("2", "未发现问题")
    page = visitor.get("/public/data").text
    assert all(f"<code>{name}</code>" in page for name in rows[0])


def test_every_outcome_has_its_words(visitor, city):
    page = visitor.get("/public/results").text
    assert all(label in page for label in (OUTCOMES["fine"], OUTCOMES["problem"]))
