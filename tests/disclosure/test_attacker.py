"""What must not leak (sealed-draw/1): whoever reads everything public every day joins no name to a stratum or a seal.

The attacker's own teeth are tried too: each kind of leak, planted in what he reads, he finds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select, update

from casework.cases import operations as cases
from casework.cases.models import Case
from casework.core import clock
from casework.core.actor import SYSTEM
from casework.core.db import Session, db, session
from casework.disclosure.models import Publication
from casework.documents import operations as documents
from casework.registry.models import CurrentGrade, Enterprise
from casework.sampling import operations as sampling
from casework.sampling.models import Campaign, DrawnMember, PoolMember
from tests.disclosure.attacker import (
    Answer,
    Day,
    Portal,
    Published,
    Verdict,
    attack,
    crawl,
    published,
    rows_of,
    verdict,
)
from tests.make import cases as make_cases
from tests.make import disclosure as make_disclosure
from tests.make import sampling as make_sampling

POOL = {"A": 24, "B": 24, "C": 20, "D": 20}
RATES = {"A": 2500, "B": 2500, "C": 3000, "D": 3000}
DRAWN = 24
A_DAY = (*[1] * 10, 5, 9)
"""How many results are published on each of the days: single ones are the most telling."""
CHANCE = 0.001
"""Once in a thousand runs a mere guesser looks like somebody who knows."""
TEETH = 0.02
"""A leak that he finds must stand out from luck so far: how far depends on how the few drawn fell among the strata."""


@dataclass
class Watched:
    """A small campaign from its draw to its last result, as the public saw it, and the truth behind the seals."""

    portal: Portal
    known: Published
    bundle: str
    draw_page: str
    stratum: Mapping[str, str]
    seal: Mapping[str, str]
    ticket: Mapping[str, str]
    salt: Mapping[str, str]
    number: Mapping[str, str]

    def by_ticket(self, codes: list[str]) -> list[str]:
        return sorted(codes, key=self.ticket.__getitem__)


@pytest.fixture(scope="module")
def watched(app: Flask) -> Iterator[Watched]:
    with app.app_context():
        connection = db.engines[None].connect()
        outer = connection.begin()
        Session.pinned = connection
        try:
            yield _watched(app)
        finally:
            db.session.remove()
            Session.pinned = None
            outer.rollback()
            connection.close()


def _watched(app: Flask) -> Watched:
    campaign = _drawn()
    opened = list(session.scalars(select(Case).where(Case.origin_id == campaign.id, Case.origin_kind == "draw")))
    chance, today = Random(), clock.now()
    chance.shuffle(opened)
    draw_page = f"/public/draws/{campaign.id}"
    starts = ("/public", draw_page, f"{draw_page}/names", f"{draw_page}/bundle.zip")
    portal = [crawl(app.test_client(), *starts)]
    for number, many in enumerate(A_DAY, 1):
        with clock.at(today + timedelta(days=number, minutes=chance.randint(-120, 120))):
            for case in opened[sum(A_DAY[: number - 1]) :][:many]:
                _publish(case, chance)
            portal.append(crawl(app.test_client(), *starts))
    drawn = session.scalars(select(DrawnMember).where(DrawnMember.campaign_id == campaign.id)).all()
    numbers = {case.enterprise_id: case.number for case in opened}
    called = dict(session.execute(select(Enterprise.uscc, Enterprise.name)).all())
    number = {one.code: numbers[one.enterprise_id] for one in drawn}
    salts = session.execute(select(PoolMember.code, PoolMember.salt).where(PoolMember.campaign_id == campaign.id)).all()
    names = {one.code: frozenset({one.code, called[one.code], number[one.code]}) for one in drawn}
    bundle = f"{draw_page}/bundle.zip"
    return Watched(
        portal=portal,
        known=published(portal, bundle, names),
        bundle=bundle,
        draw_page=draw_page,
        stratum={one.code: one.stratum for one in drawn},
        seal={one.code: one.seal.hex() for one in drawn},
        ticket={one.code: one.ticket.hex() for one in drawn},
        salt={code: salt.hex() for code, salt in salts},
        number=number,
    )


def _drawn() -> Campaign:
    """A draw over a pool whose grades have nothing to do with the order of registration."""
    ids = make_sampling.graded_pool(POOL, division_code="411602")
    grades = [grade for grade, many in POOL.items() for _ in range(many)]
    Random().shuffle(grades)
    for enterprise_id, grade in zip(ids, grades, strict=True):
        session.execute(update(CurrentGrade).where(CurrentGrade.enterprise_id == enterprise_id).values(grade=grade))
    for _officer in range(4):
        make_cases.inspector(org="川汇区局", role="leader")
    campaign = make_sampling.campaign(until="drawn", rates_bp=RATES)
    sampling.chunk_cases(campaign.id, actor=SYSTEM)
    sampling.open_all_cases(campaign.id, actor=SYSTEM)
    assert campaign.tasks == DRAWN == sum(A_DAY)
    return campaign


def _publish(case: Case, chance: Random) -> None:
    """One result: most are fine, some found something, some enterprises are gone; some are corrected afterwards."""
    kind = chance.choice(("fine", "fine", "problem", "gone"))
    crew = make_cases.crew(case)
    if kind == "gone":
        cases.terminate(case.id, code="9", reason="已注销", actor=crew["member"])
        cases.pass_review(case.id, actor=crew["reviewer"])
        cases.release(case.id, actor=crew["publisher"])
    else:
        codes, finding = (("1",), "无") if kind == "fine" else (("D",), "标签不实")
        make_disclosure.check(case, codes=codes, finding=finding, crew=crew)
    publication = make_disclosure.publish(case)
    if kind == "problem" and chance.random() < 0.3:
        publication = make_disclosure.correct(publication, codes=("1",))
    assert publication.document_id is not None
    documents.render(publication.document_id, actor=SYSTEM)


# ---- The portal gives nothing away -----------------------------------------------------------------------------------


def _tried(watched: Watched, portal: Portal, known: Published | None = None) -> Verdict:
    known = known or watched.known
    return verdict(attack(portal, known), known, watched.stratum)


def test_he_has_seen_everything(watched):
    """An attacker who reads little proves little."""
    last = watched.portal[-1]
    assert session.scalar(select(Publication.id).limit(1)) is not None
    for address in ("/public/results", "/public/draw-ledger", "/public/data", "/public/plans", watched.bundle):
        assert address in last, address
    assert sum(answer.body.startswith(b"%PDF") for answer in last.values()) == DRAWN
    results = [address for address in last if re.fullmatch(r"/public/results/JC\d+-\d+", address)]
    assert len(results) == DRAWN
    assert any(address.endswith("results.csv") or "results.csv?" in address for address in last)
    assert len(attack(watched.portal, watched.known)) > 100, "orders, numbers, headers of many kinds"


def test_no_trick_does_better_than_chance(watched):
    found = _tried(watched, watched.portal)
    assert found.p > CHANCE, found


def test_no_seal_stands_beside_a_name_and_no_salt_opens_one(watched):
    tricks = attack(watched.portal, watched.known)
    assert (
        not {"a seal beside the name", "a stratum beside the name", "a stratum on the page of the name", "salts"}
        & tricks.keys()
    )
    assert not [trick for trick in tricks if trick.startswith("what moved")]


def test_the_totals_add_up_on_every_day(watched):
    for number, day in enumerate(watched.portal):
        page = day[watched.draw_page].body.decode()
        figures = [int(figure) for figure in re.findall(r'<b class="num">(\d+)</b>', page)][:4]
        drawn, out, by_code, in_work = figures
        assert drawn == DRAWN == out + by_code + in_work
        assert out + by_code == sum(A_DAY[:number])


# ---- His teeth -------------------------------------------------------------------------------------------------------


def _names_by_ticket(watched: Watched, address: str, answer: Answer) -> Answer:
    """The public list of names in the order of the tickets."""
    if not address.endswith("/names"):
        return answer
    rows = {code: row for row in rows_of(answer) for code in watched.stratum if code in row}
    page = answer.body.decode()
    for old, new in zip(list(rows), watched.by_ticket(list(rows)), strict=True):
        page = page.replace(rows[old], f"\0{new}\0", 1)
    for code, row in rows.items():
        page = page.replace(f"\0{code}\0", row)
    return replace(answer, body=page.encode())


def _about_one(watched: Watched, address: str) -> str | None:
    """The code of the enterprise whose result (page or paper) lies at an address."""
    return next((code for code, number in watched.number.items() if f"/results/{number}" in address), None)


def _etag(watched: Watched, address: str, answer: Answer) -> Answer:
    code = _about_one(watched, address)
    return replace(answer, headers=f'{answer.headers}\nETag: "{watched.ticket[code][:16]}"') if code else answer


def _metadata(watched: Watched, address: str, answer: Answer) -> Answer:
    code = _about_one(watched, address) if answer.body.startswith(b"%PDF") else None
    return (
        replace(answer, body=answer.body + f"\n<< /Subject ({watched.stratum[code]}) >>".encode()) if code else answer
    )


def _moment(watched: Watched, address: str, answer: Answer) -> Answer:
    """A paper says at which millisecond it was made: in the order of the tickets."""
    code = _about_one(watched, address) if answer.body.startswith(b"%PDF") else None
    if code is None:
        return answer
    at = 20261201080000 + watched.by_ticket(list(watched.ticket)).index(code)
    return replace(answer, body=b"%PDF-1.7\n<< /CreationDate (" + str(at).encode() + b") >>\n" + answer.body)


def _length(watched: Watched, address: str, answer: Answer) -> Answer:
    code = _about_one(watched, address) if not answer.body.startswith(b"%PDF") else None
    padding = b" " * (5000 * watched.by_ticket(list(watched.ticket)).index(code)) if code else b""
    return replace(answer, body=answer.body + padding)


def _comment(watched: Watched, address: str, answer: Answer) -> Answer:
    code = _about_one(watched, address)
    return (
        replace(answer, body=answer.body + f"\n<!-- {code} {watched.seal[code][:16]} -->".encode()) if code else answer
    )


def _salt(watched: Watched, address: str, answer: Answer) -> Answer:
    code = _about_one(watched, address)
    return replace(answer, body=answer.body + f"\n<!-- {watched.salt[code]} -->".encode()) if code else answer


PLANTS = {
    "a list in the order of the tickets": _names_by_ticket,
    "an ETag that grows with the ticket": _etag,
    "the stratum in the metadata of a paper": _metadata,
    "a moment that follows the tickets": _moment,
    "a length that follows the tickets": _length,
    "a seal in the source of a page": _comment,
    "the salt of a seal on a page": _salt,
}


@pytest.mark.parametrize("leak", PLANTS)
def test_he_finds_a_leak_on_a_page(watched, leak):
    plant = PLANTS[leak]
    portal = [{address: plant(watched, address, answer) for address, answer in day.items()} for day in watched.portal]
    found = _tried(watched, portal)
    assert found.p <= TEETH, found


def test_he_finds_totals_that_move_with_their_stratum(watched):
    def with_totals(day: Day) -> Day:
        results = {code for code, number in watched.number.items() if f"/public/results/{number}" in day}
        rows = "".join(
            f"<tr><td>{label}</td><td>{sum(watched.stratum[code] == label for code in results)}</td></tr>"
            for label in POOL
        )
        page = day[watched.draw_page]
        return day | {watched.draw_page: replace(page, body=page.body + f"\n{rows}".encode())}

    found = _tried(watched, [with_totals(day) for day in watched.portal])
    assert "what moved" in found.trick
    assert found.p <= TEETH, found


def test_he_finds_cases_that_are_numbered_by_ticket(watched):
    """The order in which cases are opened: were it that of the draw, every number would tell."""
    old = sorted(watched.number.values())
    new = {
        watched.number[code]: number for code, number in zip(watched.by_ticket(list(watched.number)), old, strict=True)
    }

    def numbered(text: str) -> str:
        return re.sub(r"JC\d+-\d+", lambda match: new.get(match[0], match[0]), text)

    def again(answer: Answer) -> Answer:
        try:
            return replace(answer, body=numbered(answer.body.decode()).encode(), headers=numbered(answer.headers))
        except UnicodeDecodeError:
            return answer

    portal = [{numbered(address): again(answer) for address, answer in day.items()} for day in watched.portal]
    names = {code: frozenset(map(numbered, words)) for code, words in watched.known.names.items()}
    found = _tried(watched, portal, replace(watched.known, names=names))
    assert found.p <= TEETH, found


def test_he_finds_results_that_come_out_stratum_by_stratum(watched):
    """Not the system's doing but the officers': were the riskiest visited first, the days would tell."""
    order = sorted(watched.stratum, key=lambda code: (watched.stratum[code], watched.ticket[code]))
    keep = [sum(A_DAY[:number]) for number in range(len(A_DAY) + 1)]
    whole = watched.portal[-1]

    def day(many: int) -> Day:
        hidden = {watched.number[code] for code in order[many:]}
        return {address: answer for address, answer in whole.items() if not any(number in address for number in hidden)}

    found = _tried(watched, [day(many) for many in keep])
    assert found.p <= TEETH, found
