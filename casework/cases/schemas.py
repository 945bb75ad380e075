"""What may come in through the forms of the cases room."""

from typing import Any

from marshmallow import post_load

from casework.cases.kinds import KINDS
from casework.cases.rules import (
    DUTIES,
    MEASURES,
    METHODS,
    ORIGIN_KINDS,
    RECTIFICATION_OUTCOMES,
    SIGNATURES,
    STANDARD,
    TOLD,
    SignOff,
)
from casework.core.deadlines import DUE
from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, choices, fields, text

STATES = {"open": N_("办理中"), "ended": N_("已结束")} | {state.name: state.label for state in STANDARD.states}


class DocketFilter(Schema):
    q = text(longest=60, required=False)
    state = choice(STATES, required=False)
    due = choice(DUE, required=False)
    kind = choice(KINDS, required=False)
    org_id = fields.Integer()
    officer = text(longest=60, required=False)
    origin_kind = choice(ORIGIN_KINDS, required=False)
    origin_id = fields.Integer()


class Nothing(Schema):
    """A verb without questions."""


class Several(Schema):
    case_ids = fields.List(fields.Integer(), required=True)


class Reason(Schema):
    reason = text(longest=500, shortest=2)


class Approval(Schema):
    surprise = fields.Boolean(load_default=False)
    override_reason = text(longest=500, required=False, load_default=None)
    note = text(longest=500, required=False, load_default=None)


class LateApproval(Schema):
    override_reason = text(longest=500, required=False, load_default=None)
    note = text(longest=500, required=False, load_default=None)


class Note(Schema):
    note = text(longest=500, required=False, load_default=None)


class Notification(Schema):
    note = text(longest=200)


class Arrival(Schema):
    place = text(longest=300)
    duties = choices(DUTIES, required=False)


class UrgentArrival(Arrival):
    reason = text(longest=500, shortest=4)


class CheckInCode(Schema):
    code = text(longest=20)


class Departure(Schema):
    place = text(longest=300, required=False, load_default=None)


class ItemResult(Schema):
    codes = fields.List(fields.String(), load_default=list)
    finding = text(longest=3000)
    disposal = text(longest=1000)
    seen_revision = fields.Integer(load_default=0)


class Piece(Schema):
    note = text(longest=200, required=False, load_default=None)


class Order(Schema):
    violation = text(longest=2000)
    violated = text(longest=1000)
    basis = text(longest=1000)
    demands = text(longest=2000)
    due_on = fields.Date(required=True)


class Conclusion(Schema):
    methods = choices(METHODS)
    measures = choices(MEASURES, required=False)


class SignedConclusion(Conclusion):
    """The conclusion of a visit, with how it ended for the party."""

    present_name = text(longest=60, required=False, load_default=None)
    present_position = text(longest=60, required=False, load_default=None)
    answer_1 = text(longest=500)
    answer_2 = text(longest=500)
    opinion = text(longest=1000, required=False, load_default=None)
    signature = choice(SIGNATURES)
    read_aloud = fields.Boolean(load_default=False)
    refusal = text(longest=500, required=False, load_default=None)
    witness = text(longest=100, required=False, load_default=None)

    @post_load
    def sign_off(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        answers = [data.pop(f"answer_{number}") for number in range(1, len(TOLD) + 1)]
        own = ("present_name", "present_position", "opinion", "signature", "read_aloud", "refusal", "witness")
        return data | {"sign_off": SignOff(answers=answers, **{name: data.pop(name) for name in own})}


class Termination(Schema):
    code = text(longest=4)
    reason = text(longest=1000, shortest=4)


class Recheck(Schema):
    rectification_id = fields.Integer(required=True)
    outcome = choice(RECTIFICATION_OUTCOMES)
    note = text(longest=1000)
    due_on = fields.Date(load_default=None)


class Settlement(Schema):
    follow_up_id = fields.Integer(required=True)
    outcome = text(longest=1000)


class Closing(Schema):
    outcome = text(longest=1000)


class Suspension(Schema):
    until = fields.Date(required=True)
    reason = text(longest=500, shortest=2)


class Team(Schema):
    officer_ids = fields.List(fields.Integer(), required=True)


class Assistance(Schema):
    expert_id = fields.Integer(required=True)
    task = text(longest=200)


class Replacement(Schema):
    leaves = fields.Integer(required=True)
    joins = fields.Integer(required=True)
    reason = text(longest=500, shortest=2)
