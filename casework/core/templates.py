"""Jinja as the pages use it: `_()` in the reader's language, and output that escapes only what can need it."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from flask.templating import Environment as FlaskEnvironment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from casework.core import i18n


def written(value: Any) -> str:
    """What `{{ value }}` writes. Markup, whole numbers, and text of letters and digits alone go as they are.

    That is nine tenths of a list, and `markupsafe.escape` makes an object of each: a quarter of the page's time.
    """
    kind = type(value)
    if kind is Markup or (kind is str and value.isalnum()):
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


def option_list(choices: Iterable[Sequence[Any]], chosen: str) -> Markup:
    """The `<option>`s of a select, from pairs of a value and a label; further items of a choice are not shown.

    The same choices are written once: the 160 units of a city stand on many pages.
    """
    return _option_list(tuple((value, label, type(label)) for value, label, *_more in choices), chosen)


@lru_cache(maxsize=200)
def _option_list(choices: tuple[tuple[Any, Any, type], ...], chosen: str) -> Markup:
    """The types are there so that markup is not taken for the same text without any."""
    one = Markup('<option value="{}"{}>{}</option>')
    selected = {True: Markup(" selected"), False: ""}
    return Markup("").join(one.format(value, selected[str(value) == chosen], label) for value, label, _kind in choices)


class _Code(CodeGenerator):
    """Compiles `{{ value }}` to a call of `written`, where Jinja would call `escape`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Environment(FlaskEnvironment):
    """The environment of the pages; papers have one of their own."""

    code_generator_class = _Code
    written = staticmethod(written)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.add_extension("jinja2.ext.i18n")
        self.install_gettext_callables(i18n.translate, i18n.plural, newstyle=True)  # type: ignore[attr-defined]
        self.globals.update(_=_said, option_list=option_list)
        self.filters["translated"] = i18n.translate


def _said(message: str, **parameters: Any) -> Markup:
    """`_()` of templates: the text in the reader's language, parameters escaped; a literal % is written %%."""
    if parameters:
        return Markup(i18n.translate(message)) % parameters  # noqa: S704 - our own words; what is filled in is escaped
    return _plain(i18n.current_locale(), message)


@lru_cache(maxsize=10_000)
def _plain(locale: str, message: str) -> Markup:
    return Markup(i18n.translate(message)) % ()  # noqa: S704 - our own words
