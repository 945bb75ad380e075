"""登记信息: the register itself, the master data of market subjects."""

import re
from dataclasses import dataclass
from typing import Any

from casework.core.i18n import N_, _
from casework.registry.rules import STATUSES
from casework.registry.sources import _values as values
from casework.registry.sources._source import SUBJECT, Example, Field, Problem, Row, Source, Subject

status = values.one_of(
    {
        "吊销": "revoked",
        "已吊销": "revoked",
        "吊销,未注销": "revoked",
        "吊销未注销": "revoked",
        "吊销,已注销": "revoked_deregistered",
        "吊销已注销": "revoked_deregistered",
        "吊销后注销": "revoked_deregistered",
        "注销": "deregistered",
        "已注销": "deregistered",
        "撤销": "cancelled",
        "撤销登记": "cancelled",
        "迁出": "moved_out",
        "歇业": "suspended",
        "存续": "active",
        "在业": "active",
        "在营": "active",
        "开业": "active",
        "在册": "active",
        "正常": "active",
        "确立": "active",
        **{key.upper(): key for key in STATUSES},
    }
)
"""Registration status by the words of different offices; of several in a cell the longest, then the gravest decides."""

_SUBJECT_CLASS = {"2": "individual", "3": "cooperative"}
_BRANCH = re.compile(r"分公司|分店|分社|分行|支行|分支机构|门市部|营业部|办事处|非法人")
_CLUSTER = re.compile(r"集群注册|集群登记|商务秘书|托管|众创空间")


def subject_class(number: Subject, kind: values.EntityType | None) -> str | None:
    """企业, 个体工商户, 农民专业合作社: by code, else type, else old number (sequences from 6 on are individuals).

    None where only an old number is known that may be a company's or a cooperative's.
    """
    if number.uscc:
        return _SUBJECT_CLASS.get(number.uscc[1], "company")
    code, words = kind or (None, "")
    if "专业合作" in words or (code or "").startswith(("91", "92")):
        return "cooperative"
    if "个体" in words or code == "9500" or (number.reg_no or "")[6:7] in ("6", "7", "8", "9"):
        return "individual"
    return "company" if kind else None


def _cluster(row: Row) -> bool | None:
    if row["cluster"] is None and row["address"] is None:
        return None
    return bool(row["cluster"] or _CLUSTER.search(row["address"] or ""))


@dataclass(frozen=True, kw_only=True)
class EnterpriseSource(Source):
    """A source of master data."""

    def master(self, row: Row) -> tuple[dict[str, Any], list[Problem]]:
        """The columns of an enterprise that a row tells, without its place and unit."""
        number = Subject.of(row)
        if number.uscc is None and number.reg_no is None:
            return {}, [Problem(_("统一社会信用代码"), _("统一社会信用代码与注册号均为空。"), True)]
        kind = row["type"] or row["form"]
        words = row["name"]
        key = values.name_key(words)
        capital, paid = row["capital"], row["paid_capital"]
        industry = row["industry"] or row["section"]
        return {
            "uscc": number.uscc,
            "reg_no": number.reg_no,
            "code_checked": number.checked,
            "subject_class": subject_class(number, kind),
            "name": words,
            "name_key": key,
            "bigrams": values.bigrams(key),
            "type_code": kind.code if kind else None,
            "type_name": kind.name if kind else None,
            "legal_representative": row["legal_representative"],
            "person_id": row["person_id"],
            "phone": row["phone"],
            "capital_wan": capital.wan if capital else None,
            "currency": capital.currency if capital else None,
            "paid_capital_wan": paid.wan if paid else None,
            "established_on": row["established_on"],
            "approved_on": row["approved_on"],
            "term_from": row["term_from"],
            "term_to": row["term_to"],
            "registrar": row["registrar"],
            "status": row["status"],
            "status_on": row["status_on"],
            "status_reason": row["status_reason"],
            "address": row["address"],
            "business_address": row["business_address"],
            "address_key": values.address_key(row["address"]) if row["address"] else None,
            "cluster_address": _cluster(row),
            "industry_section": industry.section if industry else None,
            "industry_code": industry.code if industry else None,
            "scope": row["scope"],
            "employees": row["employees"],
            "parent": row["parent"].uscc or row["parent"].reg_no if row["parent"] else None,
            "is_branch": bool(row["parent"] or _BRANCH.search(kind.name if kind else words)) or None,
            "tags": row["tags"],
        }, []


def _tags(cell: str) -> list[str]:
    return sorted({tag for tag in re.split(r"[;；,，、|\s]+", values.text(cell)) if tag})


SOURCE = EnterpriseSource(
    key="enterprises",
    label=N_("登记信息"),
    english="Register of market subjects",
    about=N_("经营主体的登记与备案信息。按统一社会信用代码更新；空白单元格不会清除已有内容。"),
    fields=(
        *SUBJECT[:2],
        Field(
            "name",
            N_("名称"),
            values.name,
            (*SUBJECT[2].aliases, "主体名称", "entName", "企业（机构）名称"),
            required=True,
        ),
        Field(
            "type",
            N_("主体类型"),
            values.entity_type,
            ("类型", "企业类型", "市场主体类型", "经营主体类型", "type_raw", "enttype", "主体类型代码"),
        ),
        Field(
            "form",
            N_("组织形式"),
            values.entity_type,
            ("org_form_guess", "org_form", "组成形式"),
            note=N_("主体类型为空时采用。"),
        ),
        Field(
            "legal_representative",
            N_("法定代表人"),
            values.text,
            ("负责人", "经营者", "法定代表人（负责人）", "法人代表", "法人", "投资人", "lerep", "legal_person"),
        ),
        Field(
            "person_id",
            N_("法定代表人证件号码"),
            values.id_number,
            ("负责人证件号码", "经营者证件号码", "证件号码", "身份证号", "cerno", "id_number"),
            lenient=True,
            note=N_("加密保存。"),
        ),
        Field(
            "phone",
            N_("联系电话"),
            values.phone,
            ("电话", "手机", "手机号码", "联系方式", "tel", "telephone"),
            lenient=True,
            note=N_("加密保存。"),
        ),
        Field(
            "capital",
            N_("注册资本"),
            values.capital,
            (
                "注册资金",
                "出资总额",
                "认缴资本",
                "资金数额",
                "capital_raw",
                "regcap",
                "capital_wan",
                "registered_capital",
            ),
            lenient=True,
            monetary=True,
            note=N_("例如 100万元、10(万美元)；没有单位时按万元计。"),
        ),
        Field(
            "paid_capital",
            N_("实收资本"),
            values.capital,
            ("实缴资本", "实收资金", "reccap", "paid_in_capital"),
            lenient=True,
            monetary=True,
        ),
        Field(
            "established_on",
            N_("成立日期"),
            values.day,
            ("注册日期", "登记日期", "设立日期", "开业日期", "reg_date", "estdate", "established"),
            lenient=True,
        ),
        Field(
            "approved_on",
            N_("核准日期"),
            values.day,
            ("发照日期", "最近核准日期", "apprdate", "approved"),
            lenient=True,
        ),
        Field("term_from", N_("营业期限自"), values.day, ("经营期限自", "opfrom"), lenient=True),
        Field("term_to", N_("营业期限至"), values.last_day, ("经营期限至", "营业期限止", "opto"), lenient=True),
        Field("registrar", N_("登记机关"), values.text, ("发证机关", "regorg", "registration_authority")),
        Field("status", N_("登记状态"), status, ("经营状态", "企业状态", "状态", "存续状态", "regstate", "status")),
        Field(
            "status_on",
            N_("注销（吊销）日期"),
            values.day,
            ("注销日期", "吊销日期", "状态日期", "candate", "revdate"),
            lenient=True,
        ),
        Field("status_reason", N_("注销（吊销）原因"), values.text, ("注销原因", "吊销原因")),
        Field(
            "address",
            N_("住所"),
            values.text,
            ("地址", "注册地址", "住所（经营场所）", "经营场所", "住址", "dom", "address", "registered_address"),
        ),
        Field(
            "business_address",
            N_("生产经营地"),
            values.text,
            ("实际经营地址", "生产经营地址", "经营地址", "proloc", "business_address"),
        ),
        Field("province", N_("省份"), values.text, ("省", "所属省份", "province")),
        Field("city", N_("城市"), values.text, ("市", "地市", "所属城市", "city")),
        Field(
            "division_code",
            N_("行政区划代码"),
            values.whole_number_text,
            ("行政区划", "区划代码", "区划", "division_code", "admin_code", "regioncode"),
        ),
        Field(
            "industry",
            N_("行业代码"),
            values.industry,
            ("行业", "所属行业", "国民经济行业", "industryco", "industry_code", "industry"),
            lenient=True,
            note=N_("GB/T 4754-2017 代码或名称。"),
        ),
        Field(
            "section",
            N_("行业门类"),
            values.industry,
            ("门类", "industryphy", "industry_guess", "industry_section"),
            lenient=True,
        ),
        Field(
            "scope",
            N_("经营范围"),
            values.text,
            ("经营（业务）范围", "经营范围及方式", "opscope", "scope", "business_scope"),
        ),
        Field("employees", N_("从业人数"), values.count, ("从业人员", "员工人数", "empnum", "employees"), lenient=True),
        Field(
            "parent",
            N_("隶属企业代码"),
            values.subject_number,
            ("隶属企业统一社会信用代码", "总公司代码", "parent_uscc", "parent"),
            lenient=True,
        ),
        Field("cluster", N_("集群注册"), values.flag, ("是否集群注册", "托管地址", "cluster_address"), lenient=True),
        Field("tags", N_("监管标签"), _tags, ("标签", "tags"), note=N_("以顿号分隔，例如：食品经营、药品零售。")),
    ),
    examples=(
        Example(
            {
                "uscc": "91411602MA4400008R",
                "name": "周口示例商贸有限公司",
                "type": "1130",
                "legal_representative": "张示例",
                "capital": "100(万元)",
                "established_on": "2018年3月5日",
                "status": "存续（在营、开业、在册）",
                "address": "周口市川汇区示例路1号",
                "industry": "F5211",
                "scope": "日用百货销售",
                "employees": "12人",
            },
            {
                "uscc": "91411602MA4400008R",
                "subject_class": "company",
                "type_name": "有限责任公司(自然人投资或控股)",
                "capital_wan": "100.000000",
                "currency": "CNY",
                "established_on": "2018-03-05",
                "status": "active",
                "industry_section": "F",
                "industry_code": "5211",
                "employees": 12,
            },
        ),
        Example(
            {
                "uscc": "９２４１１６２７ma4400024k",
                "name": "太康县示例小吃店",
                "type": "个体工商户",
                "legal_representative": "李示例",
                "capital": "20000元",
                "established_on": "43500",
                "status": "歇业",
                "address": "太康县城关镇示例街2号",
                "industry": "餐饮业",
            },
            {
                "uscc": "92411627MA4400024K",
                "subject_class": "individual",
                "type_code": "9500",
                "capital_wan": "2.000000",
                "established_on": "2019-02-04",
                "status": "suspended",
                "industry_section": "H",
                "industry_code": "62",
            },
        ),
        Example(
            {
                "uscc": "411681000012347",
                "name": "项城市示例农民专业合作社",
                "type": "农民专业合作社",
                "capital": "10(万美元)",
                "established_on": "2009/7/1",
                "status": "吊销，未注销",
                "status_on": "20160108",
                "address": "项城市南顿镇示例村",
            },
            {
                "uscc": None,
                "reg_no": "411681000012347",
                "subject_class": "cooperative",
                "capital_wan": "10.000000",
                "currency": "USD",
                "status": "revoked",
                "status_on": "2016-01-08",
                "address_key": None,
            },
        ),
    ),
)
