"""Pages of the 检查对象名录库: the directories, one directory with its objects and grades, its table."""

from typing import Any

from flask import render_template, request

from casework.accounts import queries as staff
from casework.accounts.rules import LINES
from casework.core.i18n import _
from casework.core.uploads import template_of, upload_page
from casework.core.web import Form, actor, audience, done, may_use
from casework.sampling import operations as sampling
from casework.sampling import queries
from casework.sampling.models import ObjectDirectory
from casework.sampling.rules import DIRECTORY_KINDS
from casework.sampling.schemas import DIRECTORY, DirectoryEntry, NewDirectory, directory_defaults
from casework.sampling.views.base import neighbours, options, pool_options, pool_words, unit_options, views


@views.get("/sampling/directories")
@audience("sampling.read")
def directories() -> Any:
    """检查对象名录库: the general directory and the special ones, with how many are in each."""
    return render_template(
        "sampling/directories.html",
        directories=queries.directories(actor()),
        drafts=queries.drafted_directories(actor()) if may_use("sampling.create_directory") else [],
        kinds=DIRECTORY_KINDS,
        lines=LINES,
        **pool_words(),
    )


@views.get("/sampling/directories/<directory_code>")
@audience("sampling.read")
def directory(directory_code: str) -> Any:
    """One directory: its versions, its objects, and how the last classification run grades them."""
    versions = queries.directory_versions(directory_code, actor())
    shown = next((one for one in versions if one.published_on is not None), versions[0])
    draft = versions[0] if versions[0].published_on is None else None
    listed = draft or shown
    entries, found = queries.directory_entries(listed, actor(), **neighbours()) if listed.listed else ([], None)
    return render_template(
        "sampling/directory.html",
        directory=shown,
        draft=draft,
        versions=versions,
        counted=queries.directory_counts(shown, actor()),
        entries=entries,
        found=found,
        kinds=DIRECTORY_KINDS,
        lines=LINES,
        units=staff.unit_names(),
        **pool_words(),
    )


@views.route("/sampling/directories/new", methods=["GET", "POST"])
@audience("sampling.items")
def create_directory() -> Any:
    defaults = {"kind": "special", "org_id": actor().org_id}
    form = Form(NewDirectory(), request.form if request.method == "POST" else None, defaults=defaults)
    if form.valid:
        with form.refusals():
            made = sampling.add_directory(**form.data, actor=actor())
            return done(
                _("名录库 %(code)s 已保存，公布后可以选用。", code=made.code), ".directory", directory_code=made.code
            )
    return _directory_form(form, None)


@views.route("/sampling/directories/<directory_code>/change", methods=["GET", "POST"])
@audience("sampling.items")
def change_directory(directory_code: str) -> Any:
    """The next version of a directory; a published one is never edited."""
    last = queries.directory_versions(directory_code, actor())[0]
    form = Form(DirectoryEntry(), request.form if request.method == "POST" else None, defaults=directory_defaults(last))
    if form.valid:
        with form.refusals():
            sampling.keep_directory(code=directory_code, **form.data, actor=actor())
            return done(
                _("名录库 %(code)s 的新版本已保存，公布后生效。", code=directory_code),
                ".directory",
                directory_code=directory_code,
            )
    return _directory_form(form, last)


def _directory_form(form: Form, known: ObjectDirectory | None) -> Any:
    page = render_template(
        "sampling/directory_form.html",
        form=form,
        directory=known,
        units=unit_options(),
        kind_options=options(DIRECTORY_KINDS),
        line_options=options(LINES),
        **pool_options(),
    )
    return page, 422 if form.submitted else 200


@views.route("/sampling/directories/<directory_code>/import", methods=["GET", "POST"])
@audience("sampling.items")
def import_directory(directory_code: str) -> Any:
    """The objects of a listed directory from a table, as a new version."""
    name = queries.directory_versions(directory_code, actor())[0].name
    return upload_page(
        DIRECTORY,
        lambda file, **how: sampling.import_directory(directory_code, file, **how),
        saved=lambda count: _("已导入 %(count)s 条，核对后公布新版本。", count=count),
        lead=_("导入到“%(name)s”的新版本，代替原有清单；同一主体有多张许可证的，各填一行，抽取时只计一户。", name=name),
        back=(name, ".directory"),
        template=".directory_template",
        directory_code=directory_code,
    )


@views.get("/sampling/directories/<directory_code>/template")
@audience("sampling.items")
def directory_template(directory_code: str) -> Any:
    """The table to fill in, with one example."""
    queries.directory_versions(directory_code, actor())
    return template_of(DIRECTORY)


@views.post("/sampling/directories/versions/<int:directory_id>/publish")
@audience("sampling.items")
def publish_directory(directory_id: int) -> Any:
    published = sampling.publish_directory(directory_id, actor=actor())
    sentence = _("名录库 %(code)s 已公布，去重后 %(count)s 户。", code=published.code, count=published.enterprises)
    return done(sentence, ".directory", directory_code=published.code)


@views.post("/sampling/directories/versions/<int:directory_id>/discard")
@audience("sampling.items")
def discard_directory(directory_id: int) -> Any:
    sampling.discard_directory(directory_id, actor=actor())
    return done(_("未公布的版本已删除。"), ".directories")


@views.post("/sampling/directories/<directory_code>/withdraw")
@audience("sampling.items")
def withdraw_directory(directory_code: str) -> Any:
    sampling.withdraw_directory(directory_code, actor=actor())
    return done(_("名录库 %(code)s 已停用，新的抽查不能再选用。", code=directory_code), ".directories")


@views.post("/sampling/directories/load-defaults")
@audience("sampling.items")
def load_default_directories() -> Any:
    count = sampling.ensure_default_directories(org_id=actor().org_id or 0, actor=actor())
    return done(_("已建立 %(count)s 个名录库。", count=count), ".directories")
