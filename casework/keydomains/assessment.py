"""How an object of a domain stands by the numbers of a day: professional grade, tier with its receipt, next check."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from casework.cases import queries as cases
from casework.core import parameters
from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.parameters import Dated
from casework.keydomains.domains import DOMAINS
from casework.keydomains.rules import (
    Assessment,
    Domain,
    Dossier,
    Fact,
    Frequency,
    Records,
    assess,
    combine,
    due_on,
    frequency,
    marks_of,
    score_of,
)
from casework.registry import queries as registry

KINDS = sorted(
    {"licence", "equipment", "check", "penalty", "serious"}
    | {factor.look.kind for domain in DOMAINS.values() for factor in domain.factors if isinstance(factor.look, Records)}
)
"""The kinds of records that the tables of all domains look at."""

GROUNDS: Mapping[str, Sequence[int]] = {
    "licence": [domain.licence_class for domain in DOMAINS.values()],
    "equipment": range(1, 9),
}
"""What makes somebody an object of some domain."""

NOT_MADE = (7, 8, 9)
"""Classes of checks that found nobody or nothing to check: no visit of the object."""


def counted_from(domain: str, day: date) -> date:
    """No earlier than this the minimum frequency of who was never checked is counted."""
    given = parameters.value("keydomains.counted_from", day)[domain]
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Refusal(_("参数“最低检查频次的起算日”中的“%(given)s”不是日期，应如 2026-03-05。", given=given)) from None


@dataclass(frozen=True)
class Numbers:
    """The parameters of a domain that hold on a day, each with its document."""

    factors: Dated
    grades: Dated
    combination: Dated
    tiers: Dated
    statutory: Dated
    source: str
    counted_from: date

    @classmethod
    def of(cls, domain: str, day: date) -> "Numbers":
        return cls(
            factors=parameters.in_force(f"keydomains.factors.{domain}", day),
            grades=parameters.in_force(f"keydomains.grades.{domain}", day),
            combination=parameters.in_force(f"keydomains.combination.{domain}", day),
            tiers=parameters.in_force(f"keydomains.tiers.{domain}", day),
            statutory=parameters.in_force(f"keydomains.statutory.{domain}", day),
            source=parameters.value("keydomains.source", day).get(domain, "computed"),
            counted_from=counted_from(domain, day),
        )


@dataclass(frozen=True)
class Imported:
    """A professional grade that the professional system gave."""

    id: int
    grade: str
    score: int | None
    valid_from: date
    document_no: str


@dataclass(frozen=True)
class Standing:
    """Everything that is worked out for one object of one domain."""

    enterprise_id: int
    domain: str
    trades: tuple[str, ...]
    since: date
    assessment: Assessment
    grade: str
    imported_id: int | None
    tier: int
    least: Frequency
    receipt: dict[str, Any]
    last_visit_on: date | None
    due_on: date

    @property
    def factors(self) -> list[dict[str, Any]]:
        """The lines of the table with points, as they are kept."""
        return [
            {"key": line.key, "points": line.points, "count": line.count, "records": list(line.records)}
            for line in self.assessment.lines
        ]


def dossiers(day: date, ids: Iterable[int] | None = None) -> Iterator[tuple[Dossier, str | None]]:
    """Everybody (or these) who may be an object of a domain, with the credit grade kept under them."""
    rows = registry.key_records(KINDS, day, grounds=GROUNDS, ids=ids)
    for _enterprise_id, records in groupby(rows, key=lambda row: row.enterprise_id):
        of_one = list(records)
        first = of_one[0]
        facts = [
            Fact(row.id, row.kind, row.klass, row.happened_on, row.ends_on, row.words, row.detail) for row in of_one
        ]
        yield Dossier(first.enterprise_id, first.name, first.subject_class, first.industry, facts), first.credit


class Visits:
    """The last check of each object about a domain: our own cases, and checks of other systems as they were told."""

    def __init__(self, ids: Iterable[int] | None = None) -> None:
        wanted = None if ids is None else list(ids)
        self._own = {key: cases.last_checks(key, wanted) for key in DOMAINS}

    def last(self, domain: Domain, dossier: Dossier) -> date | None:
        told = [fact.happened_on for fact in dossier.of("check") if fact.klass not in NOT_MADE and domain.about(fact)]
        own = self._own[domain.key].get(dossier.enterprise_id)
        return max([*told, own] if own else told, default=None)


def standing(
    domain: Domain,
    dossier: Dossier,
    credit: str | None,
    day: date,
    numbers: Numbers,
    *,
    imported: Imported | None,
    last_visit: date | None,
) -> Standing | None:
    """How it stands in a domain, or None where it is no object of it."""
    trades = domain.trades_of(dossier, day)
    if not trades:
        return None
    own = assess(domain, dossier, day, factors=numbers.factors.value, grades=numbers.grades.value)
    holds = imported if numbers.source == "imported" else None
    grade = holds.grade if holds else own.grade
    score = own.score
    if holds:
        score = score_of(grade, numbers.grades.value) if holds.score is None else holds.score
    by = numbers.combination.value
    marks = marks_of(domain, dossier, day, by["intentional_months"])
    tiering = combine(grade, score, credit, marks, by)
    least = frequency(tiering.tier, trades, tiers=numbers.tiers.value, statutory=numbers.statutory.value)
    since = domain.since(dossier, day)
    receipt = {
        "professional": {"grade": grade, "score": score, "source": "imported" if holds else "computed"},
        "credit": {"grade": credit, "counted_as": tiering.credit},
        "function": by["function"],
        "total": tiering.total,
        "base": tiering.base,
        "adjustments": [
            {"key": key, "steps": steps, "records": list(getattr(marks, key))} for key, steps in tiering.adjustments
        ],
        "tier": tiering.tier,
        "months": least.months,
        "of_tier": least.of_tier,
        "statutory": least.statutory,
        "trade": least.trade,
        "off_site_first": least.off_site_first,
        "full_items": least.full_items,
        "parameters": {
            name: {"from": dated.effective_from.isoformat(), "document": dated.document_no}
            for name, dated in (
                ("combination", numbers.combination),
                ("tiers", numbers.tiers),
                ("statutory", numbers.statutory),
            )
        },
    }
    return Standing(
        enterprise_id=dossier.enterprise_id,
        domain=domain.key,
        trades=trades,
        since=since,
        assessment=own,
        grade=grade,
        imported_id=holds.id if holds else None,
        tier=tiering.tier,
        least=least,
        receipt=receipt,
        last_visit_on=last_visit,
        due_on=due_on(max(since, numbers.counted_from), last_visit, least.months),
    )
