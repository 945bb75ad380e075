"""What may come in through the forms of the staff room."""

from casework.accounts.rules import ACCOUNT_STATES, CERTIFICATE_STATES, LINES, QUALIFICATIONS, ROLES, UNIT_KINDS
from casework.core.schemas import Schema, choice, choices, fields, text


class SignIn(Schema):
    login = text(longest=60)
    password = text(longest=200)


class ChangePassword(Schema):
    old = text(longest=200)
    password = text(longest=200)


class NewPassword(Schema):
    password = text(longest=200)


class AccountFilter(Schema):
    q = text(longest=60, required=False)
    state = choice(ACCOUNT_STATES, required=False)
    role = choice(ROLES, required=False)


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


class UnitEntry(Schema):
    """What may change of a unit; its place in the tree stays."""

    name = text(longest=100)
    short_name = text(longest=30)
    telephone = text(longest=40, required=False, load_default=None)
    address = text(required=False, load_default=None)


class NewUnit(UnitEntry):
    kind = choice(UNIT_KINDS)
    division_code = text(longest=12, shortest=4)
    parent_id = fields.Integer(load_default=None)


class OfficerFilter(Schema):
    q = text(longest=60, required=False)
    line = choice(LINES, required=False)
    certificate = choice(CERTIFICATE_STATES, required=False)


class OfficerEntry(Schema):
    """What may change of an entry of the directory; its roster number stays."""

    name = text(longest=60)
    org_id = fields.Integer(required=True)
    account_id = fields.Integer(load_default=None)
    certificate_no = text(longest=40)
    certificate_valid_until = fields.Date(required=True)
    lines = choices(LINES)
    qualifications = choices(QUALIFICATIONS, required=False)
    active = fields.Boolean(load_default=False)
    absent_until = fields.Date(load_default=None)


class NewOfficer(OfficerEntry):
    roster_id = text(longest=40)
