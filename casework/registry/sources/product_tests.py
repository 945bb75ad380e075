"""抽检结果: results of sampling tests of food and products."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, STATE, SUBJECT, Example, Field, RecordSource, told_apart_by

PASSED, FAILED = 1, 2
_outcome = values.one_of(
    {
        "合格": PASSED,
        "纯抽检合格样品": PASSED,
        "未检出": PASSED,
        "不合格": FAILED,
        "不合格样品": FAILED,
        "问题样品": FAILED,
    }
)
WORDS = {PASSED: "抽检合格", FAILED: "抽检不合格"}

SOURCE = RecordSource(
    key="product_tests",
    label=N_("抽检结果"),
    english="Product sampling tests",
    about=N_("食品、产品质量监督抽检结果。"),
    kind="product_test",
    identity=told_apart_by(("document_no",), ("happened_on", "product", "lot")),
    title=lambda row: f"{row['product']}{WORDS[row['outcome']]}" if row["product"] else WORDS[row["outcome"]],
    klass=lambda row: row["outcome"],
    unkept=frozenset({"outcome"}),
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("检验报告编号"), values.whole_number_text, ("抽样单编号", "报告编号", "样品编号")),
        Field("product", N_("样品名称"), values.text, ("产品名称", "食品名称")),
        Field("lot", N_("生产日期（批号）"), values.text, ("批号", "生产日期", "生产日期/批号")),
        Field("outcome", N_("检验结论"), _outcome, ("结论", "检验结果", "抽检结果"), required=True),
        Field("failure", N_("不合格项目"), values.text, ("不合格原因",)),
        Field("happened_on", N_("报告日期"), values.day, ("检验日期", "抽样日期", "公告日期"), required=True),
        Field("authority", N_("组织抽检机关"), values.text, ("任务来源", "抽检机关")),
        STATE[0],
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400024F",
                "name": "周口示例饮品有限公司",
                "document_no": "DC26411600000000001",
                "product": "示例果汁",
                "outcome": "不合格样品",
                "failure": "菌落总数",
                "happened_on": "2026-03-15",
            },
            {"kind": 16, "klass": 2, "title": "示例果汁抽检不合格"},
        ),
    ),
)
