"""The pages by which a directory comes in from a table: its template, and the file with a dry run before it."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for

from casework.core.i18n import _
from casework.core.listing import Listing, Upload
from casework.core.sheets import WORKBOOK
from casework.core.web import Form, actor, done, download


def template_of(listing: Listing) -> Any:
    """The table to fill in, with one example: CSV, or `?as=xlsx` a workbook."""
    if request.args.get("as") == "xlsx":
        return download(listing.template_xlsx(), name=f"{listing.name}模板.xlsx", media_type=WORKBOOK)
    return download(listing.template_csv(), name=f"{listing.name}模板.csv", media_type="text/csv")


def upload_page(
    listing: Listing,
    verb: Callable[..., int],
    *,
    saved: Callable[[int], str],
    lead: str,
    back: tuple[str, str],
    template: str,
    **where: Any,
) -> Any:
    """Takes a file in by `verb(file, dry_run=…, actor=…)`, or only checks it; then the page `back` shows what came.

    `back` is label and endpoint of the directory, `template` the endpoint of its template, `where` what both need.
    """
    form = Form(Upload(), request.form if request.method == "POST" else None)
    file = request.files.get("file")
    checked = 0
    if form.submitted and (file is None or not file.filename):
        form.add_error("file", _("请选择要导入的文件。"))
    elif form.valid and file is not None:
        with form.refusals():
            count = verb(file.stream, dry_run=form.data["check"], actor=actor())
            if not form.data["check"]:
                return done(saved(count), back[1], **where)
            checked = count
    page = render_template(
        "import_table.html",
        listing=listing,
        form=form,
        checked=checked,
        lead=lead,
        back=(back[0], url_for(back[1], **where)),
        template=url_for(template, **where),
        action=request.path,
    )
    return page, 422 if form.all_errors else 200
