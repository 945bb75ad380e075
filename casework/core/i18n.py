"""Chinese first, English as the second language: the texts of the interface are Chinese message ids."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).parent.parent / "locale"
LOCALES = ("zh", "en")

_locale: ContextVar[str] = ContextVar("locale", default="zh")


def current_locale() -> str:
    """`zh` or `en`."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """The language of this request."""
    _locale.set(locale if locale in LOCALES else "zh")


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Another language for a while; official papers are always Chinese."""
    token = _locale.set(locale)
    try:
        yield
    finally:
        _locale.reset(token)


@cache
def _catalogue(locale: str) -> NullTranslations:
    path = CATALOGUES / f"{locale}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale))
    compiled.seek(0)
    return Translations(compiled)


def translate(message: str) -> str:
    """The text in the current language, without filling in parameters."""
    locale = _locale.get()
    return message if locale == "zh" or not message else str(_catalogue(locale).gettext(message))


def _(message: str, **parameters: Any) -> str:
    """The text in the current language with `%(name)s` filled in."""
    text = translate(message)
    return text % parameters if parameters else text


def N_(message: str) -> str:
    """Marks a text of a module-level table for the catalogue; it is translated where it is shown."""
    return message


def plural(singular: str, plural_form: str, number: int) -> str:
    """Jinja's ngettext: Chinese has one form, English two."""
    locale = _locale.get()
    if locale == "zh":
        return singular
    return str(_catalogue(locale).ngettext(singular, plural_form, number))
