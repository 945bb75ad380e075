"""The merge of staged master rows into the register, set-based: what is new, what changed, what moved."""

from collections.abc import Callable, Mapping
from typing import Any

from psycopg import Cursor

from casework.core.i18n import _
from casework.registry.rules import KINDS
from casework.registry.sources import changes
from casework.registry.sources._staging import ENTERPRISE_COLUMNS, Staging

_PLACE = ("division_code", "town_code", "org_id")
_DERIVED = ("name_key", "code_checked", "person_key")
"""Follow from other columns, so that they need no comparison of their own."""
_TOLD = tuple(name for name in ENTERPRISE_COLUMNS if name not in (*_PLACE, "uscc", "reg_no", "bigrams"))
_COMPARED = tuple(name for name in (*_TOLD, "reg_no") if name not in _DERIVED)

DEFAULTS = {
    "subject_class": "'company'",
    "status": "'active'",
    "cluster_address": "false",
    "is_branch": "false",
    "tags": "ARRAY[]::text[]",
}

SQUASHED = "regexp_replace(normalize({0}, NFKC), '[^[:alnum:]]', '', 'g')"
"""Letters and digits alone, as `_values.squash` says it in Python."""

_CHANGED = " OR ".join(
    [
        *(f"(s.{name} IS NOT NULL AND s.{name} IS DISTINCT FROM e.{name})" for name in _COMPARED),
        "(s.sure AND (s.org_id <> e.org_id OR s.division_code IS DISTINCT FROM e.division_code"
        " OR (s.town_code IS NOT NULL AND s.town_code IS DISTINCT FROM e.town_code)))",
    ]
)

_ADOPT = """
    UPDATE enterprise e SET uscc = s.uscc, code_checked = s.code_checked, updated_at = %(moment)s, batch_id = %(batch)s
    FROM (
        SELECT DISTINCT ON (reg_no) reg_no, uscc, code_checked FROM staged
        WHERE uscc IS NOT NULL AND reg_no IS NOT NULL ORDER BY reg_no, row_no DESC
    ) s
    WHERE e.reg_no = s.reg_no AND e.uscc IS NULL AND NOT EXISTS (SELECT FROM enterprise o WHERE o.uscc = s.uscc)
    RETURNING e.id
"""
"""A subject known by its old number alone gets the code that came with it."""

_DROP_TAKEN_REG_NO = """
    UPDATE staged s SET reg_no = NULL,
        field = concat_ws('、', s.field, %(label)s::text), reason = concat_ws(' ', s.reason, %(taken)s::text)
    FROM (
        SELECT s.row_no FROM staged s JOIN enterprise e USING (reg_no)
        WHERE s.uscc IS NOT NULL AND e.uscc IS DISTINCT FROM s.uscc
        UNION
        SELECT s.row_no FROM staged s JOIN staged o USING (reg_no) WHERE o.uscc <> s.uscc AND o.row_no > s.row_no
    ) t
    WHERE s.row_no = t.row_no
"""

_JUDGE = """
    INSERT INTO fate (row_no, outcome, enterprise_id, twin)
    SELECT s.row_no,
           CASE WHEN s.row_no < l.row_no THEN 'unchanged'
                WHEN e.id IS NULL THEN 'new'
                WHEN e.id = ANY(%(adopted)s) OR {changed} THEN 'changed' ELSE 'unchanged' END,
           e.id,
           CASE WHEN s.row_no < l.row_no THEN l.row_no END
    FROM staged s
    JOIN (SELECT s.{key}, max(s.row_no) AS row_no FROM staged s WHERE {mine} GROUP BY s.{key}) l USING ({key})
    LEFT JOIN enterprise e ON e.{key} = s.{key}
    WHERE {mine}
"""

_NOTE_MOVES = f"""
    INSERT INTO credit_record (
        enterprise_id, kind, klass, happened_on, title, detail, source, source_key, version, batch_id, row_no,
        recorded_at)
    SELECT m.id, {KINDS["change"].number}, m.klass, m.happened_on, m.title,
           jsonb_build_object('item', m.item, 'before', m.was, 'after', m.now), '{changes.SOURCE.key}',
           concat_ws('|', m.number, m.klass, left({SQUASHED.format("m.now")}, 200)), 1, %(batch)s, m.row_no, %(moment)s
    FROM (
        SELECT e.id, s.row_no, v.*, coalesce(e.uscc, e.reg_no) AS number,
               CASE WHEN s.approved_on IS DISTINCT FROM e.approved_on THEN coalesce(s.approved_on, %(today)s)
                    ELSE %(today)s END AS happened_on
        FROM fate f JOIN staged s ON s.row_no = f.row_no JOIN enterprise e ON e.id = f.enterprise_id
        CROSS JOIN LATERAL (VALUES
            (3, %(name_item)s::text, %(name_title)s::text, e.name, s.name, s.name_key <> e.name_key),
            (2, %(place_item)s, %(place_title)s,
                coalesce(e.address, e.division_code), coalesce(s.address, s.division_code),
                CASE WHEN s.address IS NOT NULL AND e.address IS NOT NULL AND s.address <> e.address
                     THEN {SQUASHED.format("s.address")} NOT LIKE '%%' || {SQUASHED.format("e.address")}
                          AND {SQUASHED.format("e.address")} NOT LIKE '%%' || {SQUASHED.format("s.address")}
                     ELSE s.address IS NULL AND s.sure AND s.division_code <> e.division_code
                          AND s.division_code NOT LIKE '%%00' AND e.division_code NOT LIKE '%%00' END)
        ) AS v (klass, item, title, was, now, happened)
        WHERE f.outcome = 'changed' AND {{mine}} AND v.happened
    ) m
    ON CONFLICT DO NOTHING
"""
"""A changed name or a move is a change record, under the key that the source of changes would give it."""

_UPDATE = """
    UPDATE enterprise e SET
        {told},
        reg_no = coalesce(s.reg_no, e.reg_no),
        bigrams = CASE WHEN s.name_key = e.name_key THEN e.bigrams ELSE e.bigrams || s.bigrams END,
        former_names = CASE WHEN s.name_key = e.name_key THEN e.former_names
                            ELSE array_remove(array_append(array_remove(e.former_names, e.name), e.name), s.name) END,
        town_code = CASE WHEN s.sure AND s.division_code IS DISTINCT FROM e.division_code THEN s.town_code
                         ELSE coalesce(CASE WHEN s.sure THEN s.town_code END, e.town_code) END,
        division_code = CASE WHEN s.sure THEN s.division_code ELSE e.division_code END,
        org_id = CASE WHEN s.sure THEN s.org_id ELSE e.org_id END,
        updated_at = %(moment)s, batch_id = %(batch)s, source = %(source)s
    FROM fate f JOIN staged s ON s.row_no = f.row_no
    WHERE e.id = f.enterprise_id AND f.outcome = 'changed' AND {mine}
""".format(told=", ".join(f"{name} = coalesce(s.{name}, e.{name})" for name in _TOLD), mine="{mine}")

_INSERT = """
    INSERT INTO enterprise ({names}, former_names, source, batch_id, recorded_at, updated_at)
    SELECT {values}, ARRAY[]::text[], %(source)s, %(batch)s, %(moment)s, %(moment)s
    FROM fate f JOIN staged s ON s.row_no = f.row_no
    WHERE f.outcome = 'new' AND {mine}
    ORDER BY f.row_no
""".format(
    names=", ".join(ENTERPRISE_COLUMNS),
    values=", ".join(
        f"coalesce(s.{name}, {DEFAULTS[name]})" if name in DEFAULTS else f"s.{name}" for name in ENTERPRISE_COLUMNS
    ),
    mine="{mine}",
)

_PARENTS = """
    UPDATE enterprise e SET parent_id = p.id
    FROM staged s JOIN enterprise p ON p.uscc = s.parent OR p.reg_no = s.parent
    WHERE s.parent IS NOT NULL AND (e.uscc = s.uscc OR e.reg_no = s.reg_no)
      AND e.parent_id IS DISTINCT FROM p.id AND p.id <> e.id
"""


def merge(staging: Staging, *, batch_id: int, tell: Callable[[str], None]) -> None:
    """Decides and carries out what becomes of every staged row. Subjects are known by code, then by old number."""
    cursor = staging.cursor
    facts = {
        "batch": batch_id,
        "moment": staging.moment,
        "today": staging.today,
        "source": staging.source.key,
        **_WORDS,
    }
    adopted: list[int] = []
    has_reg_no = _any(cursor, "reg_no IS NOT NULL")
    if has_reg_no:
        adopted = [row[0] for row in cursor.execute(_ADOPT, facts)]
        cursor.execute(_DROP_TAKEN_REG_NO, {"label": _("注册号"), "taken": _("该注册号已登记在另一主体名下，未采用。")})
    _judge_and_keep(cursor, "uscc", "s.uscc IS NOT NULL", {**facts, "adopted": adopted}, tell)
    if has_reg_no:
        _judge_and_keep(cursor, "reg_no", "s.uscc IS NULL", {**facts, "adopted": adopted}, tell)
    if _any(cursor, "parent IS NOT NULL"):
        cursor.execute(_PARENTS)
    if _many_new(cursor):
        cursor.execute("SELECT gin_clean_pending_list('ix_enterprise_bigrams')")
        cursor.execute("ANALYZE enterprise")


_WORDS = {"name_item": "名称", "name_title": "名称变更", "place_item": "住所", "place_title": "住所变更"}


def _judge_and_keep(
    cursor: Cursor[Any], key: str, mine: str, facts: Mapping[str, Any], tell: Callable[[str], None]
) -> None:
    """Rows of one key: those with a code first, so that rows with only an old number find what these have brought."""
    tell(_("正在与已有登记信息比对"))
    cursor.execute(_JUDGE.format(key=key, mine=mine, changed=_CHANGED), facts)
    cursor.execute("ANALYZE fate")
    tell(_("正在写入变更"))
    cursor.execute(_NOTE_MOVES.format(mine=mine), facts)
    cursor.execute(_UPDATE.format(mine=mine), facts)
    tell(_("正在写入新增主体"))
    cursor.execute(_INSERT.format(mine=mine), facts)


def _any(cursor: Cursor[Any], condition: str) -> bool:
    found = cursor.execute(f"SELECT EXISTS (SELECT FROM staged WHERE {condition})").fetchone()
    return found is not None and bool(found[0])


def _many_new(cursor: Cursor[Any]) -> bool:
    found = cursor.execute("SELECT count(*) > 1000 FROM fate WHERE outcome = 'new'").fetchone()
    return found is not None and bool(found[0])
