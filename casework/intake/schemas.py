"""What may come in through the forms of the intake room."""

from typing import Any

from marshmallow import post_load

from casework.core.deadlines import DUE
from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, choices, fields, text, validate
from casework.intake.rules import (
    CATEGORIES,
    CHANNELS,
    DEMANDS,
    ID_KINDS,
    KINDS,
    MEDIATION_WAYS,
    NOTICE_WAYS,
    TRADES,
    WAITING_FOR,
    Person,
)

QUEUES = {
    "to_distribute": N_("待分送"),
    "to_take": N_("待受理、签收"),
    "working": N_("调解、核查中"),
    "to_tell": N_("待告知"),
    "to_archive": N_("待归档"),
    "ended": N_("已办结"),
}


def optional(*, longest: int = 200, **more: Any) -> fields.String:
    """A line of text that may be left out."""
    return text(longest=longest, required=False, load_default=None, **more)


class DeskFilter(Schema):
    q = text(longest=60, required=False)
    waiting_for = choice([*WAITING_FOR, "ended"], required=False)
    kind = choice(KINDS, required=False)
    channel = choice(CHANNELS, required=False)
    category = choice(CATEGORIES, required=False)
    due = choice(DUE, required=False)
    org_id = fields.Integer()


PERSON = tuple(Person.__dataclass_fields__)
_PHONE = validate.Regexp(r"^\+?[\d\-— ]{7,20}$", error=N_("请填写电话号码，例如 13800001234 或 0394-8200000。"))


class PersonFields(Schema):
    """Who complains or reports; everything may be left out."""

    name = optional(longest=60)
    phone = fields.String(load_default=None, validate=_PHONE)
    id_kind = choice(ID_KINDS, required=False, load_default=None)
    id_number = optional(longest=30)
    address = optional()


class Registration(PersonFields):
    """A message as it is taken down; the kind is chosen on the page."""

    enterprise_id = fields.Integer(load_default=None)
    subject_name = text(required=False, load_default="")
    subject_address = optional()
    subject_contact = optional(longest=100)
    channel = choice(CHANNELS)
    external_no = optional(longest=40)
    sender = optional(longest=100)
    sender_no = optional(longest=60)
    received_on = fields.Date(required=True)
    category = choice(CATEGORIES)
    goods = optional(longest=100)
    trade = choice(TRADES, required=False, load_default=None)
    platform = optional(longest=100)
    happened_on = fields.Date(load_default=None)
    amount = fields.Decimal(
        places=2, load_default=None, validate=validate.Range(min=0, max=10**9, error=N_("请填写金额，单位为元。"))
    )
    facts = text(longest=4000, shortest=4)
    evidence = optional(longest=1000)
    demands = choices(DEMANDS, required=False)
    publishable = fields.Boolean(load_default=False)
    delegable = fields.Boolean(load_default=False)
    also_report = fields.Boolean(load_default=False)
    send_to = text(longest=20, required=False, load_default="auto")

    @post_load
    def gather(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return data | {"informant": Person(**{name: data.pop(name) for name in PERSON})}


class Comparison(Schema):
    """What is known while somebody still types."""

    enterprise_id = fields.Integer(load_default=None)
    subject_name = text(required=False, load_default="")
    facts = text(longest=4000, required=False, load_default="")
    kind = choice(KINDS, required=False, load_default="")


class Sheet(Schema):
    sheet = text(longest=8000)


class InformantSearch(Schema):
    who = text(longest=60, shortest=2)


class Nothing(Schema):
    """A verb without questions."""


class Reason(Schema):
    reason = text(longest=1000, shortest=2)


class RevealReason(Schema):
    reason = text(longest=200, shortest=4)


class Note(Schema):
    note = optional(longest=500)


class Unit(Schema):
    org_id = fields.Integer(required=True)


class UnitWithNote(Unit):
    note = optional(longest=500)


class Subject(Schema):
    enterprise_id = fields.Integer(required=True)


class IdentityRequest(Schema):
    until = fields.Date(required=True)
    reason = text(longest=500, shortest=2)


class Identity(PersonFields):
    @post_load
    def gather(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {"person": Person(**data)}


class OnGround(Schema):
    ground = text(longest=4)
    reason = text(longest=1000, shortest=2)


class Agreement(Schema):
    way = choice(MEDIATION_WAYS)
    agreement = text(longest=2000, shortest=2)


class Revisit(Schema):
    fulfilled = fields.Boolean(required=True)
    note = text(longest=1000, shortest=2)


class Clue(Schema):
    category = choice(CATEGORIES)
    facts = text(longest=4000, shortest=4)


class HandOver(Schema):
    receiver = text(longest=100, shortest=2)
    reason = text(longest=1000, shortest=2)


class Telling(Schema):
    way = choice(NOTICE_WAYS)
    note = optional(longest=500)


class Merge(Schema):
    into_id = fields.Integer(required=True)


class Check(Schema):
    item_codes = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    officer_ids = fields.List(fields.Integer(), required=True, validate=validate.Length(min=1))
    reason = text(longest=1000, shortest=4)
    override_reason = optional(longest=500)
