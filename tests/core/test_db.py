"""Long readings: in a transaction of their own where the page has none, within the one that writes otherwise."""

from sqlalchemy import func, literal, select, text

from casework.accounts.models import OrgUnit
from casework.core.db import session, streamed, transaction

FIRST = select(func.generate_series(1, 12).label("number"))


def test_a_page_streams_through_a_cursor_that_cannot_write(live):
    facts = select(
        literal(1), func.current_setting("transaction_read_only"), func.count(text("1")).label("cursors")
    ).select_from(text("pg_cursors"))
    with live.test_request_context("/"):
        assert [row.number for row in streamed(FIRST, chunk=5)] == list(range(1, 13))
        assert [tuple(row) for row in streamed(facts)] == [(1, "on", 1)]
        half = streamed(FIRST, chunk=5)
        assert next(half).number == 1
        half.close()
        assert session.scalar(text("SELECT count(*) FROM pg_cursors")) == 0


def test_a_transaction_streams_what_it_wrote_itself(live):
    with transaction():
        session.add(OrgUnit(kind="city", name="尚未提交局", short_name="未交", division_code="419999", path="/0/"))
        session.flush()
        names = select(OrgUnit.name).where(OrgUnit.division_code == "419999")
        assert [row.name for row in streamed(names)] == ["尚未提交局"]
        session.rollback()


def test_the_open_data_are_served_to_a_visitor_of_the_running_house(live):
    answer = live.test_client().get("/public/data/results.csv")
    assert answer.get_data(as_text=True).startswith("\ufeffnumber,")


def test_a_connection_that_the_server_ended_is_not_given_out(live):
    with live.test_request_context("/"):
        known = session.scalar(text("SELECT pg_backend_pid()"))
        session.rollback()
    with transaction():
        session.execute(text("SELECT pg_terminate_backend(:known, 5000)"), {"known": known})
    with live.test_request_context("/"):
        assert session.scalar(text("SELECT pg_backend_pid()")) != known
