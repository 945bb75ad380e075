"""CSV for spreadsheets: opens in Chinese, carries no formula, keeps every value."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from casework.core.sheets import FORMULA_STARTS, cell, csv_lines

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc"))) | st.sampled_from(["=1+1", "\tx", "@a", "a\nb", '"'])


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_no_cell_is_a_formula_and_none_is_lost(rows):
    text = "".join(csv_lines(["甲", "乙"], rows))
    assert text.startswith("\ufeff甲,乙")
    defused = [[f"'{value}" if value.startswith(FORMULA_STARTS) else value for value in row] for row in rows]
    assert list(csv.reader(io.StringIO(text[1:], newline="")))[1:] == defused


def test_numbers_stay_numbers():
    assert [cell(-3), cell(2.5), cell(None)] == ["-3", "2.5", ""]
