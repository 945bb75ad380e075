"""Pages of the staff room: sign-in, own password, accounts, posts, units, officers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask import session as cookie
from werkzeug.utils import redirect

from casework.accounts import operations as staff
from casework.accounts import queries
from casework.accounts.models import Account
from casework.accounts.rules import (
    ACCOUNT_STATES,
    CERTIFICATE_KINDS,
    CERTIFICATE_STATES,
    DEMO_PASSWORD,
    EXPERT_KINDS,
    LINES,
    PERMISSIONS,
    QUALIFICATIONS,
    ROLES,
    UNIT_KINDS,
    account_state,
    certificate_state,
    is_away,
)
from casework.accounts.schemas import (
    EXPERTS,
    OFFICERS,
    AccountFilter,
    ChangePassword,
    ExpertEntry,
    ExpertFilter,
    NewAccount,
    NewExpert,
    NewOfficer,
    NewPassword,
    NewUnit,
    OfficerEntry,
    OfficerFilter,
    Post,
    SignIn,
    UnitEntry,
    officer_defaults,
)
from casework.core import clock
from casework.core.actor import Actor
from casework.core.i18n import _
from casework.core.uploads import template_of, upload_page
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
        _forget()
    return known


def _forget() -> None:
    """Ends the session of this browser; the language stays."""
    locale = cookie.get("locale", "zh")
    cookie.clear()
    cookie["locale"] = locale


@views.get("/sign-in")
@audience(PUBLIC)
def sign_in() -> Any:
    if g.actor is not None:
        return redirect(_back() or url_for("desk"), 303)
    return _sign_in_page(Form(SignIn()))


@views.post("/sign-in")
@audience(PUBLIC)
def sign_in_submit() -> Any:
    form = Form(SignIn(), request.form)
    if form.valid:
        with form.refusals():
            account = staff.sign_in(**form.data, address=request.remote_addr)
            _forget()
            cookie.update(account=account.id, epoch=account.epoch, seen=int(clock.now().timestamp()))
            cookie.permanent = True
            return redirect(_back() or url_for("desk"), 303)
    return _sign_in_page(form), 422


def _sign_in_page(form: Form) -> str:
    introduced = queries.first_of_each_role() if current_app.config["CASEWORK"].demo else []
    return render_template(
        "accounts/sign_in.html",
        form=form,
        back=_back(),
        introduced=[(login, ROLES[role].label, unit) for login, role, unit in introduced],
        password=DEMO_PASSWORD,
    )


def _back() -> str | None:
    """Where the visitor wanted to go, if that is a page of ours."""
    back = request.values.get("back", "")
    here = back.startswith("/") and back.isprintable() and "\\" not in back and not urlsplit(back).netloc
    return back if here else None


@views.get("/stay")
@audience(STAFF)
def stay() -> Any:
    """Asked by a page in which somebody types for long: typing is not idling."""
    return "", HTTPStatus.NO_CONTENT


@views.post("/sign-out")
@audience(PUBLIC)
def sign_out() -> Any:
    _forget()
    return done(_("您已退出登录。"), "accounts.sign_in")


@views.route("/account/password", methods=["GET", "POST"])
@audience(STAFF)
def password() -> Any:
    form = Form(ChangePassword(), request.form if request.method == "POST" else None)
    if form.valid:
        me = actor()
        with form.refusals():
            staff.change_password(me.id or 0, form.data["old"], form.data["password"], actor=me)
            _forget()
            return done(_("密码已修改，请用新密码登录。"), "accounts.sign_in")
    return render_template("accounts/password.html", form=form), 422 if form.submitted else 200


@views.get("/accounts/desk-panel")
@audience("accounts.manage")
def desk_panel() -> Any:
    """For the desk of those who manage accounts: how many there are, and which are locked."""
    return render_template("accounts/desk_panel.html", counts=queries.account_counts(actor()))


@views.get("/accounts")
@audience("accounts.manage")
def accounts() -> Any:
    form = Form(AccountFilter(), request.args)
    found = queries.accounts(actor(), **form.data, after=request.args.get("after"), before=request.args.get("before"))
    return render_template(
        "accounts/accounts.html",
        form=form,
        found=found,
        roles={role.key: role.label for role in ROLES.values()},
        lines=LINES,
        states=ACCOUNT_STATES,
        state_of=_state_of,
        options=_options,
    )


@views.get("/accounts/roles")
@audience("accounts.manage")
def roles() -> Any:
    """Which post may do what: the table that 等保 asks for."""
    return render_template("accounts/roles.html", roles=ROLES, permissions=PERMISSIONS)


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
    known = staff.find_account(account_id, actor=actor())
    form = Form(Post(), request.form if request.method == "POST" else None, defaults=_post_of(known))
    if form.valid:
        with form.refusals():
            staff.change_account(account_id, **form.data, actor=actor())
            return done(_("账号已更新，该账号的登录已全部退出。"), ".account", account_id=account_id)
    return _account_page(known, form, Form(NewPassword()))


@views.post("/accounts/<int:account_id>/unlock")
@audience("accounts.manage")
def unlock_account(account_id: int) -> Any:
    staff.unlock_account(account_id, actor=actor())
    return done(_("账号已解锁。"), ".account", account_id=account_id)


@views.post("/accounts/<int:account_id>/reset-password")
@audience("accounts.manage")
def reset_password(account_id: int) -> Any:
    known = staff.find_account(account_id, actor=actor())
    form = Form(NewPassword(), request.form)
    if form.valid:
        with form.refusals():
            staff.reset_password(account_id, form.data["password"], actor=actor())
            return done(_("密码已重置，该账号的登录已全部退出。"), ".account", account_id=account_id)
    return _account_page(known, Form(Post(), defaults=_post_of(known)), form)


def _account_page(known: Account, form: Form, password_form: Form) -> Any:
    page = render_template(
        "accounts/account.html",
        account=known,
        state=_state_of(known),
        states=ACCOUNT_STATES,
        unit=queries.unit(known.org_id),
        form=form,
        password_form=password_form,
        **_choices(),
    )
    return page, 422 if form.submitted or password_form.submitted else 200


def _post_of(known: Account) -> dict[str, Any]:
    return {"org_id": known.org_id, "roles": known.roles, "lines": known.lines, "active": known.active}


def _state_of(known: Account) -> str:
    return account_state(active=known.active, locked_until=known.locked_until, now=clock.now())


@views.get("/units")
@audience("accounts.manage")
def units() -> Any:
    return render_template("accounts/units.html", units=queries.units(actor()), kinds=UNIT_KINDS)


@views.route("/units/new", methods=["GET", "POST"])
@audience("accounts.manage")
def create_unit() -> Any:
    form = Form(NewUnit(), request.form if request.method == "POST" else None)
    if form.valid:
        with form.refusals():
            created = staff.create_unit(**form.data, actor=actor())
            return done(_("机构 %(name)s 已添加。", name=created.name), ".units")
    page = render_template(
        "accounts/unit.html", form=form, unit=None, units=_choices()["units"], kinds=_options(UNIT_KINDS)
    )
    return page, 422 if form.submitted else 200


@views.route("/units/<int:unit_id>", methods=["GET", "POST"])
@audience("accounts.manage")
def unit(unit_id: int) -> Any:
    known = staff.find_unit(unit_id, actor=actor())
    defaults = {name: getattr(known, name) for name in UnitEntry().fields}
    form = Form(UnitEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            staff.change_unit(unit_id, **form.data, actor=actor())
            return done(_("机构信息已更新。"), ".units")
    page = render_template("accounts/unit.html", form=form, unit=known, units=(), kinds=())
    return page, 422 if form.submitted else 200


@views.get("/officers")
@audience("sampling.read")
def officers() -> Any:
    """执法检查人员名录: who may be drawn, and whose certificate has run out."""
    form = Form(OfficerFilter(), request.args)
    found = queries.officer_directory(
        actor(), **form.data, after=request.args.get("after"), before=request.args.get("before")
    )
    return render_template(
        "accounts/officers.html",
        form=form,
        found=found,
        lines=LINES,
        qualifications=QUALIFICATIONS,
        states=CERTIFICATE_STATES,
        options=_options,
        is_away=is_away,
        state_of=lambda officer: certificate_state(officer.certificate_valid_until, clock.today()),
    )


@views.route("/officers/new", methods=["GET", "POST"])
@audience("accounts.officers")
def create_officer() -> Any:
    form = Form(NewOfficer(), request.form if request.method == "POST" else None, defaults={"active": True})
    if form.valid:
        with form.refusals():
            added = staff.add_officer(**form.data, actor=actor())
            return done(_("%(name)s 已列入执法检查人员名录。", name=added.name), ".officers")
    return _officer_page(form, None)


@views.route("/officers/<int:officer_id>", methods=["GET", "POST"])
@audience("accounts.officers")
def officer(officer_id: int) -> Any:
    known = queries.officer(officer_id, actor())
    submitted = request.form if request.method == "POST" else None
    form = Form(OfficerEntry(), submitted, defaults=officer_defaults(known))
    if form.valid:
        with form.refusals():
            staff.keep_officer(roster_id=known.roster_id, **form.data, actor=actor())
            return done(_("%(name)s 的名录信息已更新。", name=known.name), ".officers")
    return _officer_page(form, known)


def _officer_page(form: Form, known: Any) -> Any:
    page = render_template(
        "accounts/officer.html",
        form=form,
        officer=known,
        certificate_kinds=_options(CERTIFICATE_KINDS),
        account_options=[(key, f"{name}（{login}）") for key, name, login in queries.accounts_to_link(actor())],
        qualifications=_options(QUALIFICATIONS),
        **_choices(),
    )
    return page, 422 if form.submitted else 200


@views.route("/officers/import", methods=["GET", "POST"])
@audience("accounts.officers")
def import_officers() -> Any:
    """The whole directory, or a part of it, from a table."""
    return upload_page(
        OFFICERS,
        staff.import_officers,
        saved=lambda count: _("已导入 %(count)s 名人员。", count=count),
        lead=_("以名录编号认人：已在名录中的按表更新，登录账号和请假情况不变；没有的列入。"),
        back=(_("执法检查人员名录"), ".officers"),
        template=".officers_template",
    )


@views.get("/officers/template")
@audience("accounts.officers")
def officers_template() -> Any:
    """The table to fill in, with one example."""
    return template_of(OFFICERS)


# ---- Experts ---------------------------------------------------------------------------------------------------------


@views.get("/experts")
@audience("sampling.read")
def experts() -> Any:
    """专家库: who may assist a check, and never carries it out."""
    form = Form(ExpertFilter(), request.args)
    found = queries.expert_directory(
        actor(), **form.data, after=request.args.get("after"), before=request.args.get("before")
    )
    return render_template(
        "accounts/experts.html", form=form, found=found, lines=LINES, kinds=EXPERT_KINDS, options=_options
    )


@views.route("/experts/new", methods=["GET", "POST"])
@audience("accounts.officers")
def create_expert() -> Any:
    form = Form(NewExpert(), request.form if request.method == "POST" else None, defaults={"active": True})
    if form.valid:
        with form.refusals():
            kept = staff.keep_expert(**form.data, actor=actor())
            return done(_("%(name)s 已列入专家和专业机构名录。", name=kept.name), ".experts")
    return _expert_page(form, None)


@views.route("/experts/<int:expert_id>", methods=["GET", "POST"])
@audience("accounts.officers")
def expert(expert_id: int) -> Any:
    known = queries.expert(expert_id, actor())
    defaults = {name: getattr(known, name) for name in ExpertEntry().fields}
    form = Form(ExpertEntry(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            staff.keep_expert(number=known.number, **form.data, actor=actor())
            return done(_("%(name)s 的名录信息已更新。", name=known.name), ".experts")
    return _expert_page(form, known)


def _expert_page(form: Form, known: Any) -> Any:
    page = render_template("accounts/expert.html", form=form, expert=known, kinds=_options(EXPERT_KINDS), **_choices())
    return page, 422 if form.submitted else 200


@views.route("/experts/import", methods=["GET", "POST"])
@audience("accounts.officers")
def import_experts() -> Any:
    """The whole directory, or a part of it, from a table."""
    return upload_page(
        EXPERTS,
        staff.import_experts,
        saved=lambda count: _("已导入 %(count)s 名专家或机构。", count=count),
        lead=_("以编号认人：已在名录中的按表更新，没有的列入。"),
        back=(_("专家和专业机构名录"), ".experts"),
        template=".experts_template",
    )


@views.get("/experts/template")
@audience("accounts.officers")
def experts_template() -> Any:
    """The table to fill in, with one example."""
    return template_of(EXPERTS)


def _choices() -> dict[str, Any]:
    """Units, posts and lines as options of a form; units are indented by their level."""
    units = queries.units(actor())
    top = min((unit.path.count("/") for unit in units), default=0)
    return {
        "units": [(unit.id, "　" * (unit.path.count("/") - top) + unit.name) for unit in units],
        "roles": _options({role.key: role.label for role in ROLES.values()}),
        "lines": _options(LINES),
    }


def _options(table: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in table.items()]
