"""An inspector does a whole case on a phone 360 pixels wide: from the sign-in to handing it in."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import segno
from sqlalchemy import select

from casework.accounts import queries as staff
from casework.accounts.models import Account
from casework.cases import operations as cases
from casework.cases.models import Case
from casework.cases.rules import DUTIES
from casework.core.db import session, transaction
from tests import make
from tests.browser.reader import PHONE, PLACE, Reader
from tests.make import cases as make_cases
from tests.running import House

pytestmark = [pytest.mark.browser, pytest.mark.servers]

NAME = "周口市清泉粮油有限公司"
FINDING = "货架上有 3 袋超过保质期的面粉"


@pytest.fixture
def login(house: House) -> str:
    """An inspector of the officers' directory."""
    with transaction():
        account = make.account("inspector", unit="川汇区局")
        make.officer(account_id=account.id)
        return account.login


@pytest.fixture
def case(login: str) -> Case:
    """A drawn case of two items whose member is the inspector."""
    with transaction():
        me = staff.actor_of(session.scalars(select(Account.id).where(Account.login == login)).one())
        return make_cases.case("draw", by=(make_cases.inspector(role="leader"), me), of=make.enterprise(name=NAME))


def approved(case: Case) -> str:
    """The head of the bureau approves; returns the code of the paper that the other officer carries."""
    with transaction():
        cases.approve(case.id, actor=make_cases.person("deputy"))
    return session.get_one(Case, case.id).code or ""


def photo() -> dict[str, Any]:
    """A picture as a phone takes it."""
    picture = io.BytesIO()
    segno.make("过期面粉").save(picture, kind="png", scale=12)
    return {"name": "IMG_0001.png", "mimeType": "image/png", "buffer": picture.getvalue()}


def test_a_case_is_done_with_one_thumb(house: House, case: Case, login: str, visitor: Callable[..., Reader]) -> None:
    me = visitor(width=PHONE)
    me.open("/sign-in")
    me.fill(登录名=login, 密码=make.PASSWORD)
    me.press("登录")
    me.follow(NAME)
    me.press("提交审批")
    assert "等待：审批人批准" in me.text
    code = approved(case)

    # At the door: the paper is handed over, its code opens the check, the place is the phone's.
    me.open("/cases/mine")
    me.follow(NAME)
    me.fill(送达方式和签收人="当面送达，店长签收")
    me.press("登记检查通知书已送达")
    me.follow("扫码或输码签到")
    me.fill(检查码=f"{code[:4]}-{code[4:]}".lower())
    me.press("下一步")
    for duty in DUTIES.values():
        me.page.get_by_label(duty).check()
    me.page.get_by_role("button", name="加上当前位置").click()
    place = me.page.get_by_label("签到地点")
    house.until(lambda: f"{PLACE['latitude']},{PLACE['longitude']}" in place.input_value())
    me.press("签到，开始检查")

    # Nothing is wrong with the first item: that answer stands alone.
    me.follow("检查第 1 项，共 2 项")
    fine, corrected = (me.page.get_by_label(words) for words in ("未发现问题", "发现问题已责令改正"))
    corrected.check()
    fine.check()
    assert not corrected.is_checked()
    me.press("保存")

    # The second is a violation. What was typed survives a page that was closed too early; the photo is seen at once.
    me.page.get_by_text("发现其他问题，待后续处理").click()
    me.page.get_by_label("违反食品药品管理相关规定").check()
    me.fill(发现问题情况=FINDING, 处置情况="当场下架，移交立案")
    house.until(lambda: FINDING in me.page.evaluate("JSON.stringify(localStorage)"))
    me.page.reload()
    assert "已恢复上次未提交的内容" in me.text
    assert me.page.get_by_label("发现问题情况").input_value() == FINDING
    me.page.get_by_label("拍照取证").set_input_files(photo())
    me.page.locator(".previews canvas").wait_for()
    me.press("保存")
    assert "已录入 2 / 2" in me.text

    # The party signs, the record is handed in.
    me.press("签退")
    me.follow("核对并提交审核")
    assert FINDING in me.text
    me.fill(现场人员姓名="钱在场", 现场人员职务="店长")
    me.page.get_by_label("已签字或盖章").check()
    me.press("提交组长审核")
    assert "等待：组长审核" in me.text
    me.open(f"/cases/{case.id}")
    kept = me.page.get_by_role("img", name="证据照片 1")
    kept.scroll_into_view_if_needed()
    house.until(lambda: kept.evaluate("picture => picture.naturalWidth"))


def test_a_visit_goes_on_without_a_network(
    house: House, case: Case, login: str, visitor: Callable[..., Reader]
) -> None:
    with transaction():
        make_cases.walk(session.merge(case), to="inspecting", crew=make_cases.crew(case))
    me = visitor(width=PHONE)
    me.open("/sign-in")
    me.fill(登录名=login, 密码=make.PASSWORD)
    me.press("登录")
    me.open("/cases/mine")
    assert "正在检查" in me.text
    me.follow("继续检查")
    kept = f"caches.open('visit-pages').then(pages => pages.match('/cases/{case.id}/items/2')).then(Boolean)"
    house.until(lambda: me.page.evaluate(kept))

    me.window.set_offline(True)
    me.follow("检查第 1 项，共 2 项")
    assert "现在没有网络" in me.text
    me.page.get_by_label("违反食品药品管理相关规定").evaluate("box => { box.checked = true }")
    me.fill(发现问题情况=FINDING, 处置情况="当场下架，移交立案")
    me.page.get_by_label("拍照取证").set_input_files(photo())
    me.press("保存")
    me.page.get_by_text("1 份录入存在本机").wait_for()
    me.follow("检查第 2 项，共 2 项")
    me.page.get_by_label("未发现问题").check()
    me.press("保存")
    me.page.get_by_text("2 份录入存在本机").wait_for()
    with transaction():
        assert not session.get_one(Case, case.id).results

    me.window.set_offline(False)
    me.page.get_by_role("button", name="签退").wait_for()
    assert "已录入 2 / 2" in me.text
    with transaction():
        known = session.get_one(Case, case.id, populate_existing=True)
        assert {result.finding for result in known.results} == {FINDING, "无"}
        assert len(known.evidence) == 1
