"""行政检查通知书: tells an enterprise that, by whom, when and how it will be inspected."""

from datetime import date

from casework.core.i18n import N_
from casework.core.schemas import Schema, fields, text, validate
from casework.documents.catalogue import NoticeKind
from casework.documents.schemas import Contact, Item, OfficerOnPaper, Party, lines


class InspectionNotice(Schema):
    """The facts that 《行政检查文书基本格式文本》 asks for; it states no grade."""

    enterprise = fields.Nested(Party, required=True)
    basis = lines()
    task_number = text()
    task_source = text()
    inspection_type = text()
    visits_this_year = fields.Integer(required=True, validate=validate.Range(min=0))
    annual_cap = fields.Integer(required=True, validate=validate.Range(min=1))
    items = fields.List(fields.Nested(Item), required=True, validate=validate.Length(min=1))
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    methods = lines()
    materials = lines(required=False)
    officers = fields.List(fields.Nested(OfficerOnPaper), required=True, validate=validate.Length(min=2))
    assistants = fields.Integer(load_default=0, validate=validate.Range(min=0))
    contact = fields.Nested(Contact, required=True)


INSPECTION_NOTICE = NoticeKind(
    key="inspection_notice",
    label=N_("行政检查通知书"),
    template="notices/inspection_notice.html",
    series="检通",
    schema=InspectionNotice,
    basis="国办发〔2024〕54号；行政检查文书基本格式文本（试行）",
    texts={"discipline": "documents.discipline_text", "supervision": "documents.supervision_telephone"},
    sample={
        "enterprise": {
            "name": "示例市堃喆昇食品有限公司",
            "code": "91410000MA00000000",
            "address": "示例市示例区珺犇路18号鋆苑大厦1层",
        },
        "basis": ["《中华人民共和国食品安全法》第一百一十条", "《企业信息公示暂行条例》第十四条"],
        "task_number": "410000202603050001",
        "task_source": "2026年度双随机抽查计划（示例市监抽〔2026〕3号）",
        "inspection_type": "日常检查（双随机抽查）",
        "visits_this_year": 0,
        "annual_cap": 2,
        "items": [
            {"name": "登记事项检查", "basis": "《中华人民共和国市场主体登记管理条例》第三十八条"},
            {"name": "公示信息检查", "basis": "《企业信息公示暂行条例》第十四条"},
            {"name": "食品销售监督检查", "basis": "《中华人民共和国食品安全法》第一百一十条"},
        ],
        "starts_on": date(2026, 3, 9),
        "ends_on": date(2026, 3, 13),
        "methods": ["实地检查", "书面检查"],
        "materials": ["营业执照、食品经营许可证", "食品进货查验记录和销售台账", "从业人员健康证明和食品安全自查记录"],
        "officers": [
            {"name": "张示例", "certificate_no": "16000000001"},
            {"name": "李样本", "certificate_no": "16000000002"},
        ],
        "assistants": 1,
        "contact": {"name": "王联络", "telephone": "0000-0000001"},
    },
)
