"""The public bundle of a draw, and what opens its seals."""

from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from sqlalchemy import and_, select, tuple_

from casework.accounts import queries as staff
from casework.cases import queries as cases
from casework.core import files
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.registry import queries as registry
from casework.sampling import draw as engine
from casework.sampling import pool
from casework.sampling.models import Campaign, CampaignStratum, DrawnMember, PoolMember
from casework.sampling.queries.campaigns import certain
from casework.sampling.queries.officers import roster

IN_MEMORY = 16 * 1024 * 1024
"""Bundles and openings up to this size need no file."""


DUTIES_AT_ONCE = 5_000


def parameters_of(campaign: Campaign) -> engine.Parameters:
    """What was fixed and published of a frozen campaign before the draw."""
    return engine.Parameters(
        campaign=str(campaign.number),
        frozen_at=certain(campaign.frozen_at),
        nonce_commitment=engine.nonce_commitment_of(certain(campaign.nonce)),
        officers_per_case=campaign.officers_per_case,
        strata=tuple(engine.Stratum(stratum.label, stratum.rate_bp, stratum.size) for stratum in campaign.strata),
    )


def bundle(campaign_id: int) -> IO[bytes]:
    """The public bundle of a committed campaign as a zip archive, from its beginning: same campaign, same bytes.

    NotFound before the commitment. Once drawn it is kept as a file; until then it is written anew.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.commitment is None:
        raise NotFound(_("这次抽查还没有公布承诺。"))
    if campaign.bundle_sha256 is not None:
        return files.opened(campaign.bundle_sha256)
    target: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
    engine.write_zip(bundle_of(campaign), target)
    target.seek(0)
    return target


def bundle_of(campaign: Campaign) -> engine.Bundle:
    """The bundle as the protocol's machine writes it; pool and duties are read while it is written."""
    reveal = None
    if campaign.seed is not None:
        given = tuple(engine.Contribution(one.by, one.text) for one in campaign.contributions)
        reveal = engine.Reveal(certain(campaign.nonce), given, campaign.seed)
    return engine.Bundle(
        parameters=parameters_of(campaign),
        pool=pool.members(campaign.id),
        officers=[officer.seal for officer in roster(campaign.id)],
        commitment=certain(campaign.commitment),
        published_at=certain(campaign.committed_at),
        reveal=reveal,
        drawn=_drawn_lines(campaign.id),
        duties=_duty_lines(campaign),
    )


def _drawn_lines(campaign_id: int) -> Iterator[engine.Drawn]:
    """`draw.tsv`: strata in drawing order, tickets ascending."""
    same = and_(CampaignStratum.campaign_id == DrawnMember.campaign_id, CampaignStratum.label == DrawnMember.stratum)
    rows = session.execute(
        select(DrawnMember.stratum, DrawnMember.seal, DrawnMember.ticket)
        .join(CampaignStratum, same)
        .where(DrawnMember.campaign_id == campaign_id)
        .order_by(CampaignStratum.position, DrawnMember.ticket, DrawnMember.seal)
    )
    return map(engine.Drawn._make, rows)


def _duty_lines(campaign: Campaign) -> Iterator[engine.Duty]:
    """`duty.tsv`: tickets ascending."""
    seals = [officer.seal for officer in roster(campaign.id)]
    order = DrawnMember.ticket, DrawnMember.seal
    last = (b"", b"")
    while True:
        rows = session.execute(
            select(*order, DrawnMember.eligible, DrawnMember.chosen)
            .where(DrawnMember.campaign_id == campaign.id, tuple_(*order) > last)
            .order_by(*order)
            .limit(DUTIES_AT_ONCE)
        ).all()
        for row in rows:
            eligible, chosen = (tuple(seals[place] for place in places) for places in (row.eligible, row.chosen))
            yield engine.Duty(row.seal, eligible, chosen, campaign.officers_per_case - len(chosen))
        if len(rows) < DUTIES_AT_ONCE:
            return
        last = (rows[-1].ticket, rows[-1].seal)


def openings(campaign_id: int) -> Iterator[engine.Opening]:
    """What opens the seals of pool and roster. For auditors alone: `operations.open_seals` hands it out."""
    last = b""
    while True:
        rows = session.execute(
            select(PoolMember.seal, PoolMember.code, PoolMember.salt)
            .where(PoolMember.campaign_id == campaign_id, PoolMember.seal > last)
            .order_by(PoolMember.seal)
            .limit(pool.READ_AT_ONCE)
        ).all()
        yield from map(engine.Opening._make, rows)
        if len(rows) < pool.READ_AT_ONCE:
            break
        last = rows[-1].seal
    for officer in roster(campaign_id):
        yield engine.Opening(officer.seal, officer.roster_id, officer.salt)


@dataclass(frozen=True)
class Opened:
    """One drawn seal with the enterprise behind it: what auditors see, and nobody else."""

    row: Any
    enterprise: registry.Brief
    unit: str
    eligible: int
    chosen: list[str]
    state: str | None


def opened(campaign: Campaign, *, after: str | None = None, before: str | None = None) -> tuple[list[Opened], Page]:
    """One page of the drawn with their seals, tickets, strata, officers and the state of each case."""
    columns = (
        DrawnMember.position, DrawnMember.enterprise_id, DrawnMember.org_id, DrawnMember.code, DrawnMember.stratum,
        DrawnMember.seal, DrawnMember.ticket, DrawnMember.eligible, DrawnMember.chosen,
    )  # fmt: skip
    found = page(
        select(*columns).where(DrawnMember.campaign_id == campaign.id),
        [DrawnMember.position],
        after=after,
        before=before,
    )
    ids = [row.enterprise_id for row in found.rows]
    names, units, known = registry.brief(ids), staff.unit_names(), cases.of_origin("draw", campaign.id, ids)
    seats = roster(campaign.id)
    officers = staff.officers([seat.officer_id for seat in seats])
    return [
        Opened(
            row=row,
            enterprise=names[row.enterprise_id],
            unit=units[row.org_id],
            eligible=len(row.eligible),
            chosen=[officers[seats[place].officer_id].name for place in row.chosen],
            state=known[row.enterprise_id].state if row.enterprise_id in known else None,
        )
        for row in found.rows
    ], found
