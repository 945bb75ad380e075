"""Search by two characters of a name against a scan of the register."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import text

from benchmarks import city
from benchmarks.frame import Figure, Size, Stopwatch, at_least, fill, house, told
from casework.core.actor import SYSTEM
from casework.core.db import session
from casework.registry import queries
from casework.registry.queries import Search

REPEATED = 20
WORDS = """
    SELECT pair, count(*) FROM (SELECT unnest(bigrams) AS pair FROM enterprise TABLESAMPLE SYSTEM (20)) AS every
    GROUP BY pair HAVING count(*) >= 3 ORDER BY count(*), pair
"""
SCAN = "SELECT id, name FROM enterprise WHERE name_key LIKE :pattern ORDER BY id LIMIT 51"


def run(size: Size) -> Iterator[Figure]:
    """A word that few names have, and one that a sixth of them has."""
    with house():
        fill(*city.register(size.subjects), city.grades(size.subjects))
        words = [row.pair for row in session.execute(text(WORDS))]
        session.rollback()
        work = Stopwatch()
        for word, kind in ((words[0], "rare"), (words[-1], "common")):
            found, scanned = work.in_turns(partial(_search, word), partial(_scan, word))
            each, ratio = found.cpu / REPEATED * 1000, scanned.cpu * REPEATED / found.cpu
            name, yardstick = f"search: a {kind} word among {size.subjects:,} names", "scan of the register"
            if kind == "rare":
                yield at_least(size, 100, name, each, "CPU ms", yardstick, ratio)
            else:
                yield told(name, each, "CPU ms", yardstick, ratio)


def _search(word: str) -> None:
    for _again in range(REPEATED):
        assert queries.search(Search(words=word), SYSTEM).rows
        session.rollback()


def _scan(word: str) -> None:
    """What finding all of them costs without the index: the whole register is read when the word is rare."""
    for setting in ("enable_bitmapscan", "enable_indexscan"):
        session.execute(text(f"SET LOCAL {setting} = off"))
    session.execute(text(SCAN), {"pattern": f"%{word}%"}).all()
    session.rollback()
