"""What the statements of the signals have in common. They read the tables of other rooms and write none."""

from casework.registry.rules import INSPECTABLE, KINDS

SUBJECT = "e.status IN ({})".format(", ".join(f"'{status}'" for status in sorted(INSPECTABLE)))
"""The enterprise `e` is in the library of subjects."""

STANDS = """r.superseded_at IS NULL AND (r.revoked_on IS NULL OR r.revoked_on > :day)
    AND (r.repaired_on IS NULL OR r.repaired_on > :day)"""
"""The record `r` is neither corrected nor repaired."""

IN_FORCE = f"{STANDS} AND r.happened_on <= :day AND (r.ends_on IS NULL OR r.ends_on > :day)"
"""The listing `r` goes on."""

AREAS = """SELECT u.id AS org_id,
    coalesce(nullif(split_part(u.path, '/', 3), ''), split_part(u.path, '/', 2))::bigint AS area_id FROM org_unit u"""
"""For every unit the county bureau (or the city bureau itself) that it belongs to."""


def kind(key: str) -> int:
    """The number of a kind of credit records."""
    return KINDS[key].number


def of_enterprise(
    *, source: str, where: str, period: str, value: str, facts: str = "", line: str = "NULL", group: str = ""
) -> str:
    """A statement about single enterprises `e`, with `source` joined and `facts` as further pairs of jsonb."""
    pairs = ", ".join(filter(None, ("'subject', e.name", facts)))
    return f"""
        SELECT e.id::text AS subject, ARRAY[e.id] AS enterprise_ids, ARRAY[e.org_id] AS org_ids, {line} AS line,
               {period} AS period, {value} AS value, jsonb_build_object({pairs}) AS facts
        FROM enterprise e {source}
        WHERE {SUBJECT} AND {where} {group}"""
