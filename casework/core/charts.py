"""Small charts drawn on the server as SVG: pure functions from plain values to Markup, without style attributes (CSP).

Lengths along the page are percentages, so that a chart fits any width while its words keep their size; heights are px.
Colours are classes of `static/app.css`. Callers pass words already translated; the macro `chart` frames a drawing with
its finding and with the same numbers as a table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from math import floor, log10
from typing import Literal

from markupsafe import Markup

Tone = Literal["plain", "strong", "alarm", "relief", "grade-a", "grade-b", "grade-c", "grade-d"]
"""What a shape means: plain, strong (a total), alarm (overdue, grade D), relief (points taken off), or a grade."""

ROW, BAR, STACK, AXIS, PLOT = 46, 12, 22, 26, 180
"""Heights in px: a row, its bar, its stacked bar, a line of words above or below, the plot of a line chart."""

LABEL_LIMIT = 20
"""Characters of a row's label that fit beside its value on a phone; the rest is in the tooltip and the table."""

ZHOUKOU: Mapping[str, tuple[int, int]] = {
    "411621": (0, 0),
    "411627": (1, 0),
    "411628": (3, 0),
    "411622": (0, 1),
    "411602": (1, 1),
    "411603": (2, 1),
    "411625": (3, 1),
    "411623": (1, 2),
    "411681": (2, 2),
    "411624": (3, 2),
}
"""Zhoukou's ten counties (GB/T 2260 code) as (column, row): a scheme of which lies beside which, not a map."""


@dataclass(frozen=True)
class Bar:
    """One labelled quantity; `text` is how its value is written, `url` what explains it."""

    label: str
    value: float
    text: str = ""
    tone: Tone = "plain"
    url: str | None = None


@dataclass(frozen=True)
class Part:
    """One segment of a stacked bar."""

    label: str
    value: float
    tone: Tone = "plain"


@dataclass(frozen=True)
class Stack:
    """One stacked bar: the same kinds of parts in the same order as its neighbours."""

    label: str
    parts: Sequence[Part]
    text: str = ""


@dataclass(frozen=True)
class Series:
    """One line over the common positions of a chart; None is a gap."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Tile:
    """One county; a value of None means unknown."""

    code: str
    label: str
    value: float | None
    text: str
    url: str | None = None


def bars(rows: Sequence[Bar], *, title: str) -> Markup:
    """Horizontal bars from zero; the longest fills the width."""
    longest = max((row.value for row in rows), default=0)
    drawn = [
        _words(row, top) + _rect(0, _share(row.value, longest), top + 24, BAR, row.tone)
        for row, top in zip(rows, _tops(len(rows)), strict=True)
    ]
    return _svg(title, len(rows) * ROW, drawn, linked=any(row.url for row in rows))


def waterfall(
    steps: Sequence[Bar], *, title: str, total: str, unit: str, limit: float, marks: Sequence[tuple[float, str]] = ()
) -> Markup:
    """How steps add up to their sum on a scale from 0 to `limit`; negative steps take off.

    The last bar is the sum, named `total`. `marks` are (position, words) of thresholds on the same scale. What lies
    beyond the scale is drawn at its edge.
    """
    ends = list(accumulate(step.value for step in steps))
    height = AXIS + (len(steps) + 1) * ROW
    drawn = [_threshold(_share(position, limit), words, height) for position, words in marks]
    start = 0.0
    *tops, last = _tops(len(steps) + 1, AXIS)
    for step, end, top in zip(steps, ends, tops, strict=True):
        left, right = sorted((_share(start, limit), _share(end, limit)))
        tone: Tone = "relief" if step.value < 0 else step.tone
        drawn += [_words(step, top), _rect(left, right - left, top + 24, BAR, tone)]
        start = end
    drawn += [
        _words(Bar(total, start, f"{start:g} {unit}"), last),
        _rect(0, _share(start, limit), last + 24, BAR, "strong"),
    ]
    return _svg(title, height, drawn, linked=any(step.url for step in steps))


def stacked(rows: Sequence[Stack], *, title: str) -> Markup:
    """Horizontal bars of parts, each as long as the page, so that shares compare; a legend names the parts."""
    drawn = [_legend([(part.label, _swatch(part.tone)) for part in rows[0].parts])] if rows else []
    for row, top in zip(rows, _tops(len(rows), AXIS, ROW + 8), strict=True):
        drawn.append(_words(Bar(row.label, 0, row.text), top))
        whole, left = sum(part.value for part in row.parts), 0.0
        for part in row.parts:
            share = _share(part.value, whole)
            drawn.append(_rect(left, share, top + 24, STACK, part.tone, f"{part.label} {part.value:,g}"))
            if share >= 12:
                drawn.append(_text(f"{share:.0f}%", left + share / 2, top + 40, f"on-{part.tone}", "middle"))
            left += share
    return _svg(title, AXIS + len(rows) * (ROW + 8), drawn)


def sparkline(values: Sequence[float | None], *, title: str) -> Markup:
    """The shape of a development beside a figure, 120 by 32 px, with a dot on the latest value."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0), max(known, default=0)
    points = [
        None if value is None else (4 + 112 * position, 28 - 24 * (value - low) / (high - low or 1))
        for position, value in zip(_positions(len(values)), values, strict=True)
    ]
    drawn = [_path(points, "line-0")]
    if points and points[-1] is not None:
        drawn.append(Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(*points[-1]))
    return Markup('<svg class="chart spark" role="img" aria-label="{}" width="120" height="32">{}</svg>').format(
        title, Markup("").join(drawn)
    )


def line(series: Sequence[Series], *, labels: Sequence[str], title: str, unit: str = "") -> Markup:
    """Up to three lines from zero over the same positions; of the `labels` first, middle and last are written."""
    high = _round_up(max((value for each in series for value in each.values if value is not None), default=0))
    drawn = [_legend([(_latest(each, unit), _dash(number)) for number, each in enumerate(series)])]
    heights = [(share, AXIS * 2 + PLOT * (1 - share)) for share in (0, 0.5, 1)]
    drawn += [Markup('<line class="rule" x1="0" x2="100%" y1="{0:.0f}" y2="{0:.0f}"/>').format(y) for _, y in heights]
    lines = [
        _path(
            [
                None if value is None else (100 * position, 100 - _share(value, high))
                for position, value in zip(_positions(len(each.values)), each.values, strict=True)
            ],
            f"line-{number}",
        )
        for number, each in enumerate(series)
    ]
    drawn.append(
        Markup(
            '<svg class="plot" viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" y="{}" height="{}">'
            "{}</svg>"
        ).format(AXIS * 2, PLOT, Markup("").join(lines))
    )
    drawn += [_text(f"{high * share:,g}{unit}", 0, y - 5, "faint") for share, y in heights]
    for index in sorted({0, len(labels) // 2, len(labels) - 1} if labels else ()):
        place = "start" if index == 0 else "end" if index == len(labels) - 1 else "middle"
        drawn.append(_text(labels[index], 100 * _positions(len(labels))[index], AXIS * 3 + PLOT - 8, "faint", place))
    return _svg(title, AXIS * 3 + PLOT, drawn)


def tile_map(tiles: Sequence[Tile], *, title: str, places: Mapping[str, tuple[int, int]] = ZHOUKOU) -> Markup:
    """Counties as equal tiles beside their neighbours, shaded in five steps of their value and labelled with it."""
    highest = max((tile.value for tile in tiles if tile.value is not None), default=0)
    size, gap = 92, 4
    columns, rows = (1 + max(place[axis] for place in places.values()) for axis in (0, 1))
    drawn = []
    for tile in tiles:
        x, y = (size * step for step in places[tile.code])
        step = 0 if tile.value is None else min(5, 1 + int(_share(tile.value, highest) / 20))
        shape = Markup(
            '<g class="tile step-{}"><rect x="{}" y="{}" width="{}" height="{}"/>'
            '<text x="{}" y="{}">{}</text><text class="figure" x="{}" y="{}">{}</text></g>'
        ).format(step, x, y, size - gap, size - gap, x + 10, y + 28, tile.label, x + 10, y + 64, tile.text)
        drawn.append(_linked(shape, tile.url))
    return Markup('<svg class="chart tiles" role="{}" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        _role(any(tile.url for tile in tiles)), title, columns * size - gap, rows * size - gap, Markup("").join(drawn)
    )


def _svg(title: str, height: float, shapes: Iterable[Markup], *, linked: bool = False) -> Markup:
    return Markup('<svg class="chart" role="{}" aria-label="{}" width="100%" height="{}">{}</svg>').format(
        _role(linked), title, height, Markup("").join(shapes)
    )


def _role(linked: bool) -> str:
    """A drawing with links must not be read as one image."""
    return "group" if linked else "img"


def _tops(count: int, first: int = 0, row: int = ROW) -> list[int]:
    return [first + index * row for index in range(count)]


def _positions(count: int) -> list[float]:
    """Even positions from 0 to 1."""
    return [index / max(count - 1, 1) for index in range(count)]


def _share(value: float, whole: float) -> float:
    """Percent of the whole, kept between 0 and 100."""
    return min(max(100 * value / whole, 0), 100) if whole else 0


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten: the end of an axis."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _words(row: Bar, top: float) -> Markup:
    """Label at the left, value at the right, above the bar."""
    short = row.label if len(row.label) <= LABEL_LIMIT else row.label[: LABEL_LIMIT - 1] + "…"
    label = Markup('<text class="label" x="0" y="{}"><title>{}</title>{}</text>').format(top + 16, row.label, short)
    return _linked(label, row.url) + _text(row.text, 100, top + 16, "value", "end")


def _text(words: str, x: float, y: float, kind: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.2f}%" y="{:.0f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, words
    )


def _rect(x: float, width: float, y: float, height: float, tone: Tone, tip: str = "") -> Markup:
    return Markup('<rect class="tone-{}" x="{:.2f}%" y="{:.0f}" width="{:.2f}%" height="{}">{}</rect>').format(
        tone, x, y, width, height, Markup("<title>{}</title>").format(tip) if tip else ""
    )


def _linked(shape: Markup, url: str | None) -> Markup:
    return Markup('<a href="{}">{}</a>').format(url, shape) if url else shape


def _threshold(x: float, words: str, height: float) -> Markup:
    rule = Markup('<line class="rule" x1="{0:.2f}%" x2="{0:.2f}%" y1="{1}" y2="{2}"/>').format(x, AXIS - 6, height)
    return rule + _text(words, x, 14, "faint", "middle" if x < 95 else "end")


def _latest(series: Series, unit: str) -> str:
    """The name of a line with its latest value."""
    known = [value for value in series.values if value is not None]
    return f"{series.label} {known[-1]:,g}{unit}" if known else series.label


def _legend(entries: Sequence[tuple[str, Markup]]) -> Markup:
    """Samples with their names, evenly over the width."""
    width = 100 / max(len(entries), 1)
    return Markup("").join(
        Markup(
            '<svg x="{:.2f}%" width="{:.2f}%" height="{}">{}<text class="faint" x="24" y="15">{}</text></svg>'
        ).format(width * index, width, AXIS, sample, label)
        for index, (label, sample) in enumerate(entries)
    )


def _swatch(tone: Tone) -> Markup:
    return Markup('<rect class="tone-{}" x="1" y="4" width="16" height="12"/>').format(tone)


def _dash(number: int) -> Markup:
    return Markup('<path class="line line-{}" d="M0 10 L18 10"/>').format(number)


def _path(points: Sequence[tuple[float, float] | None], kind: str) -> Markup:
    """Straight lines through the points, interrupted at gaps; a point alone is a dot."""
    runs = (list(run) for known, run in groupby(points, key=lambda point: point is not None) if known)
    d = " ".join("M" + " L".join(f"{point[0]:.2f} {point[1]:.2f}" for point in run if point) + "h0" for run in runs)
    return Markup('<path class="line {}" d="{}"/>').format(kind, d)
