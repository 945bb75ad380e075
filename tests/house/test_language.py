"""English, the second language: the catalogue has every text of the interface; what stays Chinese on a page is data."""

import html
import re
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, union_all

from casework.accounts.models import Account, OrgUnit
from casework.core.db import session

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import messages

CHINESE = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff01-\uffee]+")
"""Words of Chinese, and marks as wide as a character."""

PAGES = {
    "visitor": ["/public", "/public/how-to-verify", "/public/rights", "/public/check", "/sign-in"],
    "intake": ["/desk", "/intake", "/intake/new"],
    "credit": ["/sampling/campaigns", "/cases", "/insight"],
    "sysadmin": ["/console/jobs"],
}


def test_the_catalogue_has_every_text_and_nothing_else():
    assert messages.problems() == []


def test_texts_are_found_where_they_stand():
    assert set(messages.texts_of_code("""f"{_('甲')}：{N_('乙')}"; _(name); say('丙')""")) == {"甲", "乙"}
    template = '{% trans count %}甲{% pluralize %}乙{% endtrans %}<a title="{{ _("丙", day=day) }}">'
    assert set(messages.texts_of_template(template)) == {("甲", "乙"), "丙"}
    data = [{"label": "甲", "also": {"label": "乙", "name": "丙"}}]
    assert set(messages.texts_of_data(data, {"label"})) == {"甲", "乙"}


def test_parameters_are_those_of_the_chinese():
    assert messages.parameters("%(days)s 天，{file} 的 5%%，“%s”") == {"days", "{file}", "%%", "%"}


@pytest.mark.parametrize("reader", PAGES)
def test_an_english_page_shows_no_chinese_but_names(client, as_role, reader):
    visitor = client if reader == "visitor" else as_role(reader)
    visitor.get("/language/en")
    names = union_all(select(OrgUnit.name), select(OrgUnit.short_name), select(Account.name))
    data = ["中文", *session.scalars(names)]
    answers = {page: visitor.get(page) for page in PAGES[reader]}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert [(page, words) for page, answer in answers.items() if (words := chinese(answer.text, data))] == []


def chinese(source: str, data: list[str]) -> list[str]:
    """What a page says in Chinese, in its attributes and data for scripts too."""
    for name in sorted(data, key=len, reverse=True):
        source = source.replace(name, "")
    return CHINESE.findall(html.unescape(source))
