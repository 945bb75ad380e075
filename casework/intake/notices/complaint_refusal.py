"""投诉不予受理决定书: tells a complainant on which legal ground nothing is done, and where relief is to be had."""

from casework.core.i18n import N_
from casework.core.schemas import text
from casework.documents.catalogue import NoticeKind
from casework.intake.notices._parts import SAMPLE, Answer


class Refusal(Answer):
    """`ground` and `basis` are the wording of the law on the day of receipt, `reason` the facts of this complaint."""

    ground = text(longest=300)
    basis = text()
    reason = text(longest=2000)
    review_body = text()
    court = text()


COMPLAINT_REFUSAL = NoticeKind(
    key="complaint_refusal",
    label=N_("投诉不予受理决定书"),
    template="notices/complaint_refusal.html",
    series="投不受",
    paper="form",
    schema=Refusal,
    permission="intake.read",
    basis="市场监督管理投诉举报处理办法（总局令第121号）第十六条；市场监督管理部门处理投诉举报文书式样",
    sample={
        **SAMPLE,
        "ground": "不是为生活消费需要，或者不能证明与被投诉人之间存在消费者权益争议",
        "basis": "总局令第121号第十六条第三项",
        "reason": "所购商品用于转售，未能提供消费凭证",
        "review_body": "示例区人民政府",
        "court": "示例市示例区人民法院",
    },
)
