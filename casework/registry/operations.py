"""Verbs of the registry: receive and read files, match what waits, keep and mark single records, hand down grades."""

import gzip
import hashlib
import json
import mimetypes
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import IO, Any

from flask import current_app
from psycopg import Cursor
from sqlalchemy import delete, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql

from casework.accounts import operations as organisation
from casework.accounts import queries as staff
from casework.core import clock, files, jobs
from casework.core.actor import SYSTEM, Actor
from casework.core.db import session
from casework.core.errors import Invalid, NotFound, Refusal
from casework.core.i18n import _
from casework.core.ledger import announce, announce_all, record
from casework.registry.messages import BatchReceived, ImportRequested, RecordsChanged
from casework.registry.models import (
    CensusRow,
    ColumnMapping,
    CreditRecord,
    CurrentGrade,
    Enterprise,
    ImportBatch,
    KeyObject,
    WaitingRow,
)
from casework.registry.queries import CENSUS_COLUMNS, COUNTED, among, marks_of
from casework.registry.reference import CITY, divisions
from casework.registry.rules import KINDS, contradictions, why_not
from casework.registry.snapshot import TROUBLE
from casework.registry.sources import SOURCES
from casework.registry.sources import _enterprises as enterprise_merge
from casework.registry.sources import _records as record_merge
from casework.registry.sources._places import Places
from casework.registry.sources._reader import Heading
from casework.registry.sources._sealing import Seal
from casework.registry.sources._source import Source
from casework.registry.sources._staging import Staging, Tell, columns_of
from casework.registry.sources.enterprises import EnterpriseSource

IMPORT_LOCK = 4_116_010
"""Key of the advisory lock that lets one import write at a time."""

# Files ---------------------------------------------------------------------------------------------------------------


def request_import(source: str, file: IO[bytes], *, name: str, dry_run: bool, actor: Actor) -> ImportBatch:
    """Stores a file and has it read by a worker; a file whose columns are not recognised waits for `map_columns`.

    What is no table, or too large, is refused and nothing is stored.
    """
    batch = receive_file(source, file, name=name, dry_run=dry_run, actor=actor)
    if batch.mapping:
        _have_it_read(batch, actor)
    return batch


def receive_file(source: str, file: IO[bytes], *, name: str, dry_run: bool, actor: Actor) -> ImportBatch:
    """Stores a file as a batch to be read. `mapping` stays empty where required columns are not recognised."""
    known = source_of(source)
    columns = columns_of(file, known, lambda head: _remembered(source, head))
    file.seek(0)
    stored = files.store(
        file,
        name=name,
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        limit=current_app.config["CASEWORK"].upload_limit,
    )
    batch = ImportBatch(
        source=source,
        file_sha256=stored.sha256,
        file_name=name[-200:],
        mapping={} if known.missing(columns.fields) else _plain(columns.fields),
        dry_run=dry_run,
        requested_by=actor.name,
        requested_at=clock.now(),
    )
    session.add(batch)
    record("registry.receive_file", batch, actor=actor, after={"source": source, "file": name, "sha256": stored.sha256})
    return batch


def import_now(source: str, file: IO[bytes], *, name: str, dry_run: bool, actor: Actor, tell: Tell) -> ImportBatch:
    """Stores and reads a file in the foreground, with the same effects as by a worker; what refuses it is raised."""
    batch = receive_file(source, file, name=name, dry_run=dry_run, actor=actor)
    if not batch.mapping:
        raise Refusal(_unrecognised(source_of(source), file), field="file")
    session.flush()
    read_batch(batch.id, actor=actor, tell=tell)
    if batch.refusal is not None:
        raise Refusal(batch.refusal, field="file")
    return batch


def _unrecognised(source: Source, file: IO[bytes]) -> str:
    columns = columns_of(file, source, lambda _head: None)
    return _(
        "文件缺少必需的列：%(missing)s。表头（第 %(row)s 行）是：%(cells)s。请改正表头，或在页面上传一次并对应列。",
        missing=_("、").join(source.missing(columns.fields)),
        row=columns.head.row_no,
        cells=_("、").join(filter(None, columns.head.cells)),
    )


def map_columns(batch_id: int, mapping: Mapping[int, str], *, actor: Actor) -> ImportBatch:
    """Says what the columns of a received file mean, remembers it for files with the same heading, and has it read."""
    batch = _batch(batch_id)
    if batch.state != "received" or batch.mapping:
        raise Refusal(_("这个文件已经读取，不能再对应列。"))
    source = source_of(batch.source)
    _check_mapping(source, mapping)
    with files.opened(batch.file_sha256) as file:
        head = columns_of(file, source, lambda _head: None).head
    batch.mapping = _plain(mapping)
    remembered = postgresql.insert(ColumnMapping).values(
        source=batch.source,
        heading_sha256=_heading_sha256(head),
        mapping=batch.mapping,
        set_by=actor.name,
        set_at=clock.now(),
    )
    session.execute(
        remembered.on_conflict_do_update(
            index_elements=[ColumnMapping.source, ColumnMapping.heading_sha256],
            set_={name: remembered.excluded[name] for name in ("mapping", "set_by", "set_at")},
        )
    )
    record("registry.map_columns", batch, actor=actor, after={"mapping": batch.mapping})
    _have_it_read(batch, actor)
    return batch


def keep_import(batch_id: int, *, actor: Actor) -> ImportBatch:
    """After a dry run: reads the file once more, for good."""
    batch = _batch(batch_id)
    if batch.state != "checked":
        raise Refusal(_("只有试运行完成的文件可以确认导入。请刷新页面。"))
    batch.state, batch.dry_run = "received", False
    record("registry.keep_import", batch, actor=actor)
    _have_it_read(batch, actor)
    return batch


def read_again(batch_id: int, *, actor: Actor) -> ImportBatch:
    """Has a file read whose job failed or was cancelled; nothing of it was kept."""
    batch = _batch(batch_id)
    job = jobs.find(batch.message_id) if batch.message_id else None
    if batch.state != "received" or job is None or job.state not in ("failed", "cancelled", "refused"):
        raise Refusal(_("这个文件正在读取或已经读取，不需要重新读取。"))
    record("registry.read_again", batch, actor=actor)
    _have_it_read(batch, actor)
    return batch


def read_batch(batch_id: int, *, actor: Actor, tell: Tell = jobs.progress) -> None:
    """Reads a received file into the register: whole or nothing; a dry run is the same and is taken back.

    Idempotence key: the batch; one that is kept, checked or refused is left alone.
    """
    batch = _batch(batch_id)
    if batch.state != "received":
        return
    if not session.scalar(select(func.pg_try_advisory_xact_lock(IMPORT_LOCK))):
        tell(0, None, _("等待另一项导入完成"))
        session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))
    with tempfile.TemporaryFile() as report:
        try:
            with session.begin_nested() as attempt:
                counts, settled = _merge(batch, report, tell)
                if batch.dry_run:
                    attempt.rollback()
        except Refusal as refusal:
            session.expire(batch)
            batch.state, batch.refusal, batch.finished_at = "refused", str(refusal), clock.now()
            record("registry.refuse_batch", batch, actor=actor, after={"refusal": str(refusal)})
            return
        session.expire_all()
        report.seek(0)
        stored = files.store(report, name=f"{batch.source}-{batch.id}-report.csv.gz", media_type="application/gzip")
    for name, number in counts.items():
        setattr(batch, name, number)
    batch.state = "checked" if batch.dry_run else "kept"
    batch.settled, batch.report_sha256, batch.finished_at = len(settled), stored.sha256, clock.now()
    record("registry.read_batch", batch, actor=actor, after={"state": batch.state, **counts, "settled": len(settled)})
    if batch.state == "kept":
        _tell_of(batch, settled, actor)


def _merge(batch: ImportBatch, report: IO[bytes], tell: Tell) -> tuple[dict[str, int], list[int]]:
    """Carries out a batch inside the caller's savepoint. Returns its counts and whose waiting records were settled."""
    source, settings = source_of(batch.source), current_app.config["CASEWORK"]
    cursor = _cursor()
    staging = Staging(
        cursor,
        source,
        places=_places(),
        seal=Seal(settings.secret_key),
        today=clock.today(),
        moment=clock.now(),
    )
    with files.opened(batch.file_sha256) as file:
        columns = columns_of(file, source, lambda _head: {int(at): key for at, key in batch.mapping.items()})
        staging.fill(file, columns, limit=settings.import_rows_limit, tell=tell)
    rows = staging.rows
    merging = enterprise_merge if isinstance(source, EnterpriseSource) else record_merge
    merging.merge(staging, batch_id=batch.id, tell=lambda note: tell(rows, rows, note))
    settled = record_merge.settle(cursor, staging.moment) if isinstance(source, EnterpriseSource) else []
    tell(rows, rows, _("正在生成报告"))
    with gzip.GzipFile(fileobj=report, mode="wb", compresslevel=3, mtime=0) as packed:
        for block in staging.report():
            packed.write(block)
    return staging.counts(), settled


def _places() -> Places:
    """The map of the organisation tree; a register that comes before any unit is kept by the city bureau."""
    if not staff.units(kind="city"):
        name = f"{divisions()[CITY]}市场监督管理局"
        organisation.create_unit(
            kind="city", name=name, short_name="市局", division_code=CITY, parent_id=None, actor=SYSTEM
        )
    return Places(staff.units())


def _tell_of(batch: ImportBatch, settled: list[int], actor: Actor) -> None:
    """One message for the batch; and one for each enterprise outside it that got a record which had waited."""
    if batch.new or batch.changed:
        announce(BatchReceived(batch_id=batch.id, day=clock.today()), actor=actor)
    outside = session.scalars(
        select(Enterprise.id).where(among(Enterprise.id, settled), Enterprise.batch_id.is_distinct_from(batch.id))
    )
    announce_all([RecordsChanged(enterprise_id=enterprise_id) for enterprise_id in outside], actor=actor)


def _have_it_read(batch: ImportBatch, actor: Actor) -> None:
    session.flush()
    batch.message_id = announce(ImportRequested(batch_id=batch.id), actor=actor)


def source_of(key: str) -> Source:
    """The source, or a Refusal that says how to see them all."""
    if key not in SOURCES:
        raise Refusal(
            _("没有名为 %(key)s 的数据来源。可用的来源：%(known)s。", key=key, known=_("、").join(SOURCES)),
            field="source",
        )
    return SOURCES[key]


def _batch(batch_id: int) -> ImportBatch:
    batch = session.get(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound(_("没有这个导入批次。"))
    return batch


def _remembered(source: str, head: Heading) -> dict[int, str] | None:
    mapping = session.scalar(
        select(ColumnMapping.mapping).where(
            ColumnMapping.source == source, ColumnMapping.heading_sha256 == _heading_sha256(head)
        )
    )
    return None if mapping is None else {int(column): key for column, key in mapping.items()}


def _heading_sha256(head: Heading) -> str:
    return hashlib.sha256(json.dumps(head.cells, ensure_ascii=False).encode()).hexdigest()


def _plain(columns: Mapping[int, str]) -> dict[str, Any]:
    return {str(column): key for column, key in columns.items()}


def _check_mapping(source: Source, mapping: Mapping[int, str]) -> None:
    known = {field.key for field in source.fields}
    errors: dict[str, list[str]] = {}
    chosen = list(mapping.values())
    for column, key in mapping.items():
        if key not in known:
            errors[f"column_{column}"] = [_("请从列表中选择。")]
        elif chosen.count(key) > 1:
            errors[f"column_{column}"] = [_("同一字段只能对应一列。")]
    if missing := source.missing(dict(mapping)):
        errors[""] = [_("还缺少必需的列：%(labels)s。", labels=_("、").join(missing))]
    if errors:
        raise Invalid(_("列的对应关系有误。"), errors)


def _cursor() -> Cursor[Any]:
    """The driver's cursor of this transaction, for COPY and set-based statements."""
    return session.connection().connection.cursor()  # type: ignore[return-value]


# What waits for a match ----------------------------------------------------------------------------------------------


def match_waiting(waiting_id: int, enterprise_id: int, *, actor: Actor) -> None:
    """Gives a waiting record to the enterprise that a person found for it. Idempotence key: (source, source key)."""
    row = _waiting(waiting_id)
    if row.discarded_at is not None:
        raise Refusal(_("该记录已判定不予归集，请先恢复。"))
    if session.get(Enterprise, enterprise_id) is None:
        raise NotFound(_("没有这个经营主体。"))
    facts = {"source": row.source, "source_key": row.source_key, "enterprise": enterprise_id}
    session.flush()
    record_merge.settle(_cursor(), clock.now(), waiting_id=waiting_id, owner=enterprise_id)
    session.expunge(row)
    record("registry.match_waiting", ("waiting_row", waiting_id), actor=actor, after=facts)
    announce(RecordsChanged(enterprise_id=enterprise_id), actor=actor)


def discard_waiting(waiting_id: int, *, reason: str, actor: Actor) -> None:
    """Decides that a waiting record is not for this register; a later file with the same record is told so."""
    row = _waiting(waiting_id)
    if row.discarded_at is not None:
        raise Refusal(_("该记录已判定不予归集。"))
    row.discarded_at, row.discarded_by, row.discard_reason = clock.now(), actor.name, reason.strip()
    record("registry.discard_waiting", row, actor=actor, note=reason)


def restore_waiting(waiting_id: int, *, actor: Actor) -> None:
    """Takes a discarded record back among those that wait."""
    row = _waiting(waiting_id)
    if row.discarded_at is None:
        raise Refusal(_("该记录仍在等待匹配。"))
    record("registry.restore_waiting", row, actor=actor, before={"reason": row.discard_reason})
    row.discarded_at = row.discarded_by = row.discard_reason = None


def _waiting(waiting_id: int) -> WaitingRow:
    row = session.get(WaitingRow, waiting_id, with_for_update=True)
    if row is None:
        raise NotFound(_("这条待匹配记录已经处理。"))
    return row


# Single records ------------------------------------------------------------------------------------------------------


def record_credit_record(
    *,
    enterprise_id: int,
    kind: str,
    klass: int = 0,
    happened_on: date,
    title: str,
    source: str,
    source_key: str,
    actor: Actor,
    ends_on: date | None = None,
    publicity_until: date | None = None,
    repaired_on: date | None = None,
    revoked_on: date | None = None,
    amount: Decimal | None = None,
    document_no: str | None = None,
    authority: str | None = None,
    chain: str | None = None,
    detail: Mapping[str, Any] | None = None,
    graded: bool = False,
) -> CreditRecord:
    """Keeps what happened to an enterprise. Idempotence key: source, source key and content; else a new version.

    Days that were marked here since (removal, repair, correction, objection) stay unless the caller gives others.
    `graded`: the caller grades the enterprise in this transaction, so that no message need have it done.
    """
    known = KINDS.get(kind)
    if known is None or (known.classes and klass not in known.classes) or (not known.classes and klass != 0):
        raise Refusal(_("没有类别为 %(kind)s/%(klass)s 的信用记录。", kind=kind, klass=klass), field="kind")
    later = {
        "ends_on": ends_on,
        "publicity_until": publicity_until,
        "repaired_on": repaired_on,
        "revoked_on": revoked_on,
    }
    for name, sentence in contradictions(known, happened_on, later, clock.today()):
        raise Refusal(sentence, field=name)
    if session.get(Enterprise, enterprise_id) is None:
        raise NotFound(_("没有这个经营主体。"), rule=str(enterprise_id))
    before = session.scalars(
        select(CreditRecord)
        .where(
            CreditRecord.source == source, CreditRecord.source_key == source_key, CreditRecord.superseded_at.is_(None)
        )
        .with_for_update()
    ).first()
    content = {
        "enterprise_id": enterprise_id,
        "kind": known.number,
        "klass": klass,
        "happened_on": happened_on,
        "title": title,
        "publicity_until": publicity_until,
        "amount": amount,
        "document_no": document_no,
        "authority": authority,
        "chain": chain,
        "detail": {**(before.detail if before else {}), **(detail or {})},
        **{
            name: given if given is not None else getattr(before, name, None)
            for name, given in (("ends_on", ends_on), ("repaired_on", repaired_on), ("revoked_on", revoked_on))
        },
    }
    if before is not None and all(getattr(before, name) == value for name, value in content.items()):
        return before
    kept = _keep_version(before, {**content, "source": source, "source_key": source_key})
    record(
        "registry.record", kept, actor=actor, after={"enterprise": enterprise_id, "kind": kind, "version": kept.version}
    )
    _records_changed({kept, before or kept}, actor, graded=graded)
    return kept


def remove_record(record_id: int, *, on: date, note: str, actor: Actor, document_no: str | None = None) -> CreditRecord:
    """移出: a listing ends on that day and stays as history."""
    return _mark(record_id, "remove", on, note, document_no, actor, ends_on=on)


def repair_record(record_id: int, *, on: date, note: str, actor: Actor, document_no: str | None = None) -> CreditRecord:
    """信用修复: from that day the record is no longer published, shared or used (国家发展改革委令第36号)."""
    return _mark(record_id, "repair", on, note, document_no, actor, repaired_on=on)


def revoke_record(record_id: int, *, on: date, note: str, actor: Actor, document_no: str | None = None) -> CreditRecord:
    """撤销（更正）: the record counts as if it had never been."""
    return _mark(record_id, "revoke", on, note, document_no, actor, revoked_on=on)


def object_to_record(
    record_id: int, *, on: date, note: str, actor: Actor, document_no: str | None = None
) -> CreditRecord:
    """异议标注: the enterprise contests the record; it is shown as in doubt until the objection is closed."""
    return _mark(record_id, "object", on, note, document_no, actor, objected_on=on, objection_closed_on=None)


def close_objection(
    record_id: int, *, on: date, note: str, actor: Actor, document_no: str | None = None
) -> CreditRecord:
    """异议办结: the objection is answered; where it was right, the record is revoked besides."""
    return _mark(record_id, "close_objection", on, note, document_no, actor, objection_closed_on=on)


MARKING: dict[str, Callable[..., CreditRecord]] = {
    "remove": remove_record,
    "repair": repair_record,
    "revoke": revoke_record,
    "object": object_to_record,
    "close_objection": close_objection,
}
"""The operation of each verb of `rules.MARKS`."""


def _mark(
    record_id: int, verb: str, on: date, note: str, document_no: str | None, actor: Actor, **days: date | None
) -> CreditRecord:
    before = session.get(CreditRecord, record_id, with_for_update=True, populate_existing=True)
    if before is None:
        raise NotFound(_("没有这条信用记录。"))
    if before.superseded_at is not None:
        raise Refusal(_("这条记录已有新的版本，请刷新页面后办理。"))
    reason = why_not(verb, marks_of(before), on, clock.today())
    if reason:
        raise Refusal(reason, field="on")
    said = {"on": on.isoformat(), "note": note.strip(), "document_no": document_no, "by": actor.name}
    was = {name: getattr(before, name) for name in days}
    kept = _keep_version(before, {**days, "detail": {**before.detail, verb: said}})
    record(
        f"registry.{verb}",
        ("credit_record", kept.id),
        actor=actor,
        before={name: value.isoformat() if value else None for name, value in was.items()} | {"record": before.id},
        after={name: value.isoformat() if value else None for name, value in days.items()},
        note=note,
    )
    _records_changed({kept}, actor)
    return kept


def _keep_version(before: CreditRecord | None, changes: Mapping[str, Any]) -> CreditRecord:
    """Supersedes a version by the next one, which differs in the given columns."""
    moment = clock.now()
    columns: dict[str, Any] = {}
    if before is not None:
        columns = {name: getattr(before, name) for name in CreditRecord.__table__.columns.keys()}  # noqa: SIM118
        before.superseded_at = max(moment, before.recorded_at)
        session.flush()
    kept = CreditRecord(
        **{
            **columns,
            **changes,
            "id": None,
            "version": columns.get("version", 0) + 1,
            "recorded_at": moment,
            "superseded_at": None,
        }
    )
    session.add(kept)
    session.flush()
    return kept


def _records_changed(versions: Iterable[CreditRecord], actor: Actor, *, graded: bool = False) -> None:
    """Only a record of a list is felt by others."""
    kin = any(each.kind in TROUBLE for each in versions)
    enterprise_ids = sorted({each.enterprise_id for each in versions})
    changed = [RecordsChanged(enterprise_id=each, kin=kin, graded=graded) for each in enterprise_ids]
    announce_all(changed, actor=actor)


# The grade kept under the enterprise ---------------------------------------------------------------------------------


def take_census(run_id: int | None = None, *, actor: Actor) -> int:
    """Counts the register by unit, industry and grade, for pages that a large register must not keep waiting.

    Comes after a grading run and now and then by itself. Returns how many rows it has. Idempotent: the last one stays.
    """
    session.execute(text("LOCK TABLE register_census IN EXCLUSIVE MODE"))  # read by pages meanwhile, taken by one
    session.execute(delete(CensusRow))
    columns = [*CENSUS_COLUMNS, "taken_at"]
    counted = COUNTED.add_columns(literal(clock.now()).label("taken_at"))
    session.execute(insert(CensusRow).from_select(columns, counted))
    return session.scalar(select(func.count()).select_from(CensusRow)) or 0


def hand_down_grades(rows: Iterable[tuple[int, str, int]], *, run_id: int | None, day: date) -> int:
    """Keeps grades under their enterprises: (enterprise, grade, score in tenths). For grading only.

    `since` moves only where the grade changes. Returns how many rows were new or different. Idempotent by content.
    """
    ids, grades, scores = zip(*rows, strict=True)
    cursor = _cursor()
    cursor.execute(
        """
        INSERT INTO current_grade AS g (enterprise_id, grade, score, since, run_id)
        SELECT enterprise_id, grade, score, %(day)s, %(run)s
        FROM unnest(%(ids)s::bigint[], %(grades)s::text[], %(scores)s::smallint[]) AS new (enterprise_id, grade, score)
        ON CONFLICT (enterprise_id) DO UPDATE SET
            grade = excluded.grade, score = excluded.score, run_id = excluded.run_id,
            since = CASE WHEN g.grade = excluded.grade THEN g.since ELSE excluded.since END
        WHERE (g.grade, g.score) IS DISTINCT FROM (excluded.grade, excluded.score)
        """,
        {"day": day, "run": run_id, "ids": list(ids), "grades": list(grades), "scores": list(scores)},
    )
    return cursor.rowcount


def take_back_grades(ids: Iterable[int]) -> None:
    """Forgets the grades of enterprises that are no longer classified. For grading only; its history keeps them."""
    session.execute(delete(CurrentGrade).where(among(CurrentGrade.enterprise_id, ids)))


def hand_down_key_objects(domain: str, *, enter: Iterable[int] = (), leave: Iterable[int] = ()) -> None:
    """Keeps who is a key-supervision object of a domain. For the key domains only. Idempotent by content."""
    session.execute(delete(KeyObject).where(KeyObject.domain == domain, among(KeyObject.enterprise_id, leave)))
    rows = [{"enterprise_id": enterprise_id, "domain": domain} for enterprise_id in enter]
    if rows:
        session.execute(postgresql.insert(KeyObject).on_conflict_do_nothing(), rows)


# Lists that leave the house ------------------------------------------------------------------------------------------


def note_export(filters: Mapping[str, Any], rows: int, *, actor: Actor) -> None:
    """Writes down who took which list out of the system."""
    record("registry.export", ("export", "enterprises"), actor=actor, after={"filters": dict(filters), "rows": rows})
