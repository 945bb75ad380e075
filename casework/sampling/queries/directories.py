"""The 检查对象名录库: directories in force, their versions, their objects, and what a classification run makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.actor import Actor
from casework.core.db import session
from casework.core.errors import NotFound
from casework.core.i18n import _
from casework.core.paging import Page, page
from casework.grading import queries as grading
from casework.registry import queries as registry
from casework.sampling import pool
from casework.sampling.models import DirectoryEntry, ObjectDirectory
from casework.sampling.rules import GRADES


def directories(actor: Actor) -> list[ObjectDirectory]:
    """The directories that the actor may pick for a campaign today, in the order of their codes."""
    reach = _reach(actor)
    return [one for one in pool.directories_in_force(None, clock.today()) if reach is None or one.org_id in reach]


def _reach(actor: Actor) -> set[int] | None:
    """The units whose directories an actor uses: those above his own and those below; None: all."""
    if actor.org_id is None:
        return None
    above = {int(step) for step in actor.org_path.strip("/").split("/")}
    return above.union(staff.subtree(actor.org_id))


def drafted_directories(actor: Actor) -> Sequence[ObjectDirectory]:
    """Versions of the actor's units that are not published yet."""
    drafts = select(ObjectDirectory).where(ObjectDirectory.published_on.is_(None)).order_by(ObjectDirectory.code)
    return session.scalars(staff.visible(drafts, actor, unit=ObjectDirectory.org_id)).all()


def directory_versions(code: str, actor: Actor) -> Sequence[ObjectDirectory]:
    """All versions of a directory that the actor uses, drafts included, newest first."""
    found = session.scalars(
        select(ObjectDirectory).where(ObjectDirectory.code == code).order_by(ObjectDirectory.version.desc())
    ).all()
    reach = _reach(actor)
    if not found or (reach is not None and found[0].org_id not in reach):
        raise NotFound(_("没有编号为 %(code)s 的名录库。", code=code))
    return found


def directory_names() -> dict[str, str]:
    """The newest name of every directory, by code."""
    rows = session.execute(select(ObjectDirectory.code, ObjectDirectory.name).order_by(ObjectDirectory.version))
    return dict(rows.all())


def narrows(filter_: Mapping[str, Any]) -> bool:
    """Whether a campaign's choice leaves somebody out (定向抽查); a general directory alone does not."""
    if set(filter_) - {"directories"}:
        return True
    picked = pool.directories_in_force(filter_.get("directories", ()), clock.today())
    return bool(picked) and all(directory.kind == "special" for directory in picked)


@dataclass(frozen=True)
class Counted:
    """A directory as graded by a run: members by grade, and those without one. Each enterprise counts once."""

    run_id: int | None
    run_on: date | None
    grades: Mapping[str, int]
    ungraded: int

    @property
    def members(self) -> int:
        return sum(self.grades.values()) + self.ungraded


def directory_counts(directory: ObjectDirectory, actor: Actor) -> Counted:
    """Who of the actor's area is in a directory today, by grade of the last run."""
    inside = pool.directory_filter(directory, clock.today())
    area = tuple(staff.subtree(actor.org_id)) if actor.org_id is not None else ()
    counts = registry.pool_grades(registry.PoolFilter(unit_ids=area, any_of=(inside,), day=clock.today()))
    run = grading.last_run()
    return Counted(
        run_id=run.id if run else None,
        run_on=run.as_of if run else None,
        grades={grade: counts.get(grade, 0) for grade in GRADES},
        ungraded=counts.get(None, 0),
    )


def directory_size(directory: ObjectDirectory) -> tuple[int, int]:
    """Objects of a directory, and enterprises that hold them: 抽取库总户数（去重）."""
    day = clock.today()
    members = registry.pool_size(registry.PoolFilter(any_of=(pool.directory_filter(directory, day),), day=day))
    if not directory.listed:
        return members, members
    entries = session.scalar(
        select(func.count()).select_from(DirectoryEntry).where(DirectoryEntry.directory_id == directory.id)
    )
    return entries or 0, members


def directory_entries(
    directory: ObjectDirectory, actor: Actor, *, after: str | None = None, before: str | None = None
) -> tuple[list[tuple[DirectoryEntry, registry.Brief]], Page]:
    """One page of the permits of a listed directory in the actor's area, with their holders."""
    statement = registry.in_sight(
        select(DirectoryEntry, DirectoryEntry.id).where(DirectoryEntry.directory_id == directory.id),
        actor,
        enterprise=DirectoryEntry.enterprise_id,
    )
    found = page(statement, [DirectoryEntry.id], after=after, before=before)
    holders = registry.brief([row.DirectoryEntry.enterprise_id for row in found.rows])
    return [(row.DirectoryEntry, holders[row.DirectoryEntry.enterprise_id]) for row in found.rows], found
