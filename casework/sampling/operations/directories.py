"""The 检查对象名录库: directories drafted, filled from tables, published as versions, ended."""

from typing import IO, Any

from sqlalchemy import delete, func, select

from casework.accounts import queries as staff
from casework.core import clock
from casework.core.actor import SYSTEM, Actor
from casework.core.db import flush_or_refuse, session
from casework.core.errors import NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import record
from casework.core.listing import take_in
from casework.registry import queries as registry
from casework.sampling import queries
from casework.sampling.models import DirectoryEntry, ObjectDirectory
from casework.sampling.schemas import DIRECTORY, LICENCES


def ensure_default_directories(*, org_id: int, actor: Actor = SYSTEM) -> int:
    """Enters the general directory and one special directory for each class of licence; returns how many.

    Idempotence key: the list of directories is not empty any more.
    """
    if session.scalar(select(ObjectDirectory.id).limit(1)) is not None:
        return 0
    general = ("Z00", "检查对象综合库", "general", {})
    special = [
        (f"Z{int(klass):02d}", f"{label}专项库", "special", {"licence_classes": [int(klass)]})
        for klass, label in LICENCES.items()
        if int(klass)
    ]
    for code, name, kind, filter_ in (general, *special):
        drafted = keep_directory(
            code=code, name=name, kind=kind, org_id=org_id, listed=False, pool=filter_, actor=actor
        )
        publish_directory(drafted.id, actor=actor)
    return 1 + len(special)


def add_directory(*, code: str, actor: Actor, **content: Any) -> ObjectDirectory:
    """Drafts a directory under a code that no other has."""
    if session.scalar(select(ObjectDirectory.id).where(ObjectDirectory.code == code)):
        raise Refusal(_("名录库编号已被使用。"), field="code")
    return keep_directory(code=code, actor=actor, **content)


def keep_directory(
    *, code: str, name: str, kind: str, org_id: int, listed: bool, actor: Actor, **content: Any
) -> ObjectDirectory:
    """Drafts the next version of a directory, or changes the draft. Idempotence key: the code until it is published.

    `content`: pool, line, note. A listed directory keeps the objects of the version before until a table brings others.
    """
    if not staff.sees_unit(actor, org_id):
        raise Refusal(_("请选择本单位或下级机构。"), field="org_id")
    directory = _draft(code, actor)
    directory.name, directory.kind, directory.org_id, directory.listed = name, kind, org_id, listed
    directory.pool = {} if listed else content.get("pool") or {}
    directory.line, directory.note = content.get("line"), content.get("note")
    directory.written_by, directory.written_at = actor.name, clock.now()
    if kind == "special" and not listed and not directory.pool:
        raise Refusal(_("专项库须按许可、行业、主体类型或标签限定范围，或者按清单逐户列入。"), field="licence_classes")
    flush_or_refuse(_("名录库信息不完整，请检查编号和名称。"), field="name")
    record("sampling.keep_directory", directory, actor=actor, after={"code": code, "version": directory.version})
    return directory


def _draft(code: str, actor: Actor) -> ObjectDirectory:
    """The draft of a directory; a new one carries on what the last version says, its objects too."""
    known = session.scalars(
        select(ObjectDirectory)
        .where(ObjectDirectory.code == code)
        .order_by(ObjectDirectory.version.desc())
        .with_for_update()
    ).first()
    if known is not None and not staff.sees_unit(actor, known.org_id):
        raise NotFound(_("没有编号为 %(code)s 的名录库。", code=code))
    if known is not None and known.published_on is None:
        return known
    carried = ("name", "kind", "line", "org_id", "listed", "pool", "note") if known else ()
    directory = ObjectDirectory(
        code=code,
        version=known.version + 1 if known else 1,
        withdrawn=False,
        written_by=actor.name,
        written_at=clock.now(),
        **{name: getattr(known, name) for name in carried},
    )
    session.add(directory)
    if known is not None:
        session.flush()
        _carry_objects(known, directory)
    return directory


def _carry_objects(before: ObjectDirectory, after: ObjectDirectory) -> None:
    columns = ("enterprise_id", "permit_name", "permit_no", "issued_on", "valid_until", "authority")
    copied = select(after.id, *(getattr(DirectoryEntry, name) for name in columns)).where(
        DirectoryEntry.directory_id == before.id
    )
    session.execute(DirectoryEntry.__table__.insert().from_select(["directory_id", *columns], copied))


def import_directory(code: str, file: IO[bytes], *, dry_run: bool = False, actor: Actor) -> int:
    """Replaces the objects of a listed directory by those of a table, in a draft; whole or not at all. Returns the rows.

    The same permit of the same holder twice is a mistake; a holder with several permits counts once later.
    """
    if not queries.directory_versions(code, actor)[0].listed:
        raise Refusal(_("这个名录库按条件自动归集，不用清单。"), field="file")
    directory = _draft(code, actor)
    session.flush()
    seen: set[tuple[int, str]] = set()

    def keep(entry: dict[str, Any]) -> None:
        number = entry.pop("number")
        enterprise = registry.by_number(number)
        if enterprise is None:
            raise Refusal(
                _("没有统一社会信用代码或注册号为 %(number)s 的主体，请核对。", number=number), field="number"
            )
        key = enterprise.id, entry["permit_no"]
        if key in seen:
            raise Refusal(_("与前面的一行重复：同一主体的同一张许可证。"), field="permit_no")
        if not seen:
            session.execute(delete(DirectoryEntry).where(DirectoryEntry.directory_id == directory.id))
        seen.add(key)
        session.add(DirectoryEntry(directory_id=directory.id, enterprise_id=enterprise.id, **entry))

    count = take_in(DIRECTORY, file, keep, dry_run=dry_run)
    if not dry_run:
        record("sampling.import_directory", directory, actor=actor, after={"code": code, "objects": count})
    return count


def publish_directory(directory_id: int, *, actor: Actor) -> ObjectDirectory:
    """Puts a drafted version in force and counts it; nobody edits it then. Idempotence key: the version."""
    directory = session.get(ObjectDirectory, directory_id, with_for_update=True)
    if directory is None or not staff.sees_unit(actor, directory.org_id):
        raise NotFound(_("没有这个名录库。"))
    if directory.published_on is None:
        if directory.listed and not session.scalar(
            select(func.count()).select_from(DirectoryEntry).where(DirectoryEntry.directory_id == directory.id)
        ):
            raise Refusal(_("名录库还是空的，请先从表格导入对象。"))
        directory.objects, directory.enterprises = queries.directory_size(directory)
        directory.published_on, directory.published_by = clock.today(), actor.name
        session.flush()
        record(
            "sampling.publish_directory",
            directory,
            actor=actor,
            after={"code": directory.code, "enterprises": directory.enterprises},
        )
    return directory


def discard_directory(directory_id: int, *, actor: Actor) -> None:
    """Throws away a version that was not published."""
    directory = session.get(ObjectDirectory, directory_id, with_for_update=True)
    if directory is None or not staff.sees_unit(actor, directory.org_id) or directory.published_on is not None:
        raise Refusal(_("只能删除尚未公布的版本；已经公布的名录库可以停用。"))
    record("sampling.discard_directory", directory, actor=actor, before={"code": directory.code})
    session.delete(directory)


def withdraw_directory(code: str, *, actor: Actor) -> ObjectDirectory:
    """Ends a directory by a version that says so; campaigns can no longer pick it. Idempotence key: the code."""
    last = queries.directory_versions(code, actor)[0]
    if last.published_on is None:
        raise Refusal(_("还有未公布的版本，请先公布或删除。"))
    if not staff.sees_unit(actor, last.org_id):
        raise NotFound(_("没有编号为 %(code)s 的名录库。", code=code))
    if last.withdrawn:
        return last
    directory = _draft(code, actor)
    directory.withdrawn, directory.published_on, directory.published_by = True, clock.today(), actor.name
    directory.objects = directory.enterprises = 0
    session.flush()
    record("sampling.withdraw_directory", directory, actor=actor, after={"code": code})
    return directory
