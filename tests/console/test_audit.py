"""The audit log: found by who, what, on what and when; taken out safely; never changed."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.ledger import history, record

WANG, LI = Actor(None, "王五"), Actor(None, "=李四")


@pytest.fixture
def reader(as_role):
    record("probes.plan", ("campaign", 11), actor=WANG, after={"state": "frozen"})
    with clock.at(clock.now() - timedelta(days=40)):
        record("probes.draw", ("campaign", 12), actor=LI, note="@SUM(A1)")
    return as_role("auditadmin")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=王五", {"王五"}),
        ("actor=%", set()),
        ("action=probes.", {"王五", "=李四"}),
        ("kind=campaign&subject=12", {"=李四"}),
        ("kind=campaign&subject=13", set()),
        (f"action=probes.&first={clock.today() - timedelta(days=1)}", {"王五"}),
        (f"action=probes.&last={clock.today() - timedelta(days=1)}", {"=李四"}),
    ],
)
def test_entries_are_found_by_who_what_and_when(reader, query, found):
    page = reader.get(f"/console/audit?{query}").text
    assert {name for name in ("王五", "=李四") if f">{name}<" in page} == found


def test_the_log_is_read_page_by_page(reader):
    for number in range(60):
        record("probes.count", ("probe", number), actor=WANG)
    first = reader.get("/console/audit?action=probes.count")
    assert first.text.count("probe 59") == 1
    assert "probe 3<" not in first.text
    older = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "probe 3<" in reader.get(older).text


def test_an_export_is_safe_in_a_spreadsheet_and_stands_in_the_log(reader):
    answer = reader.post("/console/audit/export", data={"action": "probes."})
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert any("'=李四" in row for row in rows)
    assert history("export", "audit")[0].after == {"filters": {"action": "probes."}}


@pytest.mark.parametrize(
    "change", ["UPDATE audit_entry SET note = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_database_itself_refuses_to_change_the_log(world, change):
    record("probes.plan", ("campaign", 1), actor=WANG)
    session.flush()
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(change))


def test_only_the_audit_administrator_reads_it(as_role):
    for role in ("sysadmin", "secadmin", "director"):
        assert as_role(role).get("/console/audit").status_code == 403
        assert as_role(role).post("/console/audit/export").status_code == 403
