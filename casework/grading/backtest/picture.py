"""The picture of a back-test: hits per grade, and what checking the worst first finds; SVG or PNG."""

from collections.abc import Sequence
from html import escape
from io import BytesIO
from math import isnan
from pathlib import Path
from typing import Any, Protocol

from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.grading.backtest import Answer
from casework.settings import ROOT

FONT = ROOT / "fonts" / "CaseworkHei-Regular.ttf"
WIDTH, HEIGHT = 960, 440
INK, FAINT, LINE, ALARM = "#1f2a37", "#667585", "#c9d1d9", "#b3261e"
FILLS = {"A": "#e8edf2", "B": "#b7c1cc", "C": "#45566b", "D": ALARM}

Point = tuple[float, float]


class Canvas(Protocol):
    """What can be drawn on; lengths in px from the upper left corner."""

    def box(self, at: Point, size: Point, fill: str) -> None: ...
    def path(self, points: Sequence[Point], stroke: str, width: float) -> None: ...
    def words(self, at: Point, words: str, size: int, *, fill: str = INK, anchor: str = "start") -> None: ...
    def data(self) -> bytes: ...


def save(answer: Answer, path: Path) -> None:
    """Writes the picture in the format that the file's name says; whole or not at all."""
    canvas = CANVASES[path.suffix.lower()]()
    _draw(canvas, answer)
    try:
        path.write_bytes(canvas.data())
    except OSError as error:
        raise Refusal(_("图片 %(file)s 写不进去：%(error)s。", file=path, error=error.strerror)) from error


class Svg:
    """Scalable, small, with words that can be searched."""

    def __init__(self) -> None:
        self._parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']

    def box(self, at: Point, size: Point, fill: str) -> None:
        self._parts.append(
            f'<rect x="{at[0]:.1f}" y="{at[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" fill="{fill}"/>'
        )

    def path(self, points: Sequence[Point], stroke: str, width: float) -> None:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{places}" fill="none" stroke="{stroke}" stroke-width="{width}"/>')

    def words(self, at: Point, words: str, size: int, *, fill: str = INK, anchor: str = "start") -> None:
        self._parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def data(self) -> bytes:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        )
        style = "font-family=\"'Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif\""
        return f"{head} {style}>{''.join(self._parts)}</svg>\n".encode()


class Png:
    """For places that show no SVG; drawn twice as large."""

    SCALE = 2
    ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}

    def __init__(self) -> None:
        from PIL import Image, ImageDraw  # only a picture needs them

        self._image: Any = Image.new("RGB", (WIDTH * self.SCALE, HEIGHT * self.SCALE), "#fff")
        self._pen: Any = ImageDraw.Draw(self._image)

    def box(self, at: Point, size: Point, fill: str) -> None:
        corners = (at[0], at[1], at[0] + size[0], at[1] + size[1])
        self._pen.rectangle([value * self.SCALE for value in corners], fill=fill)

    def path(self, points: Sequence[Point], stroke: str, width: float) -> None:
        places = [(x * self.SCALE, y * self.SCALE) for x, y in points]
        self._pen.line(places, fill=stroke, width=round(width * self.SCALE), joint="curve")

    def words(self, at: Point, words: str, size: int, *, fill: str = INK, anchor: str = "start") -> None:
        from PIL import ImageFont

        font = ImageFont.truetype(str(FONT), size * self.SCALE)
        place = (at[0] * self.SCALE, at[1] * self.SCALE)
        self._pen.text(place, words, font=font, fill=fill, anchor=self.ANCHORS[anchor])

    def data(self) -> bytes:
        written = BytesIO()
        self._image.save(written, "PNG", optimize=True)
        return written.getvalue()


CANVASES: dict[str, type[Svg] | type[Png]] = {".svg": Svg, ".png": Png}


def _draw(canvas: Canvas, answer: Answer) -> None:
    found, question = answer.evaluation, answer.question
    finding = _(
        "按等级抽查每百户发现 %(rate)s 户，是均匀抽查的 %(lift)s 倍（95%% 区间 %(low)s—%(high)s）",
        rate=f"{100 * found.draw_rate.value:.1f}",
        lift=f"{found.lift.value:.2f}",
        low=f"{found.lift.low:.2f}",
        high=f"{found.lift.high:.2f}",
    )
    canvas.words((32, 40), finding, 20)
    basis = _(
        "%(day)s 前的检查评定等级，此后 %(window)s 日内首次检查为结果；n = %(n)s，总体不合格率 %(base)s，AUC %(auc)s",
        day=question.as_of,
        window=question.window,
        n=f"{found.n:,}",
        base=f"{found.base.value:.1%}",
        auc=f"{found.auc.value:.3f}",
    )
    canvas.words((32, 66), basis, 13, fill=FAINT)
    _hits(canvas, answer, left=32, top=112, width=400, height=270)
    _gains(canvas, answer, left=540, top=112, width=388, height=270)


def _hits(canvas: Canvas, answer: Answer, *, left: float, top: float, width: float, height: float) -> None:
    """Bars from zero with their intervals; the line is the rate of all."""
    found = answer.evaluation
    known = [one for one in found.grades if not isnan(one.rate.value)]
    highest = max(one.rate.high for one in known) * 1.12
    canvas.words((left, top - 12), _("各等级不合格率"), 14)
    for place, one in enumerate(found.grades):
        middle = left + (place + 0.5) * width / len(found.grades)
        canvas.words((middle, top + height + 20), _("%(grade)s 级", grade=one.grade), 14, anchor="middle")
        canvas.words((middle, top + height + 38), f"n = {one.n:,}", 12, fill=FAINT, anchor="middle")
        if one not in known:
            continue
        value, low, high = (
            top + height * (1 - each / highest) for each in (one.rate.value, one.rate.low, one.rate.high)
        )
        canvas.box((middle - 30, value), (60, top + height - value), FILLS[one.grade])
        canvas.path([(middle, low), (middle, high)], INK, 1.5)
        canvas.words((middle, high - 6), f"{one.rate.value:.1%}", 13, anchor="middle")
    base = top + height * (1 - found.base.value / highest)
    canvas.path([(left, base), (left + width, base)], FAINT, 1)
    canvas.words((left, base - 5), _("总体"), 12, fill=FAINT)
    canvas.path([(left, top + height), (left + width, top + height)], INK, 1)


def _gains(canvas: Canvas, answer: Answer, *, left: float, top: float, width: float, height: float) -> None:
    """The curve above the diagonal of a uniform draw."""
    canvas.words((left, top - 12), _("从分值最高的查起，能查到多少不合格"), 14)
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = left + share * width, top + (1 - share) * height
        canvas.path([(left, y), (left + width, y)], LINE, 1)
        canvas.words((left - 8, y + 4), f"{share:.0%}", 12, fill=FAINT, anchor="end")
        canvas.words((x, top + height + 20), f"{share:.0%}", 12, fill=FAINT, anchor="middle")
    canvas.words((left + width / 2, top + height + 40), _("检查的户数占比"), 12, fill=FAINT, anchor="middle")
    canvas.path([(left, top + height), (left + width, top)], FAINT, 1)
    canvas.path([(left + x * width, top + (1 - y) * height) for x, y in answer.evaluation.gains], ALARM, 2)
