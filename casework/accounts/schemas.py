"""What may come in through the forms of the staff room."""

from collections.abc import Mapping
from typing import Any

from marshmallow import post_load

from casework.accounts import queries
from casework.accounts.rules import (
    ACCOUNT_STATES,
    CERTIFICATE_KINDS,
    CERTIFICATE_STATES,
    EXPERT_KINDS,
    LINES,
    QUALIFICATIONS,
    ROLES,
    UNIT_KINDS,
)
from casework.core.i18n import N_
from casework.core.listing import Column, Listing
from casework.core.schemas import Schema, Words, choice, choices, fields, text


class SignIn(Schema):
    login = text(longest=60)
    password = text(longest=200)


class ChangePassword(Schema):
    old = text(longest=200)
    password = text(longest=200)


class NewPassword(Schema):
    password = text(longest=200)


class AccountFilter(Schema):
    q = text(longest=60, required=False)
    state = choice(ACCOUNT_STATES, required=False)
    role = choice(ROLES, required=False)


class Post(Schema):
    """What an administrator may change of an account."""

    org_id = fields.Integer(required=True)
    roles = choices(ROLES)
    lines = choices(LINES, required=False)
    active = fields.Boolean(load_default=False)


class NewAccount(Schema):
    login = text(longest=60)
    name = text(longest=60)
    password = text(longest=200)
    org_id = fields.Integer(required=True)
    roles = choices(ROLES)
    lines = choices(LINES, required=False)


class UnitEntry(Schema):
    """What may change of a unit; its place in the tree stays."""

    name = text(longest=100)
    short_name = text(longest=30)
    telephone = text(longest=40, required=False, load_default=None)
    address = text(required=False, load_default=None)


class NewUnit(UnitEntry):
    kind = choice(UNIT_KINDS)
    division_code = text(longest=12, shortest=4)
    parent_id = fields.Integer(load_default=None)


class OfficerFilter(Schema):
    q = text(longest=60, required=False)
    line = choice(LINES, required=False)
    certificate = choice(CERTIFICATE_STATES, required=False)


class OfficerEntry(Schema):
    """What may change of an entry of the directory; its roster number stays."""

    name = text(longest=60)
    org_id = fields.Integer(required=True)
    account_id = fields.Integer(load_default=None)
    staff_no = text(longest=40, required=False, load_default=None)
    duty = text(longest=60, required=False, load_default=None)
    post_category = text(longest=60, required=False, load_default=None)
    in_post_since = fields.Date(load_default=None)
    education = text(longest=40, required=False, load_default=None)
    certificate_kind = choice(CERTIFICATE_KINDS, required=False, load_default=None)
    certificate_no = text(longest=40)
    certificate_valid_until = fields.Date(required=True)
    lines = choices(LINES)
    item_codes = Words(load_default=list)
    qualifications = choices(QUALIFICATIONS, required=False)
    active = fields.Boolean(load_default=False)
    absent_from = fields.Date(load_default=None)
    absent_until = fields.Date(load_default=None)
    absent_reason = text(longest=100, required=False, load_default=None)

    @post_load
    def _gather(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """The days of the qualifications, one field each, become one table."""
        days = {key: data.pop(f"until_{key}", None) for key in QUALIFICATIONS}
        data["qualifications_until"] = {key: day.isoformat() for key, day in days.items() if day is not None}
        data["item_codes"] = [code.upper() for code in data["item_codes"]]
        return data


for _key in QUALIFICATIONS:
    OfficerEntry._declared_fields[f"until_{_key}"] = fields.Date(load_default=None)


def officer_defaults(officer: Any) -> dict[str, Any]:
    """An entry of the directory as its form shows it."""
    known = {name: getattr(officer, name) for name in OfficerEntry().fields if hasattr(officer, name)}
    until = {f"until_{key}": day for key, day in officer.qualifications_until.items()}
    return known | until | {"item_codes": "、".join(officer.item_codes)}


class NewOfficer(OfficerEntry):
    roster_id = text(longest=40)


class ListedOfficer(NewOfficer):
    """A row of the table: whoever is listed in it is in service."""

    active = fields.Boolean(load_default=True)


class ExpertEntry(Schema):
    """What may change of an expert; the number stays."""

    name = text(longest=60)
    org_id = fields.Integer(required=True)
    kind = choice(EXPERT_KINDS)
    field = text(longest=100)
    employer = text(longest=100, required=False, load_default=None)
    title = text(longest=60, required=False, load_default=None)
    lines = choices(LINES, required=False)
    valid_until = fields.Date(load_default=None)
    active = fields.Boolean(load_default=False)


class NewExpert(ExpertEntry):
    number = text(longest=40)


class ListedExpert(NewExpert):
    active = fields.Boolean(load_default=True)


class ExpertFilter(Schema):
    q = text(longest=60, required=False)
    line = choice(LINES, required=False)


def _units() -> dict[str, Mapping[Any, str]]:
    return {"org_id": queries.unit_names()}


OFFICERS = Listing(
    N_("执法检查人员名录"),
    {
        "roster_id": Column("名录编号", "ZK01001"),
        "name": Column("姓名", "王某某"),
        "org_id": Column("所在机构", "川汇区局"),
        "staff_no": Column("单位工号", "2019031"),
        "duty": Column("担任职务", "四级主任科员"),
        "post_category": Column("岗位大类", "食品监管"),
        "in_post_since": Column("从事本岗起始日", "2019-03-01"),
        "education": Column("学历", "本科"),
        "certificate_kind": Column("执法证类别", "省政府执法证", CERTIFICATE_KINDS),
        "certificate_no": Column("执法证号", "16110200123"),
        "certificate_valid_until": Column("执法证有效期至", "2028-12-31"),
        "lines": Column("业务条线", "食品安全；登记与信用监管", LINES, several=True),
        "item_codes": Column("执法事项范围", ""),
        "qualifications": Column("岗位资质资格", "食品检查员", QUALIFICATIONS, several=True),
        **{
            f"until_{key}": Column(f"{label}有效期至", "2028-06-30" if key == "food" else "")
            for key, label in QUALIFICATIONS.items()
        },
    },
    ListedOfficer,
    _units,
)
EXPERTS = Listing(
    N_("专家和专业机构名录"),
    {
        "number": Column("编号", "ZJ001"),
        "kind": Column("类别", "专家", EXPERT_KINDS),
        "name": Column("姓名或机构名称", "李某某"),
        "org_id": Column("聘请机构", "市局"),
        "employer": Column("工作单位", "某检验检测中心"),
        "field": Column("专业领域", "锅炉压力容器"),
        "title": Column("职称", "高级工程师"),
        "lines": Column("业务条线", "特种设备", LINES, several=True),
        "valid_until": Column("聘期至", "2028-12-31"),
    },
    ListedExpert,
    _units,
)
"""The tables by which both directories come in. Headings and words are Chinese, as files carry them."""
