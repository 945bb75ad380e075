"""特种设备使用登记: one row for each piece of equipment, with the day of its next inspection."""

from casework.core.i18n import N_
from casework.registry.rules import KINDS
from casework.registry.sources import _values as values
from casework.registry.sources._source import SOURCE_KEY, SUBJECT, Example, Field, RecordSource, Row, told_apart_by

_sort = values.one_of(
    {
        "锅炉": 1,
        "压力容器": 2,
        "气瓶": 2,
        "压力管道": 3,
        "电梯": 4,
        "扶梯": 4,
        "起重机械": 5,
        "起重机": 5,
        "索道": 6,
        "游乐设施": 7,
        "场内专用机动车辆": 8,
        "厂内专用机动车辆": 8,
        "叉车": 8,
    }
)
_yes_or_no = values.one_of({"是": True, "否": False, "有": True, "无": False})


def title(row: Row) -> str:
    """The sort of equipment, and whether it stands where the public gathers (特种设备安全法第五十七条)."""
    label = KINDS["equipment"].classes[row["sort"]]
    return f"{label}（公众聚集场所）" if row["gathering"] else label


SOURCE = RecordSource(
    key="equipment",
    label=N_("特种设备使用登记"),
    english="Special equipment register",
    about=N_("特种设备使用登记台账，一台设备一行。停用、注销的填写日期；下次检验日期已过的，视为超期未检验。"),
    kind="equipment",
    identity=told_apart_by(("document_no",), ("equipment_code",), ("sort", "happened_on", "place")),
    title=title,
    klass=lambda row: row["sort"],
    unkept=frozenset({"sort"}),
    fields=(
        *SUBJECT,
        SOURCE_KEY,
        Field("document_no", N_("使用登记证编号"), values.whole_number_text, ("使用登记编号", "登记证编号")),
        Field("equipment_code", N_("设备代码"), values.whole_number_text, ("设备注册代码", "出厂编号")),
        Field("sort", N_("设备种类"), _sort, ("设备类别", "设备名称", "种类"), required=True),
        Field("place", N_("使用地点"), values.text, ("使用场所", "设备所在地")),
        Field("gathering", N_("是否公众聚集场所"), _yes_or_no, ("公众聚集场所",), lenient=True),
        Field("happened_on", N_("使用登记日期"), values.day, ("登记日期", "投用日期"), required=True),
        Field("inspect_by", N_("下次检验日期"), values.day, ("检验有效期至", "下次定期检验日期"), lenient=True),
        Field("maintained_by", N_("维护保养单位"), values.text, ("维保单位",)),
        Field("ends_on", N_("停用（注销）日期"), values.day, ("停用日期", "注销日期", "报废日期")),
        Field("authority", N_("登记机关"), values.text, ("使用登记机关",)),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400016L",
                "name": "周口示例建材有限公司",
                "document_no": "梯11豫P000001",
                "sort": "曳引驱动电梯",
                "gathering": "是",
                "happened_on": "2020-01-01",
                "inspect_by": "2026-12-31",
            },
            {"kind": 24, "klass": 4, "title": "电梯（公众聚集场所）", "ends_on": None},
        ),
    ),
)
