"""How the console words what it shows: jobs, shapes of parameters, signs of trouble. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from casework.core.i18n import N_, _

JOBS: dict[str, str] = {
    "registry.read_batch": N_("读取导入批次"),
    "grading.regrade_batch": N_("批次入库后重新分类"),
    "grading.regrade": N_("单户重新分类"),
    "grading.carry_out_run": N_("全量分类运行"),
    "warning.judge_grade_change": N_("等级变化预警研判"),
    "warning.scan": N_("风险预警扫描"),
    "sampling.chunk_cases": N_("抽取结果分批"),
    "sampling.open_drawn_cases": N_("生成检查任务"),
    "disclosure.publish_result": N_("公示检查结果"),
    "disclosure.feed_back": N_("公示结果记入信用记录"),
    "intake.take_back_outcome": N_("核查结果回传受理台"),
    "documents.render": N_("制作文书 PDF"),
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
    "red": N_("红色"),
    "orange": N_("橙色"),
    "yellow": N_("黄色"),
    "city": N_("市局"),
    "county": N_("县（市、区）局"),
    "official": N_("公文"),
    "form": N_("执法文书"),
}
"""Words for the keys of structured parameters; A to D and the like speak for themselves."""

KINDS: dict[str, str] = {
    "account": N_("用户账号"),
    "org_unit": N_("机构"),
    "officer": N_("执法检查人员"),
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
    "console.run_again": N_("重新运行任务"),
    "console.cancel_job": N_("取消任务"),
    "console.set_parameter": N_("设定参数"),
    "console.set_calendar_day": N_("录入工作日历"),
    "console.remove_calendar_day": N_("删除待确认日期"),
    "console.export_audit": N_("导出审计日志"),
}
"""What was done, by the action of an audit entry."""

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


def action_label(action: str) -> str:
    """What an audit entry says was done in Chinese, or as it is stored."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def is_term(value: Any) -> bool:
    """Whether a parameter is a legal term: `{days, working}`."""
    return isinstance(value, Mapping) and value.keys() == {"days", "working"}


def key_label(key: str) -> str:
    """The word for one key of a structured parameter."""
    return _(KEYS[key]) if key in KEYS else key


def worded(value: Any) -> str:
    """A parameter's value as a reader understands it: `20 个工作日`, `A 100 · B 300`, `2`."""
    if is_term(value):
        days = f"{value['days']:,}"
        return _("%(days)s 个工作日", days=days) if value["working"] else _("%(days)s 天", days=days)
    if isinstance(value, Mapping):
        return " · ".join(f"{key_label(key)} {worded(part)}" for key, part in value.items())
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


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
