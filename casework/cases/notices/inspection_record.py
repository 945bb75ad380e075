"""现场检查笔录: what was told, asked, seen and done on the spot, signed page by page."""

from datetime import datetime

from casework.core import clock
from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, fields, text, validate
from casework.documents.catalogue import NoticeKind
from casework.documents.schemas import OfficerOnPaper, Party, lines


class Present(Schema):
    """Somebody of the enterprise who was there."""

    name = text(longest=60)
    position = text(longest=60)
    identity = text(longest=60, required=False, load_default=None)
    telephone = text(longest=60, required=False, load_default=None)


class Told(Schema):
    """One thing that the officers told, and what the party answered."""

    said = text(longest=1000)
    answer = text(longest=1000)


class Seen(Schema):
    """One item and what was found."""

    item = text()
    found = text(longest=3000)


class InspectionRecord(Schema):
    """After form 9 of 《市场监督管理行政处罚文书格式范本》(2021) and 行政处罚法第四十二条、第五十五条."""

    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True)
    place = text(longest=300)
    enterprise = fields.Nested(Party, required=True)
    present = fields.List(fields.Nested(Present), required=True, validate=validate.Length(min=1))
    officers = fields.List(fields.Nested(OfficerOnPaper), required=True, validate=validate.Length(min=2))
    recorder = text(longest=60)
    told = fields.List(fields.Nested(Told), required=True, validate=validate.Length(min=1))
    seen = fields.List(fields.Nested(Seen), required=True, validate=validate.Length(min=1))
    evidence = lines(required=False)
    measures = lines(required=False)
    checked_by = choice(("read", "heard"))
    refusal = text(longest=500, required=False, load_default=None)
    witness = text(longest=100, required=False, load_default=None)


INSPECTION_RECORD = NoticeKind(
    key="inspection_record",
    label=N_("现场检查笔录"),
    template="notices/inspection_record.html",
    series=None,
    paper="form",
    schema=InspectionRecord,
    basis="行政处罚法第五十五条；市场监督管理行政处罚文书格式范本（2021年修订）",
    sample={
        "started_at": datetime(2026, 3, 10, 9, 5, tzinfo=clock.LOCAL_ZONE),
        "ended_at": datetime(2026, 3, 10, 11, 40, tzinfo=clock.LOCAL_ZONE),
        "place": "示例市示例区珺犇路18号鋆苑大厦1层经营场所及库房",
        "enterprise": {
            "name": "示例市堃喆昇食品有限公司",
            "code": "91410000MA00000000",
            "address": "示例市示例区珺犇路18号鋆苑大厦1层",
            "representative": "赵喆",
            "telephone": "0000-0000002",
        },
        "present": [
            {"name": "钱在场", "position": "店长", "identity": "410000********0011", "telephone": "0000-0000003"},
        ],
        "officers": [
            {"name": "张示例", "certificate_no": "16000000001"},
            {"name": "李样本", "certificate_no": "16000000002"},
        ],
        "recorder": "李样本",
        "told": [
            {
                "said": "我们是示例市市场监督管理局的执法人员，这是我们的执法证件，请你查看。你看清楚了吗？",
                "answer": "看清楚了，是张示例、李样本。",
            },
            {
                "said": "现依法对你单位进行检查，请予配合。你认为我们与本次检查有利害关系、可能影响公正执法的，"
                "有权申请我们回避。你是否申请回避？",
                "answer": "不申请。",
            },
        ],
        "seen": [
            {"item": "登记事项检查", "found": "营业执照悬挂于店内显著位置，名称、住所、法定代表人与登记一致。"},
            {"item": "公示信息检查", "found": "2024年度报告已按期公示；随机核对三项，与账簿一致。"},
            {
                "item": "食品销售监督检查",
                "found": "食品经营许可证在有效期内。库房货架有散装糕点两箱，现场不能提供2026年1月至2月的进货查验记录；"
                "其余抽查的十二种预包装食品标签完整，均在保质期内。",
            },
        ],
        "evidence": [
            "现场照片6张（编号1至6）",
            "进货台账复印件1份3页，经在场人核对并签名",
            "执法记录仪视频1段，时长2小时35分",
        ],
        "measures": ["当场送达责令改正通知书，要求补齐进货查验记录"],
        "checked_by": "read",
        "refusal": None,
        "witness": None,
    },
)
