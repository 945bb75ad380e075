"""How the console words what it shows: jobs, shapes of parameters, signs of trouble. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casework.core.i18n import N_, _
from casework.core.workflow import move_label

JOBS: dict[str, str] = {
    "registry.read_batch": N_("读取导入批次"),
    "grading.regrade_batch": N_("批次入库后重新分类"),
    "grading.regrade": N_("单户重新分类"),
    "grading.carry_out_run": N_("全量分类运行"),
    "grading.carry_out_simulation": N_("分类模型试算"),
    "keydomains.reassess_batch": N_("批次入库后重新评定专业等级"),
    "keydomains.reassess": N_("单户重新评定专业等级"),
    "keydomains.reassess_graded": N_("信用等级变化后重新评定监管级别"),
    "keydomains.assess_after_run": N_("分类运行后重新评定监管级别"),
    "keydomains.assess_everybody": N_("全部重新评定专业等级"),
    "warning.judge_grade_change": N_("等级变化预警研判"),
    "warning.scan": N_("风险预警扫描"),
    "sampling.freeze_for": N_("冻结检查对象名录"),
    "sampling.prepare_unattended": N_("到期活动自动冻结与承诺"),
    "sampling.draw_unattended": N_("到期活动自动抽取"),
    "sampling.chunk_cases": N_("抽取结果分批"),
    "sampling.keep_bundle": N_("保存抽取核验包"),
    "sampling.open_drawn_cases": N_("生成检查任务"),
    "disclosure.publish_result": N_("公示检查结果"),
    "disclosure.feed_back": N_("公示结果记入信用记录"),
    "intake.take_back_outcome": N_("核查结果回传受理台"),
    "documents.render": N_("制作文书 PDF"),
    "documents.render_wanted": N_("补做文书 PDF"),
}
"""What an operation does, in the operators' words, by the key of its line in the workers' table."""

STATES: dict[str, str] = {
    "failed": N_("出错中止"),
    "running": N_("进行中"),
    "queued": N_("等待重试"),
    "refused": N_("未受理"),
    "cancelled": N_("已取消"),
    "done": N_("已完成"),
}
"""The states of a job in the order in which an operator looks at them."""

MEANINGS: dict[str, str] = {
    "failed": N_("多次尝试仍出错，已停止，数据保持办理前的样子。查看原因并排除后，可以重新运行。"),
    "running": N_("正在办理。长时间没有进展的，先看进度说明，必要时可以取消。"),
    "queued": N_("上一次尝试出错，系统会自动再试，间隔逐次加长；一般不需要处理。"),
    "refused": N_("业务规则不允许办理，原因已写明。按原因更正业务数据后，可以重新运行。"),
    "cancelled": N_("由运维人员取消，没有留下任何改动，可以重新运行。"),
    "done": N_("已经办完，结果已保存。"),
}

KEYS: dict[str, str] = {
    "days": N_("天数"),
    "working": N_("计算方式"),
    "red": N_("红色"),
    "orange": N_("橙色"),
    "yellow": N_("黄色"),
    "levels": N_("分级界限"),
    "ratio": N_("倍数"),
    "sigmas": N_("标准差倍数"),
    "least": N_("起算户数"),
    "kinds": N_("事项种类"),
    "representative": N_("法定代表人变更次数"),
    "address": N_("住所变更次数"),
    "complaints": N_("投诉件数"),
    "complaints_full": N_("投诉满分件数"),
    "risky": N_("高风险主体"),
    "problems": N_("检查发现问题"),
    "abnormal": N_("经营异常"),
    "similarity_percent": N_("相似度（%）"),
    "shown": N_("显示条数"),
    "accept": N_("受理"),
    "mediate": N_("调解"),
    "verify": N_("核查"),
    "city": N_("市局"),
    "county": N_("县（市、区）局"),
    "official": N_("公文"),
    "form": N_("执法文书"),
    "points": N_("分值"),
    "most": N_("最高分"),
    "months": N_("月数"),
    "static": N_("静态因素最高分"),
    "dynamic": N_("动态因素最高分"),
    "function": N_("合成方式"),
    "professional": N_("专业分折算为"),
    "credit": N_("信用等级分"),
    "limits": N_("各级最高分"),
    "matrix": N_("对照表"),
    "unclassified": N_("未分类按"),
    "certified": N_("体系认证调低级数"),
    "intentional": N_("故意违法调高级数"),
    "intentional_months": N_("故意违法往前看的月数"),
    "serious": N_("严重违法失信直接列为一级"),
    "tier1": N_("一级"),
    "tier2": N_("二级"),
    "tier3": N_("三级"),
    "tier4": N_("四级"),
    "off_site_first": N_("先非现场"),
    "full_items": N_("全项目检查"),
    "food": N_("食品安全"),
    "drug": N_("药品医疗器械化妆品"),
    "equipment": N_("特种设备"),
    "production": N_("生产"),
    "catering": N_("餐饮服务"),
    "sales": N_("食品销售"),
    "company": N_("规模较大（企业）"),
    "vulnerable": N_("供应特定人群"),
    "special_food": N_("特殊食品"),
    "new": N_("新取得许可"),
    "failed_test": N_("抽检不合格"),
    "corrected": N_("责令改正"),
    "pending": N_("待后续处理"),
    "uncooperative": N_("不配合检查"),
    "penalty": N_("行政处罚"),
    "report": N_("举报查实"),
    "overdue_rectification": N_("逾期未改"),
    "narcotic": N_("麻醉、精神药品"),
    "use": N_("使用单位"),
    "retail": N_("药品零售"),
    "device": N_("医疗器械"),
    "cold_chain": N_("疫苗、冷藏、植入"),
    "gathering": N_("公众聚集场所"),
    "dangerous": N_("危险性较大的设备"),
    "number": N_("设备台数"),
    "overdue_inspection": N_("超期未检验"),
}
"""Words for the keys of structured parameters; A to D and the like speak for themselves."""

CHOICES: dict[str, tuple[str, str]] = {"working": (N_("自然日"), N_("工作日"))}
"""What no and yes mean for a key whose value is one of the two."""

KINDS: dict[str, str] = {
    "account": N_("用户账号"),
    "org_unit": N_("机构"),
    "officer": N_("执法检查人员"),
    "enterprise": N_("经营主体"),
    "credit_record": N_("信用记录"),
    "import_batch": N_("导入批次"),
    "waiting_row": N_("待匹配记录"),
    "classification_run": N_("分类运行"),
    "grading_model": N_("分类模型"),
    "simulation": N_("模型试算"),
    "adjustment": N_("等级调整"),
    "official_batch": N_("省级等级批次"),
    "sharing_client": N_("共享部门"),
    "replay_check": N_("重算核对"),
    "inspection_item": N_("抽查事项"),
    "plan": N_("年度抽查计划"),
    "campaign": N_("抽查活动"),
    "recusal": N_("回避"),
    "case": N_("检查案件"),
    "document": N_("文书"),
    "number_series": N_("文号"),
    "intake_item": N_("投诉举报与线索"),
    "key_subject": N_("重点监管对象"),
    "professional_batch": N_("专业等级批次"),
    "coverage_plan": N_("全覆盖检查计划"),
    "alert": N_("风险预警"),
    "publication": N_("公示事项"),
    "job": N_("后台任务"),
    "parameter": N_("参数"),
    "calendar_day": N_("工作日历"),
    "export": N_("导出"),
}
"""Kinds of subjects in the audit log."""

ACTIONS: dict[str, str] = {
    "accounts.sign_in": N_("登录"),
    "accounts.fail_to_sign_in": N_("登录失败"),
    "accounts.lock": N_("登录失败，账号锁定"),
    "accounts.create_account": N_("开通账号"),
    "accounts.change_account": N_("变更账号"),
    "accounts.unlock_account": N_("解锁账号"),
    "accounts.reset_password": N_("重置密码"),
    "accounts.change_password": N_("修改密码"),
    "accounts.create_unit": N_("添加机构"),
    "accounts.change_unit": N_("变更机构"),
    "accounts.keep_officer": N_("维护名录"),
    "accounts.keep_expert": N_("维护专家名录"),
    "console.run_again": N_("重新运行任务"),
    "console.cancel_job": N_("取消任务"),
    "console.set_parameter": N_("设定参数"),
    "console.set_calendar_day": N_("录入工作日历"),
    "console.remove_calendar_day": N_("删除待确认日期"),
    "console.export_audit": N_("导出审计日志"),
    "documents.next_number": N_("取得文号"),
    "documents.render": N_("制作 PDF"),
    "registry.receive_file": N_("接收数据文件"),
    "registry.read_batch": N_("读取导入批次"),
    "registry.read_again": N_("重新读取导入批次"),
    "registry.keep_import": N_("确认导入"),
    "registry.refuse_batch": N_("导入未受理"),
    "registry.map_columns": N_("对应数据列"),
    "registry.match_waiting": N_("匹配主体"),
    "registry.discard_waiting": N_("放弃待匹配记录"),
    "registry.restore_waiting": N_("恢复待匹配记录"),
    "registry.record": N_("登记信用记录"),
    "registry.export": N_("导出主体名单"),
    "grading.request_run": N_("发起分类运行"),
    "grading.carry_out_run": N_("完成分类运行"),
    "grading.draft_model": N_("起草分类模型"),
    "grading.request_simulation": N_("发起模型试算"),
    "grading.carry_out_simulation": N_("完成模型试算"),
    "grading.check_replay": N_("重算核对"),
    "grading.import_official": N_("导入省级等级"),
    "grading.admit_client": N_("登记共享部门"),
    "grading.dismiss_client": N_("停用共享令牌"),
    "adjustment.propose": N_("提出等级调整"),
    "sampling.keep_item": N_("维护抽查事项"),
    "sampling.publish_item": N_("公布抽查事项"),
    "sampling.discard_item": N_("放弃事项草稿"),
    "sampling.withdraw_item": N_("停用抽查事项"),
    "sampling.ensure_default_items": N_("装入事项清单"),
    "sampling.create_plan": N_("编制年度计划"),
    "sampling.revise_plan": N_("制定计划新版本"),
    "sampling.keep_line": N_("维护计划任务"),
    "sampling.remove_line": N_("删除计划任务"),
    "sampling.create_campaign": N_("建立抽查活动"),
    "sampling.change_campaign": N_("修改抽查方案"),
    "sampling.discard_campaign": N_("放弃抽查方案"),
    "sampling.invite": N_("邀请见证人"),
    "sampling.contribute": N_("提交见证随机数"),
    "sampling.open_seals": N_("查看密封对应关系"),
    "sampling.propose_cancel": N_("提出作废"),
    "sampling.drop_cancel": N_("撤回作废申请"),
    "sampling.declare_recusal": N_("申报回避"),
    "sampling.decide_recusal": N_("决定回避"),
    "sampling.declare_tie": N_("申报任职与亲属"),
    "sampling.end_tie": N_("撤销任职与亲属申报"),
    "sampling.keep_directory": N_("编写名录库"),
    "sampling.import_directory": N_("导入名录库对象"),
    "sampling.publish_directory": N_("公布名录库"),
    "sampling.discard_directory": N_("删除名录库版本"),
    "sampling.withdraw_directory": N_("停用名录库"),
    "sampling.end_recusal": N_("解除回避"),
    "cases.ask_assistant": N_("安排专家或第三方辅助"),
    "cases.release_assistant": N_("取消专家或第三方辅助"),
    "cases.open_case": N_("建立检查案件"),
    "cases.open_many": N_("批量建立检查案件"),
    "cases.reveal_telephone": N_("查看联系电话"),
    "cases.remind_overdue": N_("逾期催办"),
    "intake.reveal": N_("查看举报人信息"),
    "intake.search_informant": N_("按举报人查询"),
    "intake.remind_overdue": N_("逾期催办"),
    "keydomains.request_assessment": N_("发起重新评定"),
    "keydomains.import_grades": N_("导入专业等级"),
    "keydomains.export": N_("导出重点监管对象"),
    "keydomains.plan_coverage": N_("编制全覆盖检查计划"),
    "keydomains.change_coverage": N_("修改全覆盖检查计划"),
    "disclosure.publish_result": N_("公示检查结果"),
    "disclosure.feed_back": N_("公示结果记入信用记录"),
    "disclosure.ask_withdrawal": N_("申请撤回公示"),
    "disclosure.refuse_withdrawal": N_("不同意撤回公示"),
}
"""What was done, by the action of an audit entry; moves of a workflow bring their own words."""

OUTBOX_PATIENCE = timedelta(seconds=60)
"""An announced message that waits longer than this shows that the relay does not work."""


@dataclass(frozen=True)
class Sign:
    """One vital sign: what is looked at, how it stands, what that means, and what to do when it is not well."""

    label: str
    seen: str
    well: bool
    means: str
    todo: str


def job_label(handler: str) -> str:
    """What a job does, in Chinese; a line that nobody worded is shown by its key."""
    return _(JOBS[handler]) if handler in JOBS else handler


def kind_label(kind: str) -> str:
    """The kind of a subject in Chinese, or as it is stored."""
    return _(KINDS[kind]) if kind in KINDS else kind


WATCHED_ACTIONS = (
    "intake.reveal", "cases.reveal_telephone", "accounts.lock", "accounts.fail_to_sign_in", "accounts.create_account", "accounts.change_account",
    "accounts.reset_password", "accounts.unlock_account", "console.set_parameter", "console.export_audit",
    "registry.export", "keydomains.export", "sampling.open_seals",
)  # fmt: skip
"""What an auditor looks at first: secrets seen, accounts and parameters changed, data taken out of the house."""


def action_label(action: str) -> str:
    """What an audit entry says was done in Chinese, or as it is stored."""
    return _(ACTIONS.get(action) or move_label(action) or action)


def is_term(value: Any) -> bool:
    """Whether a parameter is a legal term: `{days, working}`."""
    return isinstance(value, Mapping) and value.keys() == {"days", "working"}


def key_label(key: str) -> str:
    """The word for one key of a structured parameter."""
    return _(KEYS[key]) if key in KEYS else key


def path_label(path: Sequence[str]) -> str:
    """The words for a leaf of a structured parameter: `分级界限：红色`."""
    return _("：").join(key_label(key) for key in path) or _("取值")


def choice_labels(path: Sequence[str]) -> tuple[str, str]:
    """What no and yes mean at a leaf."""
    no, yes = CHOICES.get(path[-1] if path else "", (N_("否"), N_("是")))
    return _(no), _(yes)


def worded(value: Any) -> str:
    """A parameter's value as a reader understands it: `20 个工作日`, `A 100 · B 300`, `2`."""
    if is_term(value):
        days = f"{value['days']:,}"
        return _("%(days)s 个工作日", days=days) if value["working"] else _("%(days)s 天", days=days)
    if isinstance(value, Mapping):
        return " · ".join(f"{key_label(key)} {worded(part)}" for key, part in value.items())
    if isinstance(value, list):
        return _("、").join(worded(part) for part in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def placeholders(text: str) -> set[str]:
    """The names in braces that a text leaves to be filled in, e.g. `{year}` of a number pattern."""
    return set(re.findall(r"\{(\w+)\}", text))


def waited(seconds: float) -> str:
    """A span of waiting in words."""
    if seconds < 60:
        return _("%(count)s 秒", count=round(seconds))
    if seconds < 3600:
        return _("%(count)s 分钟", count=round(seconds / 60))
    return _("%(count)s 小时", count=round(seconds / 3600))
