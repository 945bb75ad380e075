"""HTML to PDF: no network, no files, the same bytes for the same page; what is missing is a sentence, not a crash."""

import gc
import hashlib
import logging
from functools import cache
from threading import Lock
from typing import Any

from casework.core.errors import Refusal
from casework.core.i18n import _
from casework.settings import ROOT

STYLES = ROOT / "templates" / "notices" / "_layout"

FAMILIES = frozenset({"Casework FangSong", "Casework Kai", "Casework Hei", "Casework Title", "Casework Song"})
"""The faces of official paper; without any of them Pango would not raise an error but end the process."""

PDF_VARIANT = "pdf/a-2u"
"""For keeping: fonts inside, text searchable. "Made as", not "certified as": nobody here validates it."""

NOWHERE = "file:///"
"""What relative addresses rest on: an address that the fetcher refuses, so that a lost picture is an error too."""

PANGO_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

_press = Lock()  # Pango's font map serves one thread at a time


def render_pdf(page: str, *, paper: str) -> bytes:
    """The PDF of a whole HTML page on one of the papers (`official`, `form`): same page, same bytes.

    Only `data:` addresses are read. Refuses where the component or a font is missing, or the page asks for a resource.
    """
    weasyprint = _component()
    _check_fonts()
    try:
        with _press:
            return _print(page, paper)
    except weasyprint.urls.FatalURLFetchingError as error:
        raise Refusal(_("文书引用了外部资源，已拒绝生成：%(what)s", what=error)) from error
    finally:
        gc.collect()  # WeasyPrint's boxes point at each other; uncollected they grow to a gigabyte in 100 papers


def problem() -> str | None:
    """Why PDFs cannot be made on this machine, in a sentence that says what to do; None when they can."""
    try:
        _component()
        _check_fonts()
    except Refusal as refusal:
        return str(refusal)
    return None


@cache
def style(paper: str, *, browser: bool = False) -> str:
    """The style of a paper (`official`, `form`) as text; a browser needs some more than the press."""
    sheets = ("paper", paper, "browser") if browser else ("paper", paper)
    return "".join((STYLES / f"{sheet}.css").read_text(encoding="utf-8") for sheet in sheets)


@cache
def _component() -> Any:
    """WeasyPrint, imported where it is first used: the web pages do without."""
    try:
        import weasyprint
    except OSError as error:
        raise Refusal(
            _("PDF 组件未安装，可以先用打印页面。请系统管理员安装：%(packages)s。", packages=PANGO_PACKAGES)
        ) from error
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)
    gc.freeze()  # what is loaded by now stays: the collection after each paper need not look through it again
    return weasyprint


@cache
def _check_fonts() -> None:
    from weasyprint.text.ffi import ffi, fontconfig

    configuration = ffi.gc(fontconfig.FcInitLoadConfigAndFonts(), fontconfig.FcConfigDestroy)
    fonts = fontconfig.FcConfigGetFonts(configuration, fontconfig.FcSetSystem)
    found = set()
    for number in range(fonts.nfont if fonts != ffi.NULL else 0):
        name = ffi.new("FcChar8 **")
        if fontconfig.FcPatternGetString(fonts.fonts[number], b"family", 0, name) == fontconfig.FcResultMatch:
            found.add(ffi.string(name[0]).decode())
    missing = sorted(FAMILIES - found)
    if missing:
        raise Refusal(
            _(
                "缺少公文字体 %(names)s，不能生成 PDF。请系统管理员检查环境变量 FONTCONFIG_FILE。",
                names=_("、").join(missing),
            )
        )


@cache
def _fonts() -> Any:
    return _component().text.fonts.FontConfiguration()


@cache
def _stylesheet(paper: str) -> Any:
    return _component().CSS(string=style(paper), font_config=_fonts(), url_fetcher=_fetcher())


def _print(page: str, paper: str) -> bytes:
    pdf: bytes = (
        _component()
        .HTML(string=page, base_url=NOWHERE, url_fetcher=_fetcher())
        .write_pdf(
            stylesheets=[_stylesheet(paper)],
            font_config=_fonts(),
            pdf_identifier=hashlib.sha256(page.encode()).digest()[:16],
            pdf_variant=PDF_VARIANT,
        )
    )
    return pdf


def _fetcher() -> Any:
    return _component().urls.URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
