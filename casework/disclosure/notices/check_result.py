"""抽查检查结果公示: what the public learns of one inspection, item by item."""

from datetime import date

from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, fields, text, validate
from casework.documents.catalogue import NoticeKind


class PublicParty(Schema):
    """An enterprise as the public register shows it."""

    name = text()
    code = text(longest=18)


class ItemResult(Schema):
    """One inspection item with its result; several result codes may apply at once."""

    item = text()
    results = fields.List(text(), required=True, validate=validate.Length(min=1))


class Task(Schema):
    """The task of a draw, and its plan if it has one, as 国家企业信用信息公示系统 shows them."""

    plan_number = text(required=False, load_default=None, allow_none=True)
    plan_title = text(required=False, load_default=None, allow_none=True)
    task_number = text()
    task_title = text()
    draw_type = text(longest=20)


class CheckResult(Schema):
    """No grade, no officer, no informant: the schema lets nothing else onto the paper. A check (检查) has no task."""

    enterprise = fields.Nested(PublicParty, required=True)
    inspection_kind = choice(("抽查", "检查"))
    task = fields.Nested(Task, load_default=None, allow_none=True)
    inspected_by = text()
    finished_on = fields.Date(required=True)
    results = fields.List(fields.Nested(ItemResult), required=True, validate=validate.Length(min=1))
    handling = text(longest=1000, required=False, load_default=None, allow_none=True)
    correction = text(longest=500, required=False, load_default=None, allow_none=True)


CHECK_RESULT = NoticeKind(
    key="check_result",
    label=N_("抽查检查结果公示"),
    template="notices/check_result.html",
    series="检示",
    schema=CheckResult,
    basis="企业信息公示暂行条例第十四条；国市监信〔2019〕38号",
    sample={
        "enterprise": {"name": "示例市堃喆昇食品有限公司", "code": "91410000MA00000000"},
        "inspection_kind": "抽查",
        "task": {
            "plan_number": "41000020261000",
            "plan_title": "2026年度食品销售企业双随机抽查计划",
            "task_number": "410000202603051000",
            "task_title": "2026年第一季度食品销售企业抽查",
            "draw_type": "不定向",
        },
        "inspected_by": "示例区市场监督管理局",
        "finished_on": date(2026, 3, 10),
        "results": [
            {"item": "登记事项检查", "results": ["未发现问题"]},
            {"item": "公示信息检查", "results": ["未发现问题"]},
            {"item": "食品销售监督检查", "results": ["发现问题已责令改正"]},
        ],
        "handling": "已责令于2026年3月31日前改正，复查结果另行公示。",
        "correction": None,
    },
)
