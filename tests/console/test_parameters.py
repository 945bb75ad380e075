"""Parameters and the working calendar: values with a day and a document; only added, never edited."""

from datetime import date, timedelta

import pytest

from casework.console.queries import year
from casework.console.rules import worded
from casework.console.schemas import typed_of, value_of, value_schema
from casework.core import clock, parameters
from casework.core.ledger import history

TODAY = date(2026, 6, 1)
BY = {"document_no": "周市监〔2026〕8号"}


@pytest.fixture
def keeper(as_role):
    with clock.at(clock.local_moment(TODAY, 9)):
        yield as_role("sysadmin")


def test_every_parameter_has_its_page_and_words(keeper):
    listed = keeper.get("/console/parameters").text
    for key, definition in parameters.definitions().items():
        assert definition.label in listed
        assert keeper.get(f"/console/parameters/{key}").status_code == 200
    assert keeper.get("/console/parameters/no.such").status_code == 404


@pytest.mark.parametrize("key", list(parameters.definitions()))
def test_the_form_of_a_value_gives_back_the_value(key):
    """For whatever shape a shipped value has."""
    shipped = parameters.definitions()[key].shipped[-1].value
    typed = {name: str(part) for name, part in typed_of(shipped).items()} | BY | {"effective_from": "2027-01-01"}
    assert value_of(shipped, value_schema(shipped).load(typed)) == shipped


def test_a_new_value_holds_from_its_day_and_stays_beside_the_old_one(keeper):
    path = "/console/parameters/cases.term.publish"
    new = {"value-days": "10", "value-working": "1", "effective_from": "2026-07-01", **BY}
    assert keeper.post(path, data=new).status_code == 303
    assert parameters.term("cases.term.publish", TODAY).days == 20
    assert parameters.term("cases.term.publish", date(2026, 7, 1)).days == 10
    page = keeper.get(path).text
    assert "将来生效" in page
    assert "周市监〔2026〕8号" in page
    assert "自 2026-07-01" in keeper.get("/console/parameters").text
    entry = history("parameter", "cases.term.publish")[0]
    assert (entry.before["value"]["days"], entry.after["value"]["days"]) == (20, 10)
    assert keeper.post(path, data=new).status_code == 422


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("sampling.officers_per_case", {"value": "two"}),
        ("sampling.officers_per_case", {"value": "-1"}),
        ("grading.thresholds", {"value-B": "200", "value-C": "500"}),
        ("cases.term.publish", {"value-days": "20", "value-working": "maybe"}),
        ("documents.number_pattern", {"value-official": "{organ}{year}号", "value-form": "{organ}{year}{serial}号"}),
        ("sampling.officers_per_case", {"value": "2", "document_no": ""}),
        ("sampling.officers_per_case", {"value": "2", "effective_from": "soon"}),
    ],
)  # fmt: skip
def test_a_value_that_would_break_things_is_refused_beside_its_field(keeper, key, typed):
    answer = keeper.post(f"/console/parameters/{key}", data={"effective_from": "2026-07-01", **BY, **typed})
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_values_are_worded_for_readers():
    assert worded({"days": 20, "working": True}) == "20 个工作日"
    assert worded({"days": 60, "working": False}) == "60 天"
    assert worded({"A": 100, "D": 2000}) == "A 100 · D 2,000"
    assert (
        worded({"levels": {"red": 1.5}, "pauses": ["identity", "testing"]})
        == "分级界限 红色 1.5 · pauses identity、testing"
    )


def test_provisional_days_are_confirmed_corrected_or_removed(keeper):
    assert "待确认" in keeper.get("/console/calendar?year=2027").text
    spring = {
        "first": "2027-02-05",
        "last": "2027-02-11",
        "worked": "0",
        "name": "春节",
        "source": "国办发明电〔2026〕9号",
    }
    assert keeper.post("/console/calendar/enter", data=spring).status_code == 303
    keeper.post("/console/calendar/enter", data={**spring, "first": "2027-02-14", "last": "", "worked": "1"})
    calendar = parameters.calendar()
    assert not any(calendar.is_workday(date(2027, 2, 5) + timedelta(days=number)) for number in range(7))
    assert calendar.is_workday(date(2027, 2, 14))

    assert keeper.post("/console/calendar/2027-02-05/remove").status_code == 409
    assert keeper.post("/console/calendar/2027-09-15/remove").status_code == 303
    assert keeper.post("/console/calendar/2027-09-15/remove").status_code == 404
    assert keeper.post("/console/calendar/nonsense/remove").status_code == 404
    assert "国办发明电〔2026〕9号" in keeper.get("/console/calendar/enter?day=2027-02-06").text


@pytest.mark.parametrize(
    "wrong", [{"last": "2027-02-01"}, {"last": "2027-06-01"}, {"source": ""}, {"first": "2027-02-30"}]
)
def test_a_span_that_no_notice_names_is_refused(keeper, wrong):
    entry = {
        "first": "2027-02-05",
        "last": "2027-02-11",
        "worked": "0",
        "name": "春节",
        "source": "国办发明电〔2026〕9号",
    }
    assert keeper.post("/console/calendar/enter", data=entry | wrong).status_code == 422


def test_the_year_shows_every_day_once(world):
    cells = [cell for month in year(2026) for week in month for cell in week if cell]
    assert [cell.day for cell in cells] == [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    kinds = {cell.day: cell.kind for cell in cells}
    assert (kinds[date(2026, 1, 1)], kinds[date(2026, 1, 4)], kinds[date(2026, 1, 10)]) == (
        "holiday",
        "made_up",
        "rest",
    )
