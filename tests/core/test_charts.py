"""Charts: true lengths, safe words, nothing that the content security policy forbids."""

import re

from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from casework.core import charts

numbers = st.floats(min_value=-2000, max_value=2000, allow_nan=False)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


def widths(drawing: str, tone: str) -> list[float]:
    return [
        float(rect.get("width", "").rstrip("%"))
        for rect in ElementTree.fromstring(drawing).iter("rect")
        if rect.get("class") == f"tone-{tone}"
    ]


def test_bars_are_as_long_as_their_values():
    drawing = charts.bars([charts.Bar("责令改正", 200, "200"), charts.Bar("移送", 50, "50")], title="责令改正最多")
    assert widths(drawing, "plain") == [100, 25]


def test_a_waterfall_ends_at_the_sum_of_its_steps():
    steps = [charts.Bar("经营异常", 260), charts.Bar("行政处罚", 310), charts.Bar("信用修复", -54)]
    drawing = charts.waterfall(steps, title="516 分", total="合计", unit="分", limit=1000, marks=[(500, "C 500")])
    assert widths(drawing, "plain") == [26, 31]
    assert widths(drawing, "relief") == [5.4]
    assert widths(drawing, "strong") == [51.6]


@given(st.lists(st.tuples(words, numbers), max_size=8))
def test_every_drawing_is_well_formed_and_stays_on_the_page(pairs):
    bars = [charts.Bar(label, value, label, url="/?a=1&b=2") for label, value in pairs]
    values = [value for _label, value in pairs]
    parts = [charts.Part(label, abs(value)) for label, value in pairs]
    drawings = [
        charts.bars(bars, title="<b>&"),
        charts.waterfall(bars, title='"', total="合计", unit="分", limit=1000),
        charts.stacked([charts.Stack("本次", parts)] if parts else [], title="构成"),
        charts.sparkline(values, title="走势"),
        charts.line([charts.Series("今年", values)], labels=[label for label, _value in pairs], title="走势"),
    ]
    for drawing in drawings:
        assert "style=" not in drawing
        for rect in ElementTree.fromstring(drawing).iter("rect"):
            assert 0 <= float(rect.get("x", "").rstrip("%")) <= 100.01
            assert 0 <= float(rect.get("width", "").rstrip("%")) <= 100.01


def test_a_gap_interrupts_a_line_and_a_lone_point_is_still_drawn():
    drawing = charts.line([charts.Series("今年", [1, None, 2, 3])], labels=["7月", "8月", "9月", "10月"], title="上升")
    (path,) = re.findall(r'class="line line-0" d="(M0\.00[^"]*)"', drawing)
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_the_ten_counties_lie_apart_and_an_unknown_value_is_not_shaded():
    assert len(set(charts.ZHOUKOU.values())) == len(charts.ZHOUKOU) == 10
    tiles = [charts.Tile("411602", "川汇", None, "—"), charts.Tile("411627", "太康", 6.4, "6.4%")]
    assert re.findall("tile step-([0-5])", charts.tile_map(tiles, title="逾期率")) == ["0", "5"]
