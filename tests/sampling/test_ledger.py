"""The draw ledger: whatever is removed, changed or done twice is seen; public values that were named in advance."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import savepoint, session
from casework.core.errors import Refusal
from casework.sampling import chain, queries
from casework.sampling import draw as engine
from casework.sampling import operations as sampling
from casework.sampling.verify import verify
from tests.make import sampling as draws


@pytest.fixture
def city(world):
    draws.roster(5)
    return draws.graded_pool({"A": 60, "B": 30, "C": 15, "D": 8})


def told() -> list[dict[str, object]]:
    return [json.loads(line.entry) for line in queries.draw_ledger_lines()]


def test_each_commitment_draw_and_end_is_entered_once_in_order(city):
    office = draws.Office()
    first = draws.campaign(until="drawn")
    second = draws.campaign(office, until="committed")
    sampling.propose_cancel(second.id, reason="事项清单调整", actor=office.operator)
    sampling.cancel(second.id, actor=office.approver)
    sampling.chunk_cases(first.id, actor=SYSTEM)
    sampling.open_all_cases(first.id, actor=SYSTEM)
    draws.end_cases(first, "closed", first.tasks)
    for _again in range(2):
        sampling.finish_campaigns(actor=SYSTEM)
    entries = told()
    assert [(one["number"], one["event"], one["campaign"]) for one in entries] == [
        (1, "committed", first.number),
        (2, "drawn", first.number),
        (3, "committed", second.number),
        (4, "cancelled", second.number),
        (5, "done", first.number),
    ]
    assert (entries[0]["commitment"], entries[1]["seed"]) == (first.commitment.hex(), first.seed.hex())
    assert (entries[3]["reason"], entries[4]["published"]) == ("事项清单调整", first.tasks)
    assert entries[3]["confirmed_by"] == "周口市市场监督管理局分管局领导"
    assert queries.draw_ledger_broken_at() is None


def test_nobody_changes_the_ledger_and_a_line_that_does_not_follow_is_found(city, client):
    campaign = draws.campaign(until="drawn")
    for forbidden in (
        "UPDATE draw_ledger_entry SET entry = ''",
        "DELETE FROM draw_ledger_entry WHERE number = 2",
        "TRUNCATE draw_ledger_entry",
    ):
        with pytest.raises(DatabaseError), savepoint():
            session.execute(text(forbidden))
    page = client.get("/public/draw-ledger").text
    assert "各行前后衔接" in page
    assert campaign.number in page
    with pytest.raises(IntegrityError), savepoint():
        forge(campaign, "drawn")  # it is entered already
    forge(campaign, "done")
    assert queries.draw_ledger_broken_at() == 3
    assert "台账从第 3 行起对不上" in client.get("/public/draw-ledger").text


END = {"drawn": 0, "published": 0, "closed_by_code": 0}


def forge(campaign, event: str) -> None:
    """A line from somebody who did not look at the one before."""
    line = chain.entry_of(
        number=3, previous=bytes(32), at=clock.now(), event=event, campaign=campaign.number, facts=END
    )
    session.execute(
        text("INSERT INTO draw_ledger_entry VALUES (3, :id, :event, now(), :entry, :hash)"),
        {"id": campaign.id, "event": event, "entry": line.entry, "hash": line.hash},
    )


def test_the_stand_alone_program_finds_what_was_done_to_the_ledger(city, client, tmp_path: Path):
    draws.campaign(until="drawn")
    campaign = draws.campaign(until="drawn")
    bundle, ledger = tmp_path / "bundle.zip", tmp_path / "draw-ledger.tsv"
    bundle.write_bytes(queries.bundle(campaign.id).read())
    written = client.get("/public/draw-ledger.tsv").data
    lines = written.splitlines(keepends=True)

    def place(content: bytes) -> tuple[str | None, int | None] | None:
        ledger.write_bytes(content)
        check = verify(bundle, ledger=ledger)[-1]
        return None if check.ok else (check.file, check.line)

    def again(*, seed: str) -> bytes:
        """The draw of the campaign once more, well chained."""
        last = lines[-1].partition(b"\t")[0].decode()
        line = chain.entry_of(
            number=5,
            previous=bytes.fromhex(last),
            at=clock.now(),
            event="drawn",
            campaign=campaign.number,
            facts={"seed": seed},
        )
        return b"".join(chain.ledger_tsv([line]))

    assert place(written) is None
    assert place(b"".join(lines[:1] + lines[2:])) == (ledger.name, 2)  # a line is gone
    assert place(b"".join([lines[0], lines[2], lines[1], lines[3]])) == (ledger.name, 2)
    assert place(written.replace(b'"event":"drawn"', b'"event":"done"', 1)) == (ledger.name, 2)
    assert place(written + again(seed="00" * 32)) == (ledger.name, 5)  # drawn twice
    assert place(b"".join(lines[:3])) == (ledger.name, None)  # the draw is not entered
    assert place(b"") == (ledger.name, None)
    assert place(b"x\n") == (ledger.name, 1)


# ---- Public values


def test_a_public_value_named_before_the_commitment_decides(city):
    office = draws.Office()
    source, day = "双色球 2026135 期开奖号码", clock.today() + timedelta(days=2)
    campaign = draws.campaign(office, unattended=False, public_source=source, public_on=day, until="committed")
    assert (told()[-1]["public_source"], told()[-1]["public_on"]) == (source, day.isoformat())
    with pytest.raises(Refusal, match="才公布"):
        sampling.enter_public_value(campaign.id, text="03 07", actor=office.operator)
    sampling.contribute(campaign.id, text="还有我", actor=office.witness)
    with pytest.raises(Refusal, match="还没有录入"):
        sampling.draw(campaign.id, actor=office.operator)
    with clock.at(clock.now() + timedelta(days=2)):
        with pytest.raises(Refusal, match="权限"):
            sampling.enter_public_value(campaign.id, text="03 07", actor=office.approver)
        sampling.enter_public_value(campaign.id, text="03 07 12 19 25 31 + 08", actor=office.operator)
        with pytest.raises(Refusal, match="不能更改"):
            sampling.enter_public_value(campaign.id, text="03", actor=office.operator)
        drawn = sampling.draw(campaign.id, actor=office.operator)
    texts = ["还有我", "03 07 12 19 25 31 + 08"]
    assert drawn.seed == engine.seed_of(drawn.commitment, drawn.nonce, texts)
    shown = queries.public_campaign(campaign.id)
    assert [by for by, _text, _at in shown.contributions][1] == shown.public_source == source


def test_a_value_that_may_be_known_already_is_no_source(city):
    office = draws.Office()
    campaign = draws.campaign(
        office, unattended=False, public_source="今天的指数", public_on=clock.today(), until="frozen"
    )
    with pytest.raises(Refusal, match="不能再作为种子来源"):
        sampling.publish_commitment(campaign.id, actor=office.publisher)
    plain = draws.campaign(office, unattended=False, until="committed")
    with pytest.raises(Refusal, match="没有事先指明"):
        sampling.enter_public_value(plain.id, text="7", actor=office.operator)
