"""A document as a page of HTML: frozen facts in, the same page out, for the PDF and for the browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import segno
from flask import current_app
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from casework.core import clock, parameters
from casework.documents import queries, rules
from casework.documents.catalogue import NOTICES, NoticeKind
from casework.documents.models import Document
from casework.documents.printing import style
from casework.settings import ROOT

STAMPS = {"draft": "草稿", "superseded": "已更正", "voided": "作废"}
SAMPLE = "样式"
"""What is printed across a page in the browser when it must not be taken for a paper in force."""


@dataclass(frozen=True)
class Paper:
    """What stands on a paper besides its facts. `number` has a gap for the serial while it is a draft."""

    label: str
    number: str | None
    issued_on: date | None
    edition: int
    replaces: str | None
    check_code: str | None
    stamp: str = ""

    @property
    def check_address(self) -> str:
        """Where everybody can check this paper."""
        return check_address(self.check_code) if self.check_code else ""

    @property
    def code(self) -> str:
        """The check code for the reader's eye."""
        return rules.code_in_groups(self.check_code or "")

    @property
    def qr(self) -> Markup:
        """The check address as a picture."""
        code = segno.make(self.check_address, error="m", micro=False)
        return Markup(code.svg_inline(border=0, omitsize=True))  # noqa: S704 (drawn by segno)


def check_address(code: str) -> str:
    """The public address of the check page of one paper."""
    return f"{current_app.config['CASEWORK'].public_url}/public/check/{code}"


def page_of(document: Document, *, nonce: str | None = None) -> str:
    """The page of a document: without a nonce for the PDF, with one for a browser, stamped where it is not in force."""
    kind = NOTICES[document.kind]
    before = None if document.replaces_id is None else queries.find(document.replaces_id)
    paper = Paper(
        label=kind.label,
        number=document.number if document.issued_at else _number_with_a_gap(document),
        issued_on=clock.local_day(document.issued_at) if document.issued_at else None,
        edition=document.edition,
        replaces=before.number if before else None,
        check_code=document.check_code,
        stamp=STAMPS.get(document.state, "") if nonce else "",
    )
    return compose(kind, document.facts, paper, nonce=nonce)


def sample_page(kind: NoticeKind, *, nonce: str | None = None) -> str:
    """The page of a kind's sample, issued by an organ that does not exist: how the form looks."""
    organ = {"name": "示例市市场监督管理局", "telephone": "0000-0000000", "address": "示例市示例路1号"}
    texts = {name: parameters.value(key) for name, key in kind.texts.items()}
    pattern = parameters.value("documents.number_pattern")[kind.paper]
    paper = Paper(
        label=kind.label,
        number=kind.series and rules.number_text(pattern, organ="示例市监", series=kind.series, year=2026, serial=12),
        issued_on=date(2026, 3, 5),
        edition=1,
        replaces=None,
        check_code="2" * rules.CODE_LENGTH,
        stamp=SAMPLE if nonce else "",
    )
    return compose(kind, {**kind.schema().dump(kind.sample), "organ": organ, "texts": texts}, paper, nonce=nonce)


def compose(kind: NoticeKind, facts: Mapping[str, Any], paper: Paper, *, nonce: str | None = None) -> str:
    """Fills the template of a kind. `facts` are frozen ones: JSON values with `organ` and `texts` among them.

    For a browser the page carries its style under the nonce; the press has the style already, read once for all.
    """
    template = _environment().get_template(kind.template)
    look = Markup(style(kind.paper, browser=True)) if nonce else ""  # noqa: S704 (our own file)
    typed = dict(kind.schema().load(facts))
    return template.render(**typed, organ=facts["organ"], texts=facts["texts"], paper=paper, look=look, nonce=nonce)


def file_name(document: Document) -> str:
    """How the PDF is called on somebody's disk: `行政检查通知书 周市监检通〔2026〕12号.pdf`."""
    return " ".join(filter(None, (NOTICES[document.kind].label, document.number))) + ".pdf"


def _number_with_a_gap(document: Document) -> str | None:
    """What a draft shows where its number will stand."""
    return document.series and queries.number_of(document, clock.today().year, "\u3000")


def day(value: date) -> str:
    """`2026年3月5日`: in full, no leading zeros (GB/T 9704-2012 7.3.5)."""
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime) -> str:
    """`2026年3月5日9时05分` in China: records give their times to the minute."""
    local = value.astimezone(clock.LOCAL_ZONE)
    return f"{day(local)}{local.hour}时{local.minute:02}分"


def sentence(value: str) -> str:
    """The text with one full stop at its end, whether or not who typed it set one."""
    return value.rstrip(" 　。；;.") + "。"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """Templates of papers see facts and nothing of the application; a fact that is missing is an error."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(ROOT / "templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(day=day, moment=moment, sentence=sentence)
    return environment
