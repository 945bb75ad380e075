"""举报处理结果告知书: tells a named informant what came of the report."""

from datetime import date

from casework.core.i18n import N_
from casework.core.schemas import fields, text
from casework.documents.catalogue import NoticeKind
from casework.intake.notices._parts import SAMPLE, Answer


class Outcome(Answer):
    """Whether a case is filed; why, in the words of the law; nothing of what the verification found."""

    outcome = text(longest=300)
    decided_on = fields.Date(required=True)
    ground = text(longest=300, required=False, load_default=None, allow_none=True)


REPORT_OUTCOME = NoticeKind(
    key="report_outcome",
    label=N_("举报处理结果告知书"),
    template="notices/report_outcome.html",
    series="举告",
    paper="form",
    schema=Outcome,
    permission="intake.read",
    basis="市场监督管理投诉举报处理办法（总局令第121号）；市场监督管理部门处理投诉举报文书式样",
    sample={
        **SAMPLE,
        "number": "JB2026-000013",
        "informant": "举报人（编号12）",
        "outcome": "经核查，决定不予立案",
        "decided_on": date(2026, 5, 14),
        "ground": "违法行为轻微并及时改正，没有造成危害后果",
    },
)
