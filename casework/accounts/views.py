"""Pages of the staff room: sign-in, own password, accounts, units, officers."""

from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask import session as cookie
from werkzeug.utils import redirect

from casework.accounts import operations as staff
from casework.accounts import queries
from casework.accounts.rules import LINES, ROLES, UNIT_KINDS
from casework.accounts.schemas import ChangePassword, NewAccount, NewPassword, OfficerEntry, Post, SignIn, Unit
from casework.core import clock
from casework.core.actor import Actor
from casework.core.i18n import _
from casework.core.web import PUBLIC, STAFF, Form, actor, audience, done

views = Blueprint("accounts", __name__)


def load_actor() -> Actor | None:
    """Who the signed cookie names, unless it was idle too long or its sessions were ended."""
    account_id, seen = cookie.get("account"), cookie.get("seen", 0)
    if account_id is None:
        return None
    idle = clock.now().timestamp() - seen
    known = None
    if idle <= current_app.config["CASEWORK"].idle_minutes * 60:
        known = queries.actor_of(account_id, epoch=cookie.get("epoch"), address=request.remote_addr)
    if known is None:
        locale = cookie.get("locale", "zh")
        cookie.clear()
        cookie["locale"] = locale
    return known


@views.get("/sign-in")
@audience(PUBLIC)
def sign_in() -> Any:
    return render_template("accounts/sign_in.html", form=Form(SignIn()), back=_back())


@views.post("/sign-in")
@audience(PUBLIC)
def sign_in_submit() -> Any:
    form = Form(SignIn(), request.form)
    if form.valid:
        with form.refusals():
            account = staff.sign_in(**form.data, address=request.remote_addr)
            locale = cookie.get("locale", "zh")
            cookie.clear()
            cookie.update(
                account=account.id, epoch=account.epoch, seen=int(clock.now().timestamp()), locale=locale
            )
            cookie.permanent = True
            return redirect(_back() or url_for("desk"), 303)
    return render_template("accounts/sign_in.html", form=form, back=_back()), 422


def _back() -> str | None:
    back = request.values.get("back", "")
    return back if back.startswith("/") and not back.startswith(("//", "/\\")) else None


@views.post("/sign-out")
@audience(PUBLIC)
def sign_out() -> Any:
    locale = cookie.get("locale", "zh")
    cookie.clear()
    cookie["locale"] = locale
    return done(_("您已退出登录。"), "accounts.sign_in")


@views.route("/account/password", methods=["GET", "POST"])
@audience(STAFF)
def password() -> Any:
    form = Form(ChangePassword(), request.form if request.method == "POST" else None)
    if form.valid:
        me = actor()
        with form.refusals():
            staff.change_password(me.id or 0, form.data["old"], form.data["password"], actor=me)
            cookie.clear()
            return done(_("密码已修改，请用新密码登录。"), "accounts.sign_in")
    return render_template("accounts/password.html", form=form), 422 if form.submitted else 200


@views.get("/accounts")
@audience("accounts.manage")
def accounts() -> Any:
    return render_template("accounts/accounts.html", rows=queries.accounts(), roles=ROLES, lines=LINES)


@views.route("/accounts/new", methods=["GET", "POST"])
@audience("accounts.manage")
def create_account() -> Any:
    form = Form(NewAccount(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            account = staff.create_account(**form.data, actor=actor())
            return done(_("账号 %(login)s 已开通。", login=account.login), ".account", account_id=account.id)
    status = 422 if form.submitted else 200
    return render_template("accounts/account_new.html", form=form, **_choices()), status


@views.route("/accounts/<int:account_id>", methods=["GET", "POST"])
@audience("accounts.manage")
def account(account_id: int) -> Any:
    known = staff.find_account(account_id)
    defaults = {"org_id": known.org_id, "roles": known.roles, "lines": known.lines, "active": known.active}
    form = Form(Post(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            staff.change_account(account_id, **form.data, actor=actor())
            return done(_("账号已更新，该账号的登录已全部退出。"), ".account", account_id=account_id)
    password_form = Form(NewPassword())
    status = 422 if form.submitted else 200
    page = render_template(
        "accounts/account.html", account=known, form=form, password_form=password_form, **_choices()
    )
    return page, status


@views.post("/accounts/<int:account_id>/unlock")
@audience("accounts.manage")
def unlock_account(account_id: int) -> Any:
    staff.unlock_account(account_id, actor=actor())
    return done(_("账号已解锁。"), ".account", account_id=account_id)


@views.post("/accounts/<int:account_id>/reset-password")
@audience("accounts.manage")
def reset_password(account_id: int) -> Any:
    known = staff.find_account(account_id)
    password_form = Form(NewPassword(), request.form)
    if password_form.valid:
        with password_form.refusals():
            staff.reset_password(account_id, password_form.data["password"], actor=actor())
            return done(_("密码已重置。"), ".account", account_id=account_id)
    defaults = {"org_id": known.org_id, "roles": known.roles, "lines": known.lines, "active": known.active}
    form = Form(Post(), defaults=defaults)
    page = render_template(
        "accounts/account.html", account=known, form=form, password_form=password_form, **_choices()
    )
    return page, 422


@views.route("/units", methods=["GET", "POST"])
@audience("accounts.manage")
def units() -> Any:
    form = Form(Unit(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            created = staff.create_unit(**form.data, actor=actor())
            return done(_("机构 %(name)s 已添加。", name=created.name), ".units")
    page = render_template("accounts/units.html", form=form, units=queries.units(), kinds=UNIT_KINDS)
    return page, 422 if form.submitted else 200


@views.get("/officers")
@audience("sampling.read")
def officers() -> Any:
    return render_template(
        "accounts/officers.html", rows=queries.officer_directory(actor()), lines=LINES, day=clock.today()
    )


@views.route("/officers/new", methods=["GET", "POST"])
@views.route("/officers/<int:officer_id>", methods=["GET", "POST"])
@audience("accounts.officers")
def officer(officer_id: int | None = None) -> Any:
    known = queries.officers([officer_id]).get(officer_id) if officer_id else None
    defaults = {name: getattr(known, name) for name in OfficerEntry().fields} if known else {"active": True}
    form = Form(OfficerEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            staff.keep_officer(**form.data, actor=actor())
            return done(_("执法检查人员名录已更新。"), ".officers")
    page = render_template("accounts/officer.html", form=form, officer=known, **_choices())
    return page, 422 if form.submitted else 200


def _choices() -> dict[str, Any]:
    return {"units": queries.units(), "roles": ROLES, "lines": LINES}
