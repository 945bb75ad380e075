"""The heading row of a file of records: which row it is, and what a few rows below it look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.core.tables import MOST_COLUMNS, opened
from casework.registry.sources._source import Source

HEAD_ROWS = 10
"""How many rows at the top may be titles before the heading row."""
SAMPLE_ROWS = 3


@dataclass(frozen=True)
class Heading:
    """The heading row of a file: its number (from 1), its cells, and a few rows below it to look at.

    `width` is how many cells a row of text may have: more mean that a separator stands in a cell without quotes.
    """

    row_no: int
    cells: tuple[str, ...]
    below: tuple[tuple[str, ...], ...]
    width: int | None


def heading(file: IO[bytes], source: Source) -> Heading:
    """The heading row: of the first ten the one that the source recognises best, else the first with several cells."""
    with opened(file) as table:
        top = list(islice(table.rows(), HEAD_ROWS + SAMPLE_ROWS))
        is_text = table.lines is not None
    if not top:
        raise Refusal(_("文件中没有任何数据。"), field="file")
    known = [len(source.recognise(cells)) for _number, cells in top[:HEAD_ROWS]]
    several = (place for place, (_number, cells) in enumerate(top) if sum(map(bool, cells)) > 1)
    place = known.index(max(known)) if max(known) else next(several, 0)
    number, row = top[place]
    cells = _without_tail(row)
    if len(cells) > MOST_COLUMNS:
        raise Refusal(
            _("表头有 %(columns)s 列，超过 %(most)s 列的上限。", columns=len(cells), most=MOST_COLUMNS), field="file"
        )
    below = tuple(_without_tail(each) for _number, each in top[place + 1 : place + 1 + SAMPLE_ROWS])
    return Heading(number, cells, below, len(row) if is_text else None)


def _without_tail(cells: Sequence[str]) -> tuple[str, ...]:
    """The cells up to the last one that is not blank: workbooks carry formatted empty ones behind."""
    filled = max((at for at, cell in enumerate(cells) if cell.strip()), default=-1)
    return tuple(cells[: filled + 1])
