"""A made-up register as SQL that fills it: units, subjects with names that can be searched, their grades."""

COUNTIES = 10
OFFICES = 150

_UNITS = f"""
    INSERT INTO org_unit (kind, name, short_name, division_code, path) VALUES ('city', '市局', '市局', '411600', '/1/');
    INSERT INTO org_unit (parent_id, kind, name, short_name, division_code, path)
    SELECT 1, 'county', n || '县局', n || '县局', '4116' || lpad(n::text, 2, '0'), '/1/' || n + 1 || '/'
    FROM generate_series(1, {COUNTIES}) AS n ORDER BY n;
    INSERT INTO org_unit (parent_id, kind, name, short_name, division_code, path)
    SELECT 2 + n % {COUNTIES}, 'office', n || '所', n || '所', '4116' || lpad((1 + n % {COUNTIES})::text, 2, '0'),
        '/1/' || 2 + n % {COUNTIES} || '/' || n + 1 + {COUNTIES} || '/'
    FROM generate_series(1, {OFFICES}) AS n ORDER BY n;
"""

_SUBJECTS = """
    INSERT INTO enterprise (uscc, subject_class, name, name_key, bigrams, former_names, status, established_on,
        capital_wan, paid_capital_wan, employees, person_key, address_key, cluster_address, org_id, industry_section,
        industry_code, is_branch, tags, code_checked, source, recorded_at, updated_at)
    SELECT '91' || lpad((n::bigint * 7919 % 1000000007)::text, 16, '0'),
        CASE WHEN random() < 0.70 THEN 'individual' WHEN random() < 0.9 THEN 'company' ELSE 'cooperative' END,
        name, name, (SELECT array_agg(DISTINCT substr(name, at, 2)) FROM generate_series(1, length(name) - 1) AS at),
        '{}', CASE WHEN random() < 0.93 THEN 'active' WHEN random() < 0.5 THEN 'deregistered' ELSE 'revoked' END,
        current_date - (random() ^ 2 * 7000)::int, (random() ^ 4 * 3000)::int,
        CASE WHEN random() < 0.7 THEN 0 ELSE 50 END, (random() * 20)::int,
        'person' || CASE WHEN random() < 0.85 THEN n ELSE (random() * <n> / 20)::int END,
        CASE WHEN random() < 0.6 THEN 'address' || (random() ^ 1.3 * <n>)::int END, random() < 0.02,
        2 + n % (<counties> + <offices>), chr(65 + (random() * 19)::int), lpad((random() * 9999)::int::text, 4, '0'),
        false, '{}', true, 'bench', now(), now()
    FROM (
        SELECT n, '周口市' || chr(20000 + (sqrt(random()) * 2000)::int) || chr(20000 + (sqrt(random()) * 2000)::int)
            || (ARRAY['商贸', '餐饮', '建材', '食品', '医药', '农业'])[1 + n % 6] || '有限公司' AS name
        FROM generate_series(1, <n>) AS n
    ) AS named;
"""

_GRADES = """
    INSERT INTO classification_run (kind, requested_by, requested_at, as_of, started_at, finished_at, whole, looked_at,
        changed, distribution, moves)
    VALUES ('full', 'bench', now(), current_date, now(), now(), true, <n>, 0, '{}', '{}');
    INSERT INTO current_grade (enterprise_id, grade, score, since, run_id)
    SELECT id, CASE WHEN r < 0.60 THEN 'A' WHEN r < 0.86 THEN 'B' WHEN r < 0.96 THEN 'C' ELSE 'D' END,
        100, current_date, 1
    FROM (SELECT id, (id * 2654435761 % 1000003)::float / 1000003 AS r FROM enterprise) AS rolled;
"""


def register(subjects: int) -> tuple[str, ...]:
    """Units and so many subjects, without records. The index of names is built once they are all there."""
    index = "CREATE INDEX ix_enterprise_bigrams ON enterprise USING gin (bigrams)"
    return (_UNITS, "DROP INDEX ix_enterprise_bigrams", _counted(_SUBJECTS, subjects), index)


def grades(subjects: int) -> str:
    """A grade for everybody, as if a run had handed it down: A 60, B 26, C 10, D 4 %."""
    return _counted(_GRADES, subjects)


def _counted(statement: str, subjects: int) -> str:
    numbers = {"<n>": subjects, "<counties>": COUNTIES, "<offices>": OFFICES}
    for mark, number in numbers.items():
        statement = statement.replace(mark, str(number))
    return statement
