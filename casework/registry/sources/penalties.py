"""行政处罚: penalty decisions by the seriousness of 令36号 (轻微, 一般, 严重); food, drugs and equipment apart."""

from casework.core.i18n import N_
from casework.registry.sources import _values as values
from casework.registry.sources._source import (
    SOURCE_KEY,
    STATE,
    SUBJECT,
    Example,
    Field,
    RecordSource,
    Row,
    told_apart_by,
)

WARNING, MINOR, ORDINARY, SERIOUS = 0, 1, 2, 3
KEY_DOMAIN = 4
"""Added to the class in food, drugs and special equipment."""

_degree = values.one_of({"轻微": MINOR, "一般": ORDINARY, "严重": SERIOUS})
_procedure = values.one_of(
    {"简易": "simple", "当场": "simple", "普通": "ordinary", "一般": "ordinary", "听证": "ordinary"}
)
_GRAVE = ("吊销", "责令关闭", "限制从业", "限制开展", "停产停业", "降低资质", "行政拘留")
_KEY_WORDS = ("食品", "餐饮", "药品", "医疗器械", "化妆品", "特种设备", "电梯", "锅炉", "压力容器")


def klass(row: Row) -> int:
    """Warnings and simple procedure 0; else the degree that the file names; else 严重 for the gravest burdens, or 一般.

    What fine makes a penalty 轻微 or 严重 is the province's to say (令36号); it is not guessed from the amount.
    """
    if row["procedure"] == "simple" or _is_mere_warning(row):
        return WARNING
    key_domain = any(
        word in f"{row['violation'] or ''}{row['domain'] or ''}{row['basis'] or ''}" for word in _KEY_WORDS
    )
    return (row["degree"] or _degree_of(row)) + (KEY_DOMAIN if key_domain else 0)


def _is_mere_warning(row: Row) -> bool:
    sort = row["sort"] or row["content"] or ""
    return sort in ("警告", "通报批评", "警告、通报批评") and not row["amount"]


def _degree_of(row: Row) -> int:
    burdens = f"{row['sort'] or ''}{row['content'] or ''}"
    return SERIOUS if any(word in burdens for word in _GRAVE) else ORDINARY


SOURCE = RecordSource(
    key="penalties",
    label=N_("行政处罚"),
    english="Penalties",
    about=N_("行政处罚决定。未注明失信程度的，按处罚种类判定；撤销与信用修复分别填写日期。"),
    kind="penalty",
    identity=told_apart_by(("document_no",), ("happened_on", "violation")),
    title=lambda row: row["violation"] or "行政处罚",
    klass=klass,
    chained=True,
    unkept=frozenset({"degree"}),
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field(
            "document_no",
            N_("决定书文号"),
            values.whole_number_text,
            ("行政处罚决定书文号", "处罚决定书文号", "文号", "处罚文号", "pendecno"),
            required=True,
        ),
        Field(
            "led_by",
            N_("线索编号"),
            values.whole_number_text,
            ("案件来源编号", "来源编号", "检查编号", "投诉举报编号"),
            note=N_("由投诉、举报或检查立案的填其编号：同一行为只按处罚计一次。"),
        ),
        Field(
            "violation", N_("违法行为类型"), values.text, ("违法事实", "案由", "违法行为", "处罚事由", "illegacttype")
        ),
        Field("domain", N_("领域"), values.text, ("业务领域", "条线")),
        Field("basis", N_("处罚依据"), values.text, ("依据", "法律依据")),
        Field("sort", N_("处罚种类"), values.text, ("处罚类别", "种类")),
        Field("content", N_("处罚内容"), values.text, ("处罚结果", "pencontent")),
        Field(
            "amount",
            N_("罚没金额"),
            values.money,
            ("罚款金额", "罚没款", "处罚金额", "罚款数额", "amount"),
            monetary=True,
            note=N_("没有单位时按元计。"),
        ),
        Field("procedure", N_("处罚程序"), _procedure, ("适用程序", "程序"), note=N_("简易程序或普通程序。")),
        Field("degree", N_("失信程度"), _degree, ("失信等级", "严重程度"), note=N_("轻微、一般或严重（令第36号）。")),
        Field("authority", N_("决定机关"), values.text, ("处罚机关", "作出处罚决定机关", "penauth")),
        Field(
            "happened_on",
            N_("决定日期"),
            values.day,
            ("处罚决定日期", "处罚日期", "作出决定日期", "pendecissdate"),
            required=True,
        ),
        Field("published_on", N_("公示日期"), values.day, ("publicdate",)),
        Field("publicity_until", N_("公示截止期"), values.day, ("公示截止日期", "公示期限至")),
        Field("settled", N_("履行状态"), values.text, ("是否履行",)),
        *STATE,
    ),
    examples=(
        Example(
            {
                "uscc": "92411627MA4400024K",
                "name": "太康县示例小吃店",
                "document_no": "周市监处罚〔2026〕1号",
                "violation": "经营超过保质期的食品",
                "sort": "罚款",
                "amount": "0.5万元",
                "authority": "太康县市场监督管理局",
                "happened_on": "2026年3月5日",
            },
            {"kind": 8, "klass": 6, "amount": "5000.00", "chain": "周市监处罚〔2026〕1号"},
        ),
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "document_no": "周市监处罚〔2025〕2号",
                "led_by": "1411602002026000002",
                "violation": "未按规定明码标价",
                "sort": "警告",
                "happened_on": "2025-10-10",
            },
            {"kind": 8, "klass": 0, "chain": "1411602002026000002"},
        ),
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "document_no": "周市监处罚〔2025〕3号",
                "violation": "生产不合格产品",
                "sort": "罚款、没收违法所得",
                "amount": "300,000.00元",
                "degree": "严重失信",
                "happened_on": "2025-06-01",
                "repaired_on": "2026-06-02",
            },
            {"kind": 8, "klass": 3, "amount": "300000.00", "repaired_on": "2026-06-02"},
        ),
    ),
)
