"""What may come in: filters of the public lists and of the staff's, and the forms that correct and withdraw."""

from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, fields, text, validate

TABS = ("releasing", "published", "asked", "corrected", "withdrawn")
"""The lists of the staff's page: waiting for release, in force, withdrawal asked for, corrected, withdrawn."""


class ResultFilter(Schema):
    """Filters of the public list of results."""

    q = text(longest=60, required=False)
    area = fields.String(validate=validate.Regexp(r"\d{6}\Z", error=N_("请从列表中选择。")))
    item = text(longest=40, required=False)
    month = fields.String(validate=validate.Regexp(r"20\d\d-(0[1-9]|1[0-2])\Z", error=N_("请从列表中选择。")))
    task = fields.Integer()


class PublicationFilter(Schema):
    """Filters of the staff's list."""

    state = choice(TABS, required=False, load_default="published")
    q = text(longest=60, required=False)
    org_id = fields.Integer()


class Correction(Schema):
    """Why a result is to be corrected."""

    reason = text(longest=500, shortest=4)


class Wish(Schema):
    """Why a result is to be taken back."""

    ground = text(longest=500, shortest=4)


class Note(Schema):
    """Why a request is turned down."""

    note = text(longest=500, shortest=2)
