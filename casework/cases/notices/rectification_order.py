"""责令改正通知书: names an unlawful act and what has to be put right by when."""

from datetime import date

from casework.core.i18n import N_
from casework.core.schemas import Schema, fields, text
from casework.documents.catalogue import NoticeKind
from casework.documents.schemas import Contact, Party, lines


class RectificationOrder(Schema):
    """After form 33 of 《市场监督管理行政处罚文书格式范本》(2021); `review_body` and `court` give relief."""

    enterprise = fields.Nested(Party, required=True)
    found_on = fields.Date(required=True)
    violation = text(longest=2000)
    violated = lines()
    basis = lines()
    demands = lines()
    due_on = fields.Date(required=True)
    consequence = text(longest=1000)
    reinspection = text(longest=500)
    review_body = text()
    court = text()
    contact = fields.Nested(Contact, required=True)


RECTIFICATION_ORDER = NoticeKind(
    key="rectification_order",
    label=N_("责令改正通知书"),
    template="notices/rectification_order.html",
    series="责改",
    paper="form",
    schema=RectificationOrder,
    basis="行政处罚法第二十八条；市场监督管理行政处罚文书格式范本（2021年修订）",
    sample={
        "enterprise": {
            "name": "示例市堃喆昇食品有限公司",
            "code": "91410000MA00000000",
            "address": "示例市示例区珺犇路18号鋆苑大厦1层",
            "representative": "赵喆",
            "telephone": "0000-0000002",
        },
        "found_on": date(2026, 3, 10),
        "violation": "未按规定建立食品进货查验记录制度，现场不能提供2026年1月至2月所购散装食品的进货查验记录",
        "violated": ["《中华人民共和国食品安全法》第五十三条第二款"],
        "basis": [
            "《中华人民共和国食品安全法》第一百二十六条第一款第三项",
            "《中华人民共和国行政处罚法》第二十八条第一款",
        ],
        "demands": ["建立食品进货查验记录制度，补齐所缺记录和凭证", "将整改情况及证明材料书面报送本机关"],
        "due_on": date(2026, 3, 31),
        "consequence": "逾期不改正的，本机关将依照《中华人民共和国食品安全法》第一百二十六条的规定处理",
        "reinspection": "改正期限届满后五个工作日内，由示例区市场监督管理局复查",
        "review_body": "示例市人民政府",
        "court": "示例市示例区人民法院",
        "contact": {"name": "王联络", "telephone": "0000-0000001"},
    },
)
