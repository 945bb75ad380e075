"""Pages of the 抽查事项清单."""

from typing import Any

from flask import render_template, request

from casework.accounts.rules import LINES, QUALIFICATIONS, UNIT_KINDS
from casework.core import clock
from casework.core.i18n import _
from casework.core.uploads import template_of, upload_page
from casework.core.web import Form, actor, audience, done, may_use
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import InspectionItem
from casework.sampling.rules import IMPORTANCE, SITES
from casework.sampling.schemas import ITEMS, ItemEntry, ItemFilter, NewItem, Withdrawal, item_defaults
from casework.sampling.views.base import options, pool_options, pool_words, views


@views.get("/sampling/items")
@audience("sampling.read")
def items() -> Any:
    """抽查事项清单: what may be inspected today."""
    form = Form(ItemFilter(), request.args)
    found = [
        item
        for item in queries.items_in_force(clock.today(), form.data.get("line"))
        if form.data.get("importance") in (None, item.importance)
    ]
    return render_template(
        "sampling/items.html",
        form=form,
        items=found,
        drafts=queries.drafted_items() if may_use("sampling.create_item") else [],
        line_options=options(LINES),
        importance_options=options(IMPORTANCE),
        **_item_words(),
    )


@views.route("/sampling/items/import", methods=["GET", "POST"])
@audience("sampling.items")
def import_items() -> Any:
    """Many items at once from a table; they wait as drafts until they are published."""
    return upload_page(
        ITEMS,
        sampling.import_items,
        saved=lambda count: _("已导入 %(count)s 项，核对后逐项公布。", count=count),
        lead=_("导入的事项先作为待公布的版本，核对后再公布。"),
        back=(_("抽查事项清单"), ".items"),
        template=".items_template",
    )


@views.get("/sampling/items/template")
@audience("sampling.items")
def items_template() -> Any:
    """The table to fill in, with one example."""
    return template_of(ITEMS)


@views.get("/sampling/items/<code>")
@audience("sampling.read")
def item(code: str) -> Any:
    return _item_page(code, Form(Withdrawal()))


def _item_page(code: str, form: Form) -> Any:
    versions = queries.item_versions(code)
    shown = queries.item(code, clock.today()) or versions[0]
    page = render_template("sampling/item.html", item=shown, versions=versions, form=form, **_item_words())
    return page, 422 if form.submitted else 200


@views.route("/sampling/items/new", methods=["GET", "POST"])
@audience("sampling.items")
def create_item() -> Any:
    defaults = {"on_site": "yes", "importance": "general", "levels": ["city", "county"], "valid_from": clock.today()}
    form = Form(NewItem(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            made = sampling.keep_item(**form.data, actor=actor())
            return done(_("事项 %(code)s 已保存，公布后生效。", code=made.code), ".item", code=made.code)
    return _item_form(form, None)


@views.route("/sampling/items/<code>/new-version", methods=["GET", "POST"])
@audience("sampling.items")
def change_item(code: str) -> Any:
    """A new version of an item; a published one is never edited."""
    last = queries.item_versions(code)[0]
    defaults = item_defaults(last) | {"valid_from": last.valid_from if last.published_on is None else clock.today()}
    form = Form(ItemEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            sampling.keep_item(code=code, **form.data, actor=actor())
            return done(_("事项 %(code)s 的新版本已保存，公布后生效。", code=code), ".item", code=code)
    return _item_form(form, last)


def _item_form(form: Form, known: InspectionItem | None) -> Any:
    page = render_template(
        "sampling/item_form.html",
        form=form,
        item=known,
        line_options=options(LINES),
        level_options=options(UNIT_KINDS),
        importance_options=options(IMPORTANCE),
        qualification_options=options(QUALIFICATIONS),
        site_options=[("yes", _(SITES[True])), ("no", _(SITES[False]))],
        **pool_options(),
    )
    return page, 422 if form.submitted else 200


@views.post("/sampling/items/versions/<int:item_id>/publish")
@audience("sampling.items")
def publish_item(item_id: int) -> Any:
    published = sampling.publish_item(item_id, actor=actor())
    return done(_("事项 %(code)s 已公布。", code=published.code), ".item", code=published.code)


@views.post("/sampling/items/versions/<int:item_id>/discard")
@audience("sampling.items")
def discard_item(item_id: int) -> Any:
    sampling.discard_item(item_id, actor=actor())
    return done(_("未公布的版本已删除。"), ".items")


@views.post("/sampling/items/<code>/withdraw")
@audience("sampling.items")
def withdraw_item(code: str) -> Any:
    form = Form(Withdrawal(), request.form)
    if form.valid:
        with form.refusals():
            sampling.withdraw_item(code, **form.data, actor=actor())
            return done(_("事项 %(code)s 的停用已公布。", code=code), ".item", code=code)
    return _item_page(code, form)


@views.post("/sampling/items/load-defaults")
@audience("sampling.items")
def load_default_items() -> Any:
    count = sampling.ensure_default_items(actor=actor())
    return done(_("已载入 %(count)s 个事项，请逐项核对依据。", count=count), ".items")


def _item_words() -> dict[str, Any]:
    return {
        "lines": LINES,
        "importance": IMPORTANCE,
        "sites": SITES,
        "levels": UNIT_KINDS,
        "qualifications": QUALIFICATIONS,
        **pool_words(),
    }
