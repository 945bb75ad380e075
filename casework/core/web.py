"""The web's frame: audience of each view, one transaction a request, forms, errors as pages, security headers."""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask import (
    session as cookie,
)
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from markupsafe import Markup
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from casework.core import charts, clock, i18n
from casework.core.actor import Actor
from casework.core.db import SAFE_METHODS, session
from casework.core.errors import Invalid, NotAllowed, NotFound, Refusal
from casework.core.i18n import _
from casework.core.logs import log_context
from casework.core.templates import Environment

PUBLIC = "public"
"""Everybody, signed in or not."""
STAFF = "staff"
"""Every signed-in member of staff, whatever the role."""

SEEN_AGAIN = 60
"""Seconds after which a signed-in reader's cookie is written anew."""

View = TypeVar("View", bound=Callable[..., Any])
csrf = CSRFProtect()


class UndeclaredAudience(RuntimeError):
    """A view does not say who may use it: the application does not start."""


def audience(who: str) -> Callable[[View], View]:
    """Declares who may use a view: PUBLIC, STAFF or the name of a permission. Stands right above the function."""

    def declare(view: View) -> View:
        view.audience = who  # type: ignore[attr-defined]
        return view

    return declare


def actor() -> Actor:
    """Who sends this request; only for views that are not public."""
    known: Actor | None = g.get("actor")
    if known is None:
        raise NotAllowed(_("请先登录。"))
    return known


def audience_of(app: Flask, endpoint: str) -> str | None:
    """What a view declares."""
    return getattr(app.view_functions[endpoint], "audience", None)


def check_audiences(app: Flask, permissions: Collection[str]) -> None:
    """Stops the start when a view has no audience, or names a permission that nobody knows."""
    known = {PUBLIC, STAFF, *permissions}
    wrong = sorted(name for name in app.view_functions if audience_of(app, name) not in known)
    if wrong:
        raise UndeclaredAudience(f"views without a declared audience: {', '.join(wrong)}")


class Form:
    """A submitted (or empty) form: what was typed, what it means, what is wrong with it.

    `defaults` fills the fields of a form that was not sent yet. Lists come from repeated keys.
    """

    def __init__(
        self, schema: Schema, submitted: Mapping[str, Any] | None = None, *, defaults: Mapping[str, Any] | None = None
    ) -> None:
        self.schema = schema
        self.submitted = submitted is not None
        self._typed: dict[str, Any] = _typed(schema, submitted) if submitted is not None else dict(defaults or {})
        self._errors: dict[str, list[str]] = {}
        self.data: dict[str, Any] = {}
        if submitted is not None:
            try:
                self.data = schema.load(_without_blanks(self._typed))
            except ValidationError as error:
                self._errors = _flat(error.normalized_messages())  # type: ignore[no-untyped-call]

    @property
    def valid(self) -> bool:
        """Whether the form was sent and nothing is wrong so far."""
        return self.submitted and not self._errors

    def value(self, name: str) -> Any:
        """What stands in the field: typed text comes back as it was typed."""
        return self._typed.get(name, "")

    def errors(self, name: str) -> list[str]:
        """What is wrong with one field."""
        return self._errors.get(name, [])

    @property
    def all_errors(self) -> list[tuple[str, str]]:
        """(field, sentence) for the summary on top."""
        return [(field, sentence) for field, sentences in self._errors.items() for sentence in sentences]

    def add_error(self, field: str | None, sentence: str) -> None:
        """Adds a sentence beside a field, or for the whole form."""
        self._errors.setdefault(field or "", []).append(sentence)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Inside, a Refusal becomes an error of this form and what was written is taken back."""
        try:
            with session.begin_nested():
                yield
                session.flush()
        except Invalid as refusal:
            for field, sentences in refusal.errors.items():
                for sentence in sentences:
                    self.add_error(field, sentence)
        except (NotFound, NotAllowed):
            raise
        except Refusal as refusal:
            self.add_error(refusal.field, str(refusal))


def _typed(schema: Schema, submitted: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, field in schema.fields.items():
        if isinstance(field, fields.List) and hasattr(submitted, "getlist"):
            typed[name] = [value for value in submitted.getlist(name) if value != ""]
        elif name in submitted:
            value = submitted[name]
            typed[name] = value.strip() if isinstance(value, str) else value
    return typed


def _without_blanks(typed: Mapping[str, Any]) -> dict[str, Any]:
    """An empty field of a form was not filled in."""
    return {name: value for name, value in typed.items() if value != ""}


def _flat(messages: Mapping[str, Any]) -> dict[str, list[str]]:
    """Sentences by field, in the reader's language: schemas are built once, for all languages."""
    flat: dict[str, list[str]] = {}
    for field, found in messages.items():
        name = "" if field == "_schema" else field
        if isinstance(found, Mapping):
            flat[name] = sorted({sentence for inner in _flat(found).values() for sentence in inner})
        else:
            flat[name] = [i18n.translate(str(sentence)) for sentence in found]
    return flat


def may_use(endpoint: str) -> bool:
    """Whether the present reader may open a view."""
    who = audience_of(current_app, endpoint)
    known: Actor | None = g.get("actor")
    return who == PUBLIC or (known is not None and (who == STAFF or known.may(who or "")))


def panel(endpoint: str, **arguments: Any) -> Markup:
    """The fragment that another room serves for this page; empty when the reader may not see it or it has nothing."""
    if not may_use(endpoint):
        return Markup("")
    rendered = make_response(current_app.view_functions[endpoint](**arguments)).get_data(as_text=True)
    return Markup(rendered)  # noqa: S704 - a template of ours, escaped as it was rendered


def done(sentence: str, endpoint: str, **arguments: Any) -> AnyResponse:
    """The end of a successful form: says what was done and goes to the page that shows it."""
    flash(sentence, "done")
    return redirect(url_for(endpoint, **arguments), 303)


def download(data: bytes | Iterator[str], *, name: str, media_type: str, shown: bool = False) -> Response:
    """Bytes, or lines sent as they are made, as a file to keep; `shown`: as one to look at first."""
    body = data if isinstance(data, bytes) else stream_with_context(data)
    response = current_app.response_class(body, mimetype=media_type)
    response.headers["Content-Disposition"] = disposition(name, kind="inline" if shown else "attachment")
    return response


def disposition(name: str, *, kind: str = "attachment") -> str:
    """The Content-Disposition of a file of that name, which may be Chinese: headers carry only ASCII (RFC 6266)."""
    return f"{kind}; filename*=UTF-8''{quote(name)}"


def install(
    app: Flask,
    *,
    load_actor: Callable[[], Actor | None],
    context: Callable[[], dict[str, Any]],
    idle_minutes: int,
    secure_cookies: bool,
) -> None:
    """Hangs the frame into the application. `load_actor` reads the signed cookie, `context` gives templates a frame."""
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=idle_minutes),
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_environment = Environment
    csrf.init_app(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals.update(panel=panel, may_use=may_use, asset=asset, charts=charts, LOCAL_ZONE=clock.LOCAL_ZONE)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    app.before_request(_open(load_actor))
    app.after_request(_close)
    app.after_request(_headers)
    app.url_defaults(_version_of_asset)
    app.context_processor(lambda: _context(context))
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(Exception, _broken)
    app.add_url_rule("/language/<locale>", "language", _switch_language)
    if "static" in app.view_functions:
        audience(PUBLIC)(app.view_functions["static"])


def _open(load_actor: Callable[[], Actor | None]) -> Callable[[], None]:
    def open_request() -> None:
        g.request_id = request.headers.get("X-Request-Id", "")[:64] or uuid4().hex
        g.csp_nonce = secrets.token_urlsafe(16)
        i18n.set_locale(cookie.get("locale", "zh"))
        log_context.set({"request": g.request_id, "method": request.method, "path": request.path})
        endpoint = request.endpoint
        if endpoint is None or endpoint == "static":
            return
        g.actor = load_actor()
        if g.actor is not None:
            _stay_signed_in()
            log_context.set({**log_context.get(), "actor": g.actor.id})
        if may_use(endpoint):
            return
        if g.actor is None:
            raise SignInFirst
        raise NotAllowed(_("您的岗位没有办理此事项的权限。如确需办理，请联系本单位的系统管理员。"))

    return open_request


def _stay_signed_in() -> None:
    """Puts off the end of an idle session. Once a minute is enough: signing a cookie costs as much as reading a row."""
    now = int(clock.now().timestamp())
    if now - cookie.get("seen", 0) >= SEEN_AGAIN:
        cookie.permanent = True
        cookie["seen"] = now


class SignInFirst(Exception):
    """A visitor wants a page of the staff."""


def _close(response: Response) -> Response:
    """The web's one door to a commit: unsafe method and no error."""
    if request.method not in SAFE_METHODS:
        if response.status_code < 400:
            session.commit()
        else:
            session.rollback()
    return response


def _headers(response: Response) -> Response:
    nonce = g.get("csp_nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; "
        "worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Request-Id", g.get("request_id", ""))
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if g.get("actor") is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


def asset(filename: str) -> str:
    """The address of a static file; every page names half a dozen."""
    return _asset_url(filename, request.script_root)


@cache
def _asset_url(filename: str, _root: str) -> str:
    return url_for("static", filename=filename)


@cache
def _asset_hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else None


def _version_of_asset(endpoint: str, values: dict[str, Any]) -> None:
    """Static files are cached for long; their address changes with their bytes, as they were when the process began."""
    if endpoint == "static" and "v" not in values:
        values["v"] = _asset_hash(Path(current_app.static_folder or "", values["filename"]))


def _context(more: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    locale = i18n.current_locale()
    return {
        "actor": g.get("actor"),
        "csp_nonce": g.get("csp_nonce", ""),
        "locale": locale,
        "switch_locale_url": url_for("language", locale="en" if locale == "zh" else "zh", back=request.full_path),
        "product": "Casework",
        "today": clock.today(),
        "now": clock.now(),
        "breadcrumbs": [],
        **more(),
    }


@audience(PUBLIC)
def _switch_language(locale: str) -> AnyResponse:
    """Remembers the language in the visitor's own cookie."""
    cookie["locale"] = locale if locale in i18n.LOCALES else "zh"
    back = request.args.get("back", "/")
    return redirect(back if back.startswith("/") and not back.startswith("//") else "/", 303)


def error_page(status: int, title: str, what: str, todo: str = "") -> tuple[str, int]:
    """An error as a page that says what happened and what to do."""
    session.rollback()
    return (
        render_template(
            "error.html", status=status, title=title, what=what, todo=todo, request_id=g.get("request_id", "")
        ),
        status,
    )


def _refused(refusal: Refusal) -> tuple[str, int]:
    titles = {403: _("没有权限"), 404: _("没有找到"), 422: _("填写有误")}
    return error_page(refusal.status, titles.get(refusal.status, _("不能办理")), str(refusal))


def _stale_form(error: CSRFError) -> Any:
    """A form without the token of this session. Mostly the session ended while somebody was typing: they sign in again."""
    if not cookie.get("account") and audience_of(current_app, request.endpoint or "") not in (PUBLIC, None):
        return _sign_in_first()
    return error_page(
        400,
        _("表单已过期"),
        _("为防止冒用，表单须从本系统的页面提交。"),
        _("请返回上一页刷新后重新提交，已填内容一般仍在。"),
    )


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    known = {
        404: (_("没有找到"), _("您访问的页面不存在，或者已经移走。")),
        405: (_("不支持的操作"), _("这个地址不接受这种请求。")),
        413: (_("文件过大"), _("上传的文件超过了系统允许的大小。")),
    }
    title, what = known.get(error.code, (_("出错了"), error.description or ""))
    page, status = error_page(error.code, title, what)
    response = make_response(page, status)
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _database_away(error: OperationalError) -> tuple[str, int]:
    current_app.logger.exception("database error")
    return error_page(
        503, _("数据库暂时不可用"), _("您提交的内容没有保存。"), _("请稍候一分钟再试；如仍不能使用，请联系系统管理员。")
    )


def _sign_in_first() -> AnyResponse:
    """To the sign-in, and from there back to the page that was wanted, or on which a form was being filled in."""
    session.rollback()
    back = request.full_path
    if request.method not in SAFE_METHODS:
        flash(
            _("登录已过期，刚才提交的内容没有保存。重新登录后回到原来的页面，在本机填写的内容会自动恢复。"), "warning"
        )
        came_from = urlsplit(request.referrer or "")
        back = urlunsplit(("", "", came_from.path, came_from.query, "")) if came_from.netloc == request.host else ""
    return redirect(url_for("accounts.sign_in", back=back or None), 303)


def _broken(error: Exception) -> Any:
    if isinstance(error, SignInFirst):
        return _sign_in_first()
    current_app.logger.exception("unexpected error")
    return error_page(
        500, _("系统出错"), _("您提交的内容没有保存，错误已经记录。"), _("请把下面的编号告诉系统管理员。")
    )
