"""The merge of staged records: whose they are, which are new, changed or known, and which wait for a match."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg import Cursor

from casework.core.i18n import _
from casework.registry.sources._source import RecordSource
from casework.registry.sources._staging import RECORD_COLUMNS, Staging

_NULLABLE = ("ends_on", "publicity_until", "repaired_on", "revoked_on", "amount", "document_no", "authority", "chain")
_FIRM = ("kind", "klass", "happened_on", "title")
_MARKS = ("objected_on", "objection_closed_on")

_BY_NAME = """
    LEFT JOIN LATERAL (
        SELECT min(x.id) AS id, count(*) AS many FROM (
            SELECT e.id FROM enterprise e
            WHERE e.name_key = {row}.name_key
              AND ({row}.uscc IS NULL OR e.uscc IS NULL) AND ({row}.reg_no IS NULL OR e.reg_no IS NULL)
            LIMIT 2
        ) x
    ) n ON c.id IS NULL AND r.id IS NULL
"""
"""The one subject of that exact name whose numbers do not contradict the row's."""

_WHOSE = f"""
    LEFT JOIN enterprise c ON c.uscc = {{row}}.uscc
    LEFT JOIN enterprise r ON c.id IS NULL AND r.reg_no = {{row}}.reg_no
    {_BY_NAME}
"""
_OWNER = "coalesce(%(owner)s::bigint, c.id, r.id, CASE WHEN n.many = 1 THEN n.id END)"
_WHY_WAITING = """CASE WHEN n.many > 1 THEN 'ambiguous'
    WHEN EXISTS (SELECT FROM enterprise e WHERE e.name_key = {row}.name_key) THEN 'conflict' ELSE 'unknown' END"""

_CHANGED = " OR ".join(
    [
        *(f"s.{name} IS DISTINCT FROM p.{name}" for name in _FIRM),
        *(f"(s.{name} IS NOT NULL AND s.{name} IS DISTINCT FROM p.{name})" for name in _NULLABLE),
        "NOT (p.detail @> s.detail)",
    ]
)

_JUDGE = f"""
    INSERT INTO fate (row_no, outcome, enterprise_id, record_id, twin, reason)
    SELECT s.row_no,
           CASE WHEN s.row_no < l.row_no THEN 'unchanged'
                WHEN w.discarded_at IS NOT NULL THEN 'rejected'
                WHEN o.id IS NULL THEN 'waiting'
                WHEN p.id IS NULL THEN 'new'
                WHEN o.id <> p.enterprise_id OR {_CHANGED} THEN 'changed' ELSE 'unchanged' END,
           o.id, p.id,
           CASE WHEN s.row_no < l.row_no THEN l.row_no END,
           CASE WHEN s.row_no < l.row_no THEN NULL
                WHEN w.discarded_at IS NOT NULL THEN concat(%(discarded)s::text, w.discarded_by, '：', w.discard_reason)
                WHEN o.id IS NULL THEN {_WHY_WAITING.format(row="s")} END
    FROM staged s
    JOIN (SELECT source_key, max(row_no) AS row_no FROM staged GROUP BY source_key) l USING (source_key)
    {_WHOSE.format(row="s")}
    LEFT JOIN credit_record p ON p.source = %(source)s AND p.source_key = s.source_key AND p.superseded_at IS NULL
    LEFT JOIN waiting_row w ON w.source = %(source)s AND w.source_key = s.source_key
    CROSS JOIN LATERAL (SELECT coalesce(c.id, r.id, p.enterprise_id, CASE WHEN n.many = 1 THEN n.id END) AS id) o
"""

_SUPERSEDE = """
    UPDATE credit_record p SET superseded_at = %(moment)s FROM fate f WHERE f.outcome = 'changed' AND p.id = f.record_id
"""

_KEEP = """
    INSERT INTO credit_record (
        enterprise_id, source, source_key, version, batch_id, row_no, recorded_at, detail, {firm}, {nullable}, {marks})
    SELECT f.enterprise_id, %(source)s, s.source_key, coalesce(p.version, 0) + 1, %(batch)s, s.row_no, %(moment)s,
           coalesce(p.detail, '{{}}'::jsonb) || s.detail, {firm_values}, {nullable_values}, {mark_values}
    FROM fate f JOIN staged s ON s.row_no = f.row_no LEFT JOIN credit_record p ON p.id = f.record_id
    WHERE f.outcome IN ('new', 'changed')
    ORDER BY f.row_no
""".format(
    firm=", ".join(_FIRM),
    nullable=", ".join(_NULLABLE),
    marks=", ".join(_MARKS),
    firm_values=", ".join(f"s.{name}" for name in _FIRM),
    nullable_values=", ".join(f"coalesce(s.{name}, p.{name})" for name in _NULLABLE),
    mark_values=", ".join(f"p.{name}" for name in _MARKS),
)

_WAIT = """
    INSERT INTO waiting_row AS w (
        source, source_key, uscc, reg_no, name, name_key, values, reason, batch_id, row_no, recorded_at)
    SELECT %(source)s, s.source_key, s.uscc, s.reg_no, s.name, s.name_key, jsonb_build_object({values}), f.reason,
           %(batch)s, s.row_no, %(moment)s
    FROM fate f JOIN staged s ON s.row_no = f.row_no
    WHERE f.outcome = 'waiting'
    ORDER BY f.row_no
    ON CONFLICT (source, source_key) DO UPDATE SET
        uscc = excluded.uscc, reg_no = excluded.reg_no, name = excluded.name, name_key = excluded.name_key,
        values = excluded.values, reason = excluded.reason, batch_id = excluded.batch_id, row_no = excluded.row_no
    WHERE (w.uscc, w.reg_no, w.name, w.values, w.reason)
        IS DISTINCT FROM (excluded.uscc, excluded.reg_no, excluded.name, excluded.values, excluded.reason)
""".format(values=", ".join(f"'{name}', s.{name}" for name in RECORD_COLUMNS))

_NO_LONGER_WAITING = """
    DELETE FROM waiting_row w USING fate f JOIN staged s ON s.row_no = f.row_no
    WHERE f.outcome IN ('new', 'changed', 'unchanged') AND f.twin IS NULL
      AND w.source = %(source)s AND w.source_key = s.source_key
"""

_TWICE = """
    UPDATE staged s SET field = concat_ws('、', s.field, %(label)s::text),
           reason = concat_ws(' ', s.reason, replace(%(twice)s::text, '%%s', other.happened_on::text))
    FROM fate f, credit_record n, LATERAL (
        SELECT min(o.happened_on) AS happened_on FROM credit_record o
        WHERE o.enterprise_id = n.enterprise_id AND o.kind = n.kind AND o.klass = n.klass AND o.id <> n.id
          AND o.superseded_at IS NULL AND o.repaired_on IS NULL AND o.revoked_on IS NULL
          AND (o.ends_on IS NULL OR o.ends_on > %(today)s)
    ) other
    WHERE f.row_no = s.row_no AND f.outcome IN ('new', 'changed') AND other.happened_on IS NOT NULL
      AND n.source = %(source)s AND n.source_key = s.source_key AND n.superseded_at IS NULL
      AND n.repaired_on IS NULL AND n.revoked_on IS NULL AND (n.ends_on IS NULL OR n.ends_on > %(today)s)
"""
"""Two open listings for one reason: both are kept and count once; somebody should look."""

_WORDS_FOR_WAITING = """
    UPDATE fate SET reason = CASE reason
        WHEN 'ambiguous' THEN %(ambiguous)s WHEN 'conflict' THEN %(conflict)s ELSE %(unknown)s END
    WHERE outcome = 'waiting'
"""

_SETTLE = (
    f"""
    WITH known AS (
        SELECT w.*, {_OWNER} AS enterprise_id
        FROM waiting_row w {_WHOSE.format(row="w")}
        WHERE w.discarded_at IS NULL AND ({{which}}) AND {_OWNER} IS NOT NULL
    ), gone AS (
        DELETE FROM waiting_row w USING known WHERE w.id = known.id
    )
    INSERT INTO credit_record (
        enterprise_id, source, source_key, version, batch_id, row_no, recorded_at, {{names}})
    SELECT k.enterprise_id, k.source, k.source_key, 1, k.batch_id, k.row_no, %(moment)s, {{values}}
    FROM known k
    CROSS JOIN LATERAL jsonb_to_record(k.values) AS v ({{typed}})
    ORDER BY k.id
    RETURNING enterprise_id
""".replace("{typed}", ", ".join(f"{name} {sort}" for name, sort in RECORD_COLUMNS.items()))
    .replace("{names}", ", ".join(name for name in RECORD_COLUMNS if name != "source_key"))
    .replace("{values}", ", ".join(f"v.{name}" for name in RECORD_COLUMNS if name != "source_key"))
)


def merge(staging: Staging, *, batch_id: int, tell: Callable[[str], None]) -> None:
    """Decides and carries out what becomes of every staged record.

    A record belongs to the subject of its code, else of its registration number, else to whom it belonged before, else
    to the only subject of exactly that name; where none is certain it waits.
    """
    assert isinstance(staging.source, RecordSource)
    cursor = staging.cursor
    facts = {"source": staging.source.key, "batch": batch_id, "moment": staging.moment}
    tell(_("正在匹配主体并比对"))
    cursor.execute(_JUDGE, {**facts, "discarded": _("此前已判定不予归集：")})
    cursor.execute("ANALYZE fate")
    tell(_("正在写入记录"))
    cursor.execute(_SUPERSEDE, facts)
    cursor.execute(_KEEP, facts)
    if staging.source.record_kind.once:
        twice = _("该主体另有同一情形的列入（%s）尚未移出，分类时只计一次，请核对是否重复列入。")
        label = next(each.label for each in staging.source.fields if each.key == "happened_on")
        cursor.execute(_TWICE, {**facts, "today": staging.today, "label": label, "twice": twice})
    cursor.execute(_WAIT, facts)
    cursor.execute(_NO_LONGER_WAITING, facts)
    cursor.execute(
        _WORDS_FOR_WAITING,
        {
            "unknown": _("主体尚未归集，等待匹配。"),
            "ambiguous": _("有多个同名主体，等待人工匹配。"),
            "conflict": _("代码与同名主体不一致，等待人工匹配。"),
        },
    )


def settle(
    cursor: Cursor[Any], moment: datetime, *, waiting_id: int | None = None, owner: int | None = None
) -> list[int]:
    """Gives waiting records to enterprises that are known by now; or one of them to the owner that a person chose.

    Returns whose records they are. They keep the batch and row they came with. Idempotence key: (source, source key).
    """
    which = "true" if waiting_id is None else "w.id = %(waiting_id)s"
    found = cursor.execute(_SETTLE.format(which=which), {"moment": moment, "waiting_id": waiting_id, "owner": owner})
    return [row[0] for row in found]
