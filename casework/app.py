"""The application: settings, foundation, rooms, and the pages that gather several rooms."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from itertools import chain
from typing import Any

from flask import Flask, current_app, g, render_template, request, url_for
from markupsafe import Markup
from werkzeug.utils import redirect

from casework.accounts.rules import PERMISSIONS
from casework.accounts.views import load_actor
from casework.cases import queries as cases
from casework.core import web
from casework.core.db import db, engine_config
from casework.core.desk import Task, agenda
from casework.core.i18n import N_, _, current_locale
from casework.core.web import PUBLIC, STAFF, audience
from casework.documents.catalogue import NOTICES, SUBJECTS, Subject
from casework.settings import ROOT, Settings

ROOMS = (
    "accounts",
    "console",
    "documents",
    "registry",
    "grading",
    "cases",
    "sampling",
    "intake",
    "warning",
    "keydomains",
    "disclosure",
    "insight",
)
"""Every room with pages, in the order of the staircase."""

# Rooms that have kinds of paper, and what these are about; the documents room knows none of them.
NOTICES.include(f"casework.{room}.notices" for room in ("cases", "sampling", "intake", "disclosure"))
SUBJECTS["case"] = Subject(N_("检查案件"), lambda id_: url_for("cases.case", case_id=id_), cases.has_seat)
SUBJECTS["intake_item"] = Subject(N_("投诉举报"), lambda id_: url_for("intake.item", item_id=id_))

NAVIGATION = (
    (N_("工作台"), "home", (("desk", N_("工作台")),)),
    (
        N_("主体档案"),
        "building",
        (
            ("registry.enterprises", N_("主体查询")),
            ("registry.imports", N_("数据归集")),
            ("registry.waiting", N_("待匹配")),
        ),
    ),
    (
        N_("信用分类"),
        "scale",
        (
            ("grading.overview", N_("分类概况")),
            ("grading.runs", N_("分类运行")),
            ("grading.models", N_("分类模型")),
            ("grading.adjustments", N_("人工调整")),
            ("grading.official", N_("省级等级")),
            ("grading.sharing", N_("部门共享")),
        ),
    ),
    (
        N_("重点领域"),
        "shield-check",
        (("keydomains.overview", N_("专业分级与监管级别")), ("keydomains.plans", N_("全覆盖检查计划"))),
    ),
    (
        N_("双随机抽查"),
        "dice",
        (
            ("sampling.campaigns", N_("抽查活动")),
            ("sampling.plans", N_("年度计划")),
            ("sampling.items", N_("抽查事项清单")),
            ("sampling.directories", N_("检查对象名录库")),
            ("sampling.recusals", N_("回避登记")),
            ("accounts.officers", N_("执法检查人员名录")),
            ("accounts.experts", N_("专家和专业机构名录")),
        ),
    ),
    (
        N_("检查案件"),
        "clipboard",
        (("cases.docket", N_("检查案件")), ("cases.mine", N_("我的案件")), ("cases.approvals", N_("待我审批"))),
    ),
    (N_("投诉举报"), "inbox", (("intake.desk", N_("受理台")),)),
    (
        N_("风险预警"),
        "bell",
        (
            ("warning.alerts", N_("预警处置")),
            ("warning.overview", N_("行业与区县风险")),
            ("warning.signals", N_("预警信号目录")),
        ),
    ),
    (N_("信息公示"), "megaphone", (("disclosure.publications", N_("公示事项")),)),
    (N_("统计分析"), "chart", (("insight.overview", N_("统计分析")),)),
    (
        N_("系统"),
        "settings",
        (
            ("console.jobs", N_("运行")),
            ("console.parameters", N_("参数")),
            ("console.calendar", N_("工作日历")),
            ("console.audit", N_("审计日志")),
            ("accounts.accounts", N_("用户")),
            ("accounts.units", N_("机构")),
        ),
    ),
)
"""The menu: section, icon, and its pages; a reader sees what the audience of each page allows."""

DESK_WIDE = ("insight.desk_panel", "grading.desk_panel", "console.desk_panel", "console.audit_desk_panel")
"""Panels that take the whole width; the others are figures, side by side."""

DESK = (
    "cases.desk_panel",
    "intake.desk_panel",
    "warning.desk_panel",
    "disclosure.desk_panel",
    "insight.desk_panel",
    "registry.desk_panel",
    "grading.desk_panel",
    "console.desk_panel",
    "console.audit_desk_panel",
    "accounts.desk_panel",
)
"""What makes up the 工作台, each served by its own room."""

ENTERPRISE_PANELS = (
    "grading.enterprise_panel",
    "keydomains.enterprise_panel",
    "cases.enterprise_panel",
    "disclosure.enterprise_panel",
    "intake.enterprise_panel",
    "warning.enterprise_panel",
)
"""What other rooms add to the page of an enterprise (一户一档)."""


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application, ready to serve; it does not start when a view has no declared audience."""
    settings = settings or Settings.from_environment()
    app = Flask("casework", root_path=str(ROOT / "casework"), template_folder=str(ROOT / "templates"))
    app.config.update(
        CASEWORK=settings,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.upload_limit,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        **engine_config(settings.database_url, pool_size=settings.pool_size),
    )
    db.init_app(app)
    web.install(
        app,
        load_actor=load_actor,
        context=_frame,
        idle_minutes=settings.idle_minutes,
        secure_cookies=settings.secure_cookies,
    )
    for room in ROOMS:
        app.register_blueprint(import_module(f"casework.{room}.views").views)
    app.add_url_rule("/", "front", _front)
    app.add_url_rule("/desk", "desk", _desk)
    app.jinja_env.globals.update(
        desk_panels=[name for name in DESK if name in app.view_functions],
        desk_wide=DESK_WIDE,
        enterprise_panels=[name for name in ENTERPRISE_PANELS if name in app.view_functions],
    )
    web.check_audiences(app, PERMISSIONS)
    return app


@audience(PUBLIC)
def _front() -> Any:
    return redirect(url_for("disclosure.portal" if "disclosure.portal" in _views() else "accounts.sign_in"), 303)


@audience(STAFF)
def _desk() -> Any:
    """The first page after sign-in: what is due and what waits."""
    tasks = chain.from_iterable(tell() for tell in _rooms_with("desk_tasks"))
    waits = list(chain.from_iterable(tell() for tell in _rooms_with("desk_waits")))
    return render_template("desk.html", agenda=agenda(tasks), waits=waits)


@cache
def _rooms_with(name: str) -> tuple[Callable[[], Iterable[Task]], ...]:
    """What the rooms' pages offer under a name."""
    pages = [import_module(f"casework.{room}.views") for room in ROOMS]
    return tuple(getattr(page, name) for page in pages if hasattr(page, name))


def _frame() -> dict[str, Any]:
    """What every page shows around its content."""
    actor = g.get("actor")
    return {
        "menu": _menu(request.endpoint or "", actor.permissions, current_locale()) if actor else "",
        "demo": current_app.config["CASEWORK"].demo,
    }


@lru_cache(maxsize=2000)
def _menu(here: str, permissions: frozenset[str], locale: str) -> Markup:
    """The menu as it stands on a page; it depends on nothing else, and every page shows it."""
    sections = list(_navigation(here))
    menu = current_app.jinja_env.get_template("_menu.html")
    return Markup(menu.render(sections=sections) if sections else "")  # noqa: S704 - a template of ours


def _navigation(here: str) -> Iterator[dict[str, Any]]:
    """The sections of the menu with the pages that the reader may open."""
    room = here.partition(".")[0]
    for label, icon, pages in NAVIGATION:
        items = [
            {"label": _(title), "url": url_for(endpoint), "active": endpoint == here}
            for endpoint, title in pages
            if endpoint in _views() and web.may_use(endpoint)
        ]
        if items:
            rooms = {endpoint.partition(".")[0] for endpoint, _title in pages}
            active = any(item["active"] for item in items) or (room in rooms and room != "accounts")
            yield {"label": _(label), "icon": icon, "url": items[0]["url"], "active": active, "items": items}


def _views() -> dict[str, Any]:
    return current_app.view_functions
