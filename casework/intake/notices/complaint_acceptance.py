"""投诉受理决定书: tells a complainant that mediation begins, and until when."""

from datetime import date

from casework.core.i18n import N_
from casework.core.schemas import fields, text
from casework.documents.catalogue import NoticeKind
from casework.intake.notices._parts import SAMPLE, Answer


class Acceptance(Answer):
    """`term` is the time for mediation in words, as it was on the day of receipt."""

    accepted_on = fields.Date(required=True)
    term = text(longest=20)
    due_on = fields.Date(required=True)


COMPLAINT_ACCEPTANCE = NoticeKind(
    key="complaint_acceptance",
    label=N_("投诉受理决定书"),
    template="notices/complaint_acceptance.html",
    series="投受",
    paper="form",
    schema=Acceptance,
    permission="intake.read",
    basis="市场监督管理投诉举报处理办法（总局令第121号）；市场监督管理部门处理投诉举报文书式样",
    sample={**SAMPLE, "accepted_on": date(2026, 4, 24), "term": "60日", "due_on": date(2026, 6, 23)},
)
