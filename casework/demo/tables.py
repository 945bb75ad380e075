"""The files in which the city's records arrive: headings, encodings and notations as offices use them, with their slips."""

import csv
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from casework.demo.dice import Dice
from casework.demo.population import Subject
from casework.demo.story import Cells, Told
from casework.registry.reference import industries

# ---- How offices write -----------------------------------------------------------------------------------------------

Dialect = Mapping[str, str]
"""The headings of a file by field, in the order of its columns."""

FULL: Dialect = {
    "uscc": "统一社会信用代码", "reg_no": "注册号", "name": "名称", "type": "主体类型", "legal_representative": "法定代表人（负责人）",
    "person_id": "法定代表人证件号码", "phone": "联系电话", "capital": "注册资本", "paid_capital": "实收资本（万元）", "established_on": "成立日期",
    "approved_on": "核准日期", "registrar": "登记机关", "status": "登记状态", "status_on": "注销（吊销）日期", "address": "住所（经营场所）",
    "industry": "行业代码", "scope": "经营范围", "employees": "从业人数", "parent": "隶属企业统一社会信用代码", "cluster": "是否集群注册", "tags": "监管标签",
}  # fmt: skip
SHORT: Dialect = {
    "name": "企业名称", "uscc": "信用代码", "reg_no": "工商注册号", "legal_representative": "法人代表", "person_id": "身份证号", "type": "企业类型",
    "capital": "注册资金", "paid_capital": "实缴资本（万元）", "established_on": "登记日期", "approved_on": "发照日期", "status": "经营状态",
    "status_on": "注销日期", "address": "地址", "industry": "所属行业", "scope": "经营范围及方式", "employees": "从业人员", "phone": "联系方式",
    "parent": "总公司代码", "cluster": "集群注册", "tags": "标签", "registrar": "登记机关",
}  # fmt: skip
LATIN: Dialect = {
    "uscc": "uniscid", "reg_no": "regno", "name": "entname", "type": "enttype", "legal_representative": "lerep", "person_id": "cerno",
    "phone": "tel", "capital": "regcap", "paid_capital": "reccap", "established_on": "estdate", "approved_on": "apprdate", "registrar": "regorg",
    "status": "regstate", "status_on": "candate", "address": "dom", "industry": "industryco", "scope": "opscope", "employees": "empnum",
    "parent": "parent_uscc", "cluster": "cluster_address", "tags": "tags",
}  # fmt: skip

RECORDS: Mapping[str, Dialect] = {
    "registrations": {"happened_on": "登记日期", "authority": "登记机关"},
    "changes": {"item": "变更事项", "before": "变更前内容", "after": "变更后内容", "happened_on": "变更日期", "authority": "登记机关"},
    "filings": {"item": "备案事项", "content": "备案内容", "happened_on": "备案日期", "authority": "备案机关"},
    "annual_reports": {"year": "年报年度", "happened_on": "公示日期", "revenue": "营业总收入（万元）", "profit": "利润总额（万元）", "assets": "资产总额（万元）", "tax": "纳税总额（万元）"},
    "abnormal_list": {"reason": "列入经营异常名录原因", "happened_on": "列入日期", "document_no": "列入决定书文号", "authority": "作出决定机关", "ends_on": "移出日期", "removal_reason": "移出经营异常名录原因", "removal_authority": "移出决定机关", "revoked_on": "撤销（更正）日期"},
    "penalties": {"document_no": "行政处罚决定书文号", "violation": "违法行为类型", "domain": "领域", "basis": "处罚依据", "procedure": "处罚程序", "sort": "处罚种类", "content": "处罚内容", "amount": "罚没金额（元）", "degree": "失信程度", "authority": "决定机关", "happened_on": "处罚决定日期", "published_on": "公示日期", "publicity_until": "公示截止期", "settled": "履行状态", "revoked_on": "撤销日期", "repaired_on": "信用修复日期"},
    "serious_list": {"category": "类别", "reason": "列入原因", "happened_on": "列入日期", "document_no": "列入决定书文号", "authority": "列入决定机关", "ends_on": "移出日期"},
    "defaulters": {"document_no": "casecode", "basis_no": "gistid", "authority": "courtname", "conduct": "disrupttypename", "performance": "performance", "amount": "执行标的", "happened_on": "publishdate", "ends_on": "屏蔽（删除）日期"},
    "other_abnormal": {"matter": "认定事项", "authority": "认定部门", "happened_on": "认定日期", "ends_on": "解除日期"},
    "unpaid_penalties": {"matter": "事项", "document_no": "决定书文号", "authority": "认定机关", "happened_on": "认定日期", "ends_on": "履行日期"},
    "overdue_rectifications": {"matter": "事项", "document_no": "文号", "authority": "机关", "happened_on": "认定日期", "ends_on": "终止日期"},
    "disqualifications": {"matter": "事由", "authority": "机关", "happened_on": "开始日期", "ends_on": "结束日期"},
    "honours": {"matter": "认定事项", "authority": "认定机关", "happened_on": "认定日期", "ends_on": "终止日期"},
    "equity_pledges": {"document_no": "equityno", "pledgor": "pledgor", "pledgee": "imporg", "amount": "impam", "happened_on": "equpledate", "ends_on": "candate", "authority": "regorg"},
    "equity_freezes": {"document_no": "执行裁定书文号", "debtor": "被执行人", "amount": "股权数额", "happened_on": "冻结期限自", "ends_on": "解除日期", "authority": "执行法院"},
    "ip_pledges": {"document_no": "质权登记号", "right": "权利种类", "subject": "质押标的", "pledgor": "出质人名称", "pledgee": "质权人名称", "happened_on": "质权登记日期"},
    "licences": {"licence": "许可证名称", "document_no": "许可证号", "content": "许可内容", "happened_on": "有效期自", "ends_on": "有效期至", "authority": "发证机关"},
    "complaints": {"document_no": "投诉编号", "matter": "问题类别", "outcome": "办理结果", "happened_on": "受理日期", "authority": "承办单位"},
    "reports": {"document_no": "举报编号", "matter": "违法线索类别", "outcome": "核查结果", "happened_on": "登记日期", "authority": "核查单位"},
    "opinions": {"headline": "舆情标题", "weight": "舆情等级", "medium": "媒体", "happened_on": "发现日期"},
    "product_tests": {"document_no": "抽样单编号", "product": "样品名称", "lot": "生产日期（批号）", "outcome": "检验结论", "failure": "不合格项目", "happened_on": "报告日期", "authority": "组织抽检机关"},
    "equipment": {"document_no": "使用登记证编号", "sort": "设备种类", "gathering": "是否公众聚集场所", "place": "使用地点", "happened_on": "登记日期", "inspect_by": "检验有效期至", "maintained_by": "维保单位", "authority": "登记机关"},
    "spot_checks": {"document_no": "检查任务编号", "plan": "抽查计划名称", "item": "抽查事项", "sort": "instype", "result": "insres", "happened_on": "insdate", "ends_on": "处理完毕日期", "authority": "insauth"},
}  # fmt: skip
"""The columns of each source of records after code and name: titles of the national publicity system among plain ones."""

DAYS = ("{0:%Y-%m-%d}", "{0.year}年{0.month}月{0.day}日", "{0.year}/{0.month}/{0.day}", "{0:%Y%m%d}")
"""Notations of days; each source keeps to its own."""

DATES = frozenset({"happened_on", "ends_on", "revoked_on", "repaired_on", "published_on", "publicity_until", "established_on", "approved_on", "status_on", "lot", "inspect_by"})  # fmt: skip

OLD_NUMBERS = {"spot_checks": 0.14, "defaulters": 0.38}
"""How often these sources give the 15-digit number where there is one."""

SHORT_NUMBER, LOWER_CASE, FULL_WIDTH, TWICE = 0.0008, 0.0002, 0.0006, 0.0015
"""How often a number has lost digits, a code is in lower case or full width, a row stands in the file twice."""


# ---- Files -----------------------------------------------------------------------------------------------------------


class Table:
    """One file of rows; how it says things follows its source and, for the register, its dialect."""

    def __init__(self, path: Path, source: str, dialect: Dialect | None) -> None:
        self.path, self._source, self._dialect = path, source, dialect
        self.headings = dialect or {"uscc": "统一社会信用代码", "name": "企业名称", **RECORDS[source]}

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def tell(self, told: Told, cells: Cells, dice: Dice) -> None:
        """Writes a row, now and then twice."""
        said = {"name": told.subject.name, **cells, **self._numbers(told.subject, cells, dice)}
        row = [self._cell(field, said.get(field, ""), told.subject, dice) for field in self.headings]
        for _each in range(2 if dice.chance(TWICE) else 1):
            self.write(row)

    def write(self, row: Sequence[str]) -> None:
        """Puts one row of cells into the file."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the file."""
        raise NotImplementedError

    def _numbers(self, subject: Subject, cells: Cells, dice: Dice) -> dict[str, str]:
        code, old = cells.get("uscc") or subject.uscc or "", subject.reg_no or ""
        if self._dialect is not None:
            return {"uscc": _slipped(code, dice), "reg_no": old}
        gives_old = old and (not code or dice.chance(OLD_NUMBERS.get(self._source, 0.0)))
        return {"uscc": _slipped(old if gives_old else code, dice)}

    def _cell(self, field: str, text: str, subject: Subject, dice: Dice) -> str:
        if not text:
            return ""
        if field in DATES:
            return DAYS[len(self._source) % len(DAYS)].format(date.fromisoformat(text))
        if field == "name":
            return _spelt(text, dice)
        if self._dialect is None:
            return text
        match field:
            case "capital":
                return _capital(text, self._dialect, dice)
            case "status":
                return _status(text, self._dialect)
            case "industry":
                return text[1:] if self._dialect is LATIN else industries()[text] if self._dialect is SHORT else text
            case "type":
                return "" if self._dialect is LATIN and dice.chance(0.89) and not subject.parent else text
            case "scope" if dice.chance(0.1):
                return f"一般项目：{text}（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）***"
        return text


class CsvTable(Table):
    """A CSV file."""

    def __init__(self, path: Path, source: str, dialect: Dialect | None, encoding: str) -> None:
        super().__init__(path, source, dialect)
        self._file = path.open("w", encoding=encoding, newline="")
        self._rows = csv.writer(self._file)
        self.write(list(self.headings.values()))

    def write(self, row: Sequence[str]) -> None:
        self._rows.writerow(row)

    def close(self) -> None:
        self._file.close()


class WorkbookTable(Table):
    """An XLSX file with a title above its headings."""

    def __init__(self, path: Path, source: str, dialect: Dialect | None, title: str) -> None:
        super().__init__(path, source, dialect)
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title[:30])
        self.write([f"{title}（内部资料）"])
        self.write(list(self.headings.values()))

    def write(self, row: Sequence[str]) -> None:
        self._sheet.append(list(row))

    def close(self) -> None:
        packed = BytesIO()
        self._book.save(packed)
        with zipfile.ZipFile(packed) as made, zipfile.ZipFile(self.path, "w") as kept:
            for name in made.namelist():
                kept.writestr(zipfile.ZipInfo(name), _without_the_hour(name, made.read(name)), zipfile.ZIP_DEFLATED)


def _without_the_hour(name: str, data: bytes) -> bytes:
    """A workbook says when it was made; the same rows are to give the same bytes."""
    moment = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    return re.sub(moment, b"2022-04-27T00:00:00Z", data) if name == "docProps/core.xml" else data


# ---- Notations and slips ---------------------------------------------------------------------------------------------


def _slipped(number: str, dice: Dice) -> str:
    """A number as it was typed: nearly always right."""
    throw = dice.number()
    if throw < SHORT_NUMBER:
        return number[: dice.whole(13, 14)]
    if throw < SHORT_NUMBER + LOWER_CASE:
        return number.lower()
    if throw < SHORT_NUMBER + LOWER_CASE + FULL_WIDTH:
        return "".join(chr(ord(letter) + 0xFEE0) for letter in number)
    return number


def _spelt(name: str, dice: Dice) -> str:
    """A name as another office spells it: the other brackets, a space too many, a star."""
    throw = dice.number()
    if throw < 0.03 and ("（" in name or "(" in name):
        return name.translate(str.maketrans("（）()", "()（）"))
    if throw < 0.002:
        return f" {name} "
    return f"{name}*" if throw < 0.003 else name


def _capital(wan: str, dialect: Dialect, dice: Dice) -> str:
    """Registered capital, in 10,000 yuan, as registers write it."""
    throw = dice.number()
    if throw < 0.00005:
        return f"1380000{dice.whole(0, 9999):04d}"
    if throw < 0.002:
        return f"{wan}(万美元)"
    if dialect is LATIN or throw < 0.3:
        return wan
    amount = f"{float(wan):,.0f}" if float(wan).is_integer() else wan
    return f"{amount}(万元)" if throw < 0.65 else f"{wan}万元人民币" if throw < 0.9 else f"{wan}万元"


def _status(status: str, dialect: Dialect) -> str:
    if status != "存续":
        return status
    return {id(SHORT): "在业", id(LATIN): "存续（在营、开业、在册）"}.get(id(dialect), "存续")
