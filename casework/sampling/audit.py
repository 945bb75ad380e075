"""What an auditor sees checked: the draw by the stand-alone program, and seals, strata, officers against the books."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from sqlalchemy import select

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.db import session
from casework.core.i18n import N_, _, current_locale
from casework.grading import queries as grading
from casework.registry import queries as registry
from casework.sampling import chain, pool, queries, verify
from casework.sampling import draw as engine
from casework.sampling.models import Campaign, DrawnMember, PoolMember
from casework.sampling.rules import Demands, not_covered_because

LARGEST = 100_000
"""The largest pool that is looked at while the auditor waits; a larger one is checked with the downloaded files."""
NAMED = 5
"""So many examples of what does not agree are named."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: `ok` is None when it could not be made."""

    title: str
    ok: bool | None
    detail: str


def findings(campaign: Campaign) -> list[Finding]:
    """Everything that can be checked of a committed campaign, in the order in which a reader asks."""
    if sum(stratum.members for stratum in campaign.strata) > LARGEST:
        sentence = _("抽查库超过 %(most)s 户，请下载封签包和开封文件，用 verify.py 核对。", most=f"{LARGEST:,}")
        return [Finding(N_("封签包"), None, sentence)]
    return [*_recomputed(campaign), _codes(campaign), _strata(campaign), _roster(campaign), *_crews(campaign)]


def _recomputed(campaign: Campaign) -> Iterator[Finding]:
    """What the program says that the public and the auditors get: bundle, openings and ledger together."""
    with TemporaryDirectory() as folder:
        bundle, openings, ledger = (Path(folder) / name for name in ("bundle.zip", "openings.csv", "draw-ledger.tsv"))
        with bundle.open("wb") as file, queries.bundle(campaign.id) as written:
            copyfileobj(written, file)
        with openings.open("wb") as file:
            file.writelines(engine.openings_csv(queries.openings(campaign.id)))
        with ledger.open("wb") as file:
            file.writelines(chain.ledger_tsv(queries.draw_ledger_lines()))
        noted = campaign.commitment.hex() if campaign.commitment else None
        language = current_locale()
        for check in verify.verify(bundle, openings, noted, ledger):
            place = f"{check.file} {check.line or ''}{_('：')}" if check.file else ""
            yield Finding(getattr(check.title, language), check.ok, place + getattr(check.detail, language))


def _members(campaign: Campaign) -> Iterator[Sequence[PoolMember]]:
    """The pool in portions, in the order of the seals."""
    last = b""
    while True:  # page by page: pages are read outside a transaction, where there are no cursors
        members = session.scalars(
            select(PoolMember)
            .where(PoolMember.campaign_id == campaign.id, PoolMember.seal > last)
            .order_by(PoolMember.seal)
            .limit(pool.CHUNK)
        ).all()
        if not members:
            return
        yield members
        last = members[-1].seal


def _outcome(title: str, looked_at: int, wrong: Iterable[str], good: str) -> Finding:
    """A check of so many, with some of those that do not agree."""
    strangers = list(wrong)
    if not strangers:
        return Finding(title, True, good)
    named = _("、").join(strangers[:NAMED])
    sentence = _("%(count)s 个中有 %(wrong)s 个不一致：%(named)s", count=looked_at, wrong=len(strangers), named=named)
    return Finding(title, False, sentence)


def _codes(campaign: Campaign) -> Finding:
    """Each sealed code is still the number of that enterprise in the register."""
    count, wrong = 0, []
    for members in _members(campaign):
        known = registry.brief([one.enterprise_id for one in members])
        count += len(members)
        wrong += [one.code for one in members if known[one.enterprise_id].number != one.code]
    return _outcome(N_("对象代码"), count, wrong, _("%(count)s 户的代码与主体档案一致", count=count))


def _strata(campaign: Campaign) -> Finding:
    """Each member stands in the stratum of the grade that it had at the freeze."""
    grade_of = {stratum.label: stratum.grade for stratum in campaign.strata}
    moment = campaign.frozen_at or clock.now()
    count, missing, wrong = 0, 0, []
    for members in _members(campaign):
        letters = grading.letters_at([one.enterprise_id for one in members], moment)
        count += len(members)
        missing += sum(one.enterprise_id not in letters for one in members)
        wrong += [one.code for one in members if letters.get(one.enterprise_id) not in (None, grade_of[one.stratum])]
    title = N_("分层")
    if missing and not wrong:
        return Finding(title, None, _("%(count)s 户中有 %(missing)s 户没有留存分类结果", count=count, missing=missing))
    good = _("%(count)s 户的分层与第 %(run)s 次分类运行的结果一致", count=count, run=campaign.run_id)
    return _outcome(title, count, wrong, good)


def _roster(campaign: Campaign) -> Finding:
    """Every officer of the roster held a certificate for the items on the day of the freeze."""
    day = queries.frozen_on(campaign)
    demands = Demands.of((item["code"], item["line"], item["qualification"]) for item in campaign.items or ())
    seats = queries.roster(campaign.id)
    known = staff.officers([seat.officer_id for seat in seats])
    wrong = [
        f"{known[seat.officer_id].name}（{seat.roster_id}）"
        for seat in seats
        if known[seat.officer_id].certificate_valid_until < day
        or not_covered_because(known[seat.officer_id], day, demands) is not None
    ]
    good = _("%(count)s 名检查人员在冻结之日证件有效，范围和资格符合各事项", count=len(seats))
    return _outcome(N_("人员资格"), len(seats), wrong, good)


def _crews(campaign: Campaign) -> Iterator[Finding]:
    """Everybody of the county who had not withdrawn was eligible, and nobody else."""
    if campaign.seed is None:
        return
    crew_of = pool.crews(queries.roster(campaign.id), queries.frozen_on(campaign))
    rows = session.execute(
        select(DrawnMember.code, DrawnMember.eligible, PoolMember.org_id, PoolMember.recused)
        .join(PoolMember, (PoolMember.campaign_id == DrawnMember.campaign_id) & (PoolMember.seal == DrawnMember.seal))
        .where(DrawnMember.campaign_id == campaign.id)
    ).all()
    wrong = [row.code for row in rows if list(row.eligible) != crew_of(row)]
    good = _("%(count)s 户的可派人员都是本辖区名录中没有回避的全部人员", count=len(rows))
    yield _outcome(N_("可派人员"), len(rows), wrong, good)
