"""What may come in through the forms of the warning room."""

from casework.core.deadlines import DUE
from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, choices, fields, text, validate
from casework.warning.rules import ALERT, LEVELS, MEASURES, SCOPES
from casework.warning.signals import SIGNALS

STATES = {state.name: state.label for state in ALERT.states} | {"ended": N_("已办结")}


class AlertFilter(Schema):
    q = text(longest=60, required=False)
    state = choice(STATES, required=False)
    level = choice(LEVELS, required=False)
    signal = choice(SIGNALS, required=False)
    scope = choice(SCOPES, required=False)
    due = choice(DUE, required=False)
    org_id = fields.Integer()


class OverviewFilter(Schema):
    month = fields.Date()
    area_id = fields.Integer()


class Reason(Schema):
    reason = text(longest=500, shortest=2)


class Note(Schema):
    note = text(longest=500, required=False, load_default=None)


class Dispatch(Note):
    org_id = fields.Integer(required=True)


class Finding(Schema):
    finding = text(longest=2000, shortest=2)


class Disposal(Schema):
    measures = choices(MEASURES)
    note = text(longest=1000, shortest=2)


class Merge(Schema):
    into_id = fields.Integer(required=True)


class Items(Schema):
    item_codes = fields.List(fields.String(), required=True, validate=validate.Length(min=1))


class Check(Items):
    enterprise_ids = fields.List(fields.Integer(), required=True, validate=validate.Length(min=1))
    officer_ids = fields.List(fields.Integer(), required=True, validate=validate.Length(min=1))
    reason = text(longest=1000, shortest=4)
    override_reason = text(longest=500, required=False, load_default=None)
