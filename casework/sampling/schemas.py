"""What may come in through the forms of the sampling room."""

from typing import Any

from marshmallow import post_load, validates_schema

from casework.accounts.rules import LINES, QUALIFICATIONS, UNIT_KINDS
from casework.core.i18n import N_, _
from casework.core.listing import Column, Listing
from casework.core.schemas import Schema, ValidationError, Words, choice, choices, fields, text, validate
from casework.registry.rules import KINDS, SUBJECT_CLASSES
from casework.sampling.draw import LONGEST_CONTRIBUTION
from casework.sampling.rules import (
    CADENCES,
    CAMPAIGN,
    DIRECTORY_KINDS,
    GRADES,
    IMPORTANCE,
    LONGEST_NAME,
    RECUSAL_DECISIONS,
    RECUSAL_KINDS,
    RECUSAL_SOURCES,
    TIE_KINDS,
    percent,
)

LICENCES = {str(klass): label for klass, label in KINDS["licence"].classes.items()}
"""The classes of licences by which a pool may be narrowed."""


class Percent(fields.Decimal):
    """A percentage of at most two decimals, as whole basis points."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        typed = super()._deserialize(str(value).removesuffix("%"), attr, data, **kwargs)
        bp = typed * 100
        if bp != bp.to_integral_value() or not 0 < bp <= 10_000:
            raise ValidationError(_("请填写 0 至 100 之间的百分比，最多两位小数。"))
        return int(bp)


class Nothing(Schema):
    """A move without questions."""


class Reason(Schema):
    reason = text(longest=500)


# Items ----------------------------------------------------------------------------------------------------------------


class ItemFilter(Schema):
    line = choice(LINES, required=False)
    importance = choice(IMPORTANCE, required=False)


class ItemEntry(Schema):
    """One version of an item; its code stays."""

    valid_from = fields.Date(required=True)
    category = text(longest=40)
    name = text(longest=100)
    checklist = fields.String(required=True)
    basis = text(longest=500)
    levels = choices(UNIT_KINDS)
    scope = text(longest=300)
    industries = Words(load_default=list)
    licence_classes = choices(LICENCES, required=False)
    subject_classes = choices(SUBJECT_CLASSES, required=False)
    ratio = text(longest=100)
    frequency = text(longest=100)
    on_site = choice(("yes", "no"))
    qualification = choice(QUALIFICATIONS, required=False, load_default=None)
    importance = choice(IMPORTANCE)
    line = choice(LINES)
    section = text(longest=60)
    note = text(longest=500, required=False, load_default=None)

    @post_load
    def _assemble(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        data["checklist"] = [line.strip() for line in data["checklist"].splitlines() if line.strip()]
        data["on_site"] = data["on_site"] == "yes"
        data["pool"] = _pool(data)
        return data


class NewItem(ItemEntry):
    code = text(longest=20)


ITEM_COLUMNS = {
    "code": Column("编号", "B05"),
    "category": Column("类别", "食品经营"),
    "name": Column("事项名称", "食品销售风险分级检查"),
    "checklist": Column("检查内容", "经营许可是否有效；进货查验记录是否完整", lines=True),
    "basis": Column("抽查依据", "食品安全法第一百零九条"),
    "levels": Column("实施层级", "市局；县（市、区）局", UNIT_KINDS, several=True),
    "scope": Column("检查对象", "食品销售者"),
    "industries": Column("行业代码", "F52"),
    "licence_classes": Column("许可类别", "", LICENCES, several=True),
    "subject_classes": Column("主体类型", "", SUBJECT_CLASSES, several=True),
    "ratio": Column("抽查比例", "按信用风险等级确定，不低于规定下限"),
    "frequency": Column("抽查频次", "每年度对同一对象不超过一次"),
    "on_site": Column("检查方式", "现场检查", {"yes": "现场检查", "no": "非现场检查"}),
    "qualification": Column("人员资格", "", QUALIFICATIONS),
    "importance": Column("重要程度", "重点检查事项", IMPORTANCE),
    "line": Column("业务条线", "食品安全", LINES),
    "section": Column("责任科室", "食品经营科"),
    "valid_from": Column("生效日期", "2027-01-01"),
    "note": Column("备注", ""),
}
"""The table by which many items come in, heading by heading. Headings and words are Chinese, as files carry them."""
ITEMS = Listing(N_("抽查事项清单"), ITEM_COLUMNS, NewItem)


# Directories ------------------------------------------------------------------------------------------------------------


class DirectoryEntry(Schema):
    """What may change of a directory; its code stays."""

    name = text(longest=60)
    kind = choice(DIRECTORY_KINDS)
    org_id = fields.Integer(required=True)
    listed = fields.Boolean(load_default=False)
    line = choice(LINES, required=False, load_default=None)
    subject_classes = choices(SUBJECT_CLASSES, required=False)
    industries = Words(load_default=list)
    licence_classes = choices(LICENCES, required=False)
    tags = Words(load_default=list)
    note = text(longest=300, required=False, load_default=None)

    @post_load
    def _assemble(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        data["pool"] = _pool(data)
        return data


class NewDirectory(DirectoryEntry):
    code = text(longest=20)


def directory_defaults(directory: Any) -> dict[str, Any]:
    """A version of a directory as its form shows it."""
    kept = {name: getattr(directory, name) for name in DirectoryEntry().fields if hasattr(directory, name)}
    return kept | pool_defaults(directory.pool)


class ListedObject(Schema):
    """A row of the table of a special directory: one permit of one enterprise."""

    number = text(longest=18)
    permit_name = text(longest=100)
    permit_no = text(longest=60, required=False, load_default="")
    issued_on = fields.Date(load_default=None)
    valid_until = fields.Date(load_default=None)
    authority = text(longest=100, required=False, load_default=None)


DIRECTORY = Listing(
    N_("专项库对象"),
    {
        "number": Column("统一社会信用代码或注册号", "91411602MA00000000"),
        "permit_name": Column("许可证名称", "食品经营许可证"),
        "permit_no": Column("许可证编号", "JY14116020000001"),
        "issued_on": Column("批准日期", "2024-05-01"),
        "valid_until": Column("有效期至", "2029-04-30"),
        "authority": Column("发证机关", "川汇区市场监督管理局"),
    },
    ListedObject,
)


class Withdrawal(Schema):
    valid_from = fields.Date(required=True)
    note = text(longest=500)


def item_defaults(item: Any) -> dict[str, Any]:
    """A version of an item as its form shows it."""
    kept = {name: getattr(item, name) for name in ItemEntry().fields if hasattr(item, name)}
    lines = {"checklist": "\n".join(item.checklist), "on_site": "yes" if item.on_site else "no"}
    return kept | lines | pool_defaults(item.pool)


# Pools and ratios -----------------------------------------------------------------------------------------------------


def _pool(data: dict[str, Any]) -> dict[str, Any]:
    """Takes the fields of a pool out of the form: the filter of the object directory, without what does not narrow it."""
    pool = {
        "subject_classes": data.pop("subject_classes"),
        "industries": data.pop("industries"),
        "licence_classes": [int(klass) for klass in data.pop("licence_classes")],
        "tags": data.pop("tags", []),
        "directories": data.pop("directories", []),
    }
    return {name: values for name, values in pool.items() if values}


def pool_defaults(pool: dict[str, Any]) -> dict[str, Any]:
    """A filter as the form shows it."""
    return {
        "subject_classes": pool.get("subject_classes", []),
        "industries": "、".join(pool.get("industries", [])),
        "licence_classes": [str(klass) for klass in pool.get("licence_classes", [])],
        "tags": "、".join(pool.get("tags", [])),
        "directories": pool.get("directories", []),
    }


class Scheme(Schema):
    """What is drawn from which subjects, and how much: shared by campaigns and lines of plans."""

    title = text(longest=100)
    org_id = fields.Integer(required=True)
    item_codes = fields.List(
        fields.String(), required=True, validate=validate.Length(min=1, error=N_("请至少选择一项。"))
    )
    subject_classes = choices(SUBJECT_CLASSES, required=False)
    industries = Words(load_default=list)
    licence_classes = choices(LICENCES, required=False)
    tags = Words(load_default=list)
    directories = fields.List(fields.String(), load_default=list)
    partners = Words(load_default=list)
    rate_A = Percent()
    rate_B = Percent()
    rate_C = Percent()
    rate_D = Percent()
    officers_per_case = fields.Integer(required=True, validate=validate.Range(min=1, max=9))
    workdays = fields.Integer(required=True, validate=validate.Range(min=1, max=250))
    public_list = fields.Boolean(load_default=False)

    @post_load
    def _assemble(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        data["pool"] = _pool(data)
        data["rates_bp"] = {grade: data.pop(f"rate_{grade}") for grade in GRADES if f"rate_{grade}" in data}
        return data


def scheme_defaults(scheme: Any, form: Schema) -> dict[str, Any]:
    """A campaign or a line of a plan as its form shows it."""
    kept = {name: getattr(scheme, name) for name in form.fields if hasattr(scheme, name)}
    rates = {f"rate_{grade}": percent(bp) for grade, bp in scheme.rates_bp.items()}
    sizes = {f"size_{grade}": size for grade, size in getattr(scheme, "sizes", {}).items()}
    return kept | rates | sizes | pool_defaults(scheme.pool)


# Campaigns ------------------------------------------------------------------------------------------------------------


class CampaignFilter(Schema):
    q = text(longest=60, required=False)
    state = choice(("open", "ended", *CAMPAIGN.state_names), required=False)


class CampaignEntry(Scheme):
    size_A = fields.Integer(validate=validate.Range(min=0))
    size_B = fields.Integer(validate=validate.Range(min=0))
    size_C = fields.Integer(validate=validate.Range(min=0))
    size_D = fields.Integer(validate=validate.Range(min=0))
    unattended = fields.Boolean(load_default=False)
    public_source = text(longest=LONGEST_NAME, required=False, load_default=None)
    public_on = fields.Date(load_default=None)

    @validates_schema
    def _names_a_public_value_whole(self, data: dict[str, Any], **_kwargs: Any) -> None:
        source, day = data.get("public_source"), data.get("public_on")
        if source and not day:
            raise ValidationError(_("请填写这个数值公布的日期。"), "public_on")
        if day and not source:
            raise ValidationError(_("请写明是哪一个公开数值。"), "public_source")
        if source and data.get("unattended"):
            raise ValidationError(_("无见证的抽查不能再指明公开数值，请取消其中一项。"), "unattended")

    @post_load
    def _gather_sizes(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        sizes = {grade: data.pop(f"size_{grade}", 0) for grade in GRADES}
        data["sizes"] = {grade: size for grade, size in sizes.items() if size}
        return data


class Witness(Schema):
    name = text(longest=LONGEST_NAME)


class Statement(Schema):
    """What a signed-in witness gives."""

    text = text(longest=LONGEST_CONTRIBUTION)


class SignedStatement(Statement):
    """What a witness with a one-time link gives."""

    by = text(longest=LONGEST_NAME)


# Plans ----------------------------------------------------------------------------------------------------------------


class PlanEntry(Schema):
    year = fields.Integer(required=True, validate=validate.Range(min=2020, max=2100))
    title = text(longest=100)
    org_id = fields.Integer(required=True)


class PlanLineEntry(Scheme):
    cadence = choice(CADENCES)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)

    @validates_schema
    def _ends_after_it_begins(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["last_on"] < data["first_on"]:
            raise ValidationError(_("结束日期不得早于首批日期。"), "last_on")


class Filing(Schema):
    filed_no = text(longest=60)


# Officers -------------------------------------------------------------------------------------------------------------


class RecusalEntry(Schema):
    officer_id = fields.Integer(required=True)
    number = text(longest=18)
    kind = choice(RECUSAL_KINDS)
    declared_by = choice(RECUSAL_SOURCES)
    reason = text(longest=500)


class ListedRecusal(Schema):
    """A row of the table of withdrawals."""

    roster_id = text(longest=40)
    number = text(longest=18)
    kind = choice(RECUSAL_KINDS)
    declared_by = choice(RECUSAL_SOURCES)
    reason = text(longest=500)


RECUSALS = Listing(
    N_("回避登记"),
    {
        "roster_id": Column("人员名录编号", "ZK01001"),
        "number": Column("统一社会信用代码或注册号", "91411602MA00000000"),
        "kind": Column("回避情形", "与当事人有近亲属关系", RECUSAL_KINDS),
        "declared_by": Column("由谁提出", "本人申报", RECUSAL_SOURCES),
        "reason": Column("具体情况", "配偶为该单位股东"),
    },
    ListedRecusal,
)


class RecusalDecision(Schema):
    decision = choice(RECUSAL_DECISIONS)
    note = text(longest=500)


class TieEntry(Schema):
    officer_id = fields.Integer(required=True)
    kind = choice(TIE_KINDS)
    employer_no = text(longest=18, required=False, load_default=None)
    employer_name = text(longest=100, required=False, load_default=None)
    left_on = fields.Date(load_default=None)
    relation = text(longest=20, required=False, load_default=None)
    id_number = text(longest=18, required=False, load_default=None)


class ReplacementEntry(Reason):
    leaves = fields.Integer(required=True)
