"""What may come in through the forms of the staff room."""

from casework.accounts.rules import LINES, ROLES, UNIT_KINDS
from casework.core.schemas import Schema, choice, choices, fields, text


class SignIn(Schema):
    login = text(longest=60)
    password = text(longest=200)


class ChangePassword(Schema):
    old = text(longest=200)
    password = text(longest=200)


class NewPassword(Schema):
    password = text(longest=200)


class Post(Schema):
    """What an administrator may change of an account."""

    org_id = fields.Integer(required=True)
    roles = choices(ROLES)
    lines = choices(LINES, required=False)
    active = fields.Boolean(load_default=False)


class NewAccount(Schema):
    login = text(longest=60)
    name = text(longest=60)
    password = text(longest=200)
    org_id = fields.Integer(required=True)
    roles = choices(ROLES)
    lines = choices(LINES, required=False)


class Unit(Schema):
    kind = choice(UNIT_KINDS)
    name = text(longest=100)
    short_name = text(longest=30)
    division_code = text(longest=12, shortest=4)
    parent_id = fields.Integer(load_default=None)
    telephone = text(required=False, load_default=None)
    address = text(required=False, load_default=None)


class OfficerEntry(Schema):
    roster_id = text(longest=40)
    name = text(longest=60)
    org_id = fields.Integer(required=True)
    account_id = fields.Integer(load_default=None)
    certificate_no = text(longest=40)
    certificate_valid_until = fields.Date(required=True)
    lines = choices(LINES)
    qualifications = fields.List(fields.String(), load_default=list)
    active = fields.Boolean(load_default=False)
    absent_until = fields.Date(load_default=None)
