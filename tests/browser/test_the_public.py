"""Anybody finds plan, draw, result and paper: on a phone without JavaScript, and in a wide window with it."""

import io
from collections.abc import Callable
from typing import NamedTuple
from zipfile import ZipFile

import pytest

from casework.core.db import session, transaction
from casework.documents import queries as documents
from casework.registry import queries as registry
from casework.sampling.models import Campaign
from tests.browser.reader import PHONE, SCREEN, Reader
from tests.make import disclosure as make_disclosure
from tests.make import sampling as make_sampling
from tests.running import House

pytestmark = [pytest.mark.browser, pytest.mark.servers]

DRAW, PLAN, FINDING = "周口市食品经营随机抽查", "周口市年度抽查工作计划", "后厨没有防蝇设施"


class City(NamedTuple):
    enterprise: str
    code: str


@pytest.fixture(scope="package")
def city(house: House) -> City:
    """A published plan, a draw with its bundle, a published result with its paper."""
    with transaction():
        item = make_sampling.item()
        make_sampling.published_plan(item.code, title=PLAN)
        campaign, cases = make_disclosure.drawn(title=DRAW, item_codes=[item.code])
        publication = make_disclosure.publish(make_disclosure.check(cases[0], codes=("D",), finding=FINDING))
        known = registry.brief([cases[0].enterprise_id])[cases[0].enterprise_id]
        campaign_id, paper = campaign.id, publication.document_id
    house.until(lambda: documents.find(paper).pdf_sha256)
    house.until(lambda: session.get_one(Campaign, campaign_id).bundle_sha256)
    return City(known.name, known.number)


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (SCREEN, True)])
def test_anybody_finds_everything(city: City, visitor: Callable[..., Reader], width: int, scripts: bool) -> None:
    citizen = visitor(width=width, scripts=scripts)
    citizen.open("/")
    citizen.page.get_by_role("searchbox").first.fill(city.code)
    citizen.press("查询")
    citizen.page.locator("a[href^='/public/results/']").first.click()
    citizen.look()
    assert "抽查（随机抽取产生）" in citizen.text
    assert "违反其他市场监督管理规定" in citizen.text
    assert FINDING not in citizen.text
    assert citizen.download("下载公示文书（PDF）").startswith(b"%PDF-")
    citizen.follow("核验这份文书是否有效")
    assert "有效" in citizen.text

    citizen.follow("抽查活动")
    citizen.follow(DRAW)
    with ZipFile(io.BytesIO(citizen.download("下载数据包"))) as bundle:
        assert {"pool.tsv", "draw.tsv", "verify.py"} <= set(bundle.namelist())
    citizen.follow("年度计划")
    citizen.follow(PLAN)
    assert "食品经营单位抽查" in citizen.text
