"""Marshmallow as the house uses it: unknown fields ignored, sentences in Chinese, days and moments aware."""

from typing import Any

import marshmallow
from marshmallow import EXCLUDE, ValidationError, fields, validate

from casework.core.i18n import N_

fields.Field.default_error_messages.update(
    required=N_("请填写此项。"), null=N_("请填写此项。"), validator_failed=N_("填写的内容不符合要求。")
)
fields.String.default_error_messages.update(invalid=N_("请填写文字。"), invalid_utf8=N_("文字编码不正确。"))
fields.Integer.default_error_messages.update(invalid=N_("请填写整数。"))
fields.Number.default_error_messages.update(invalid=N_("请填写数字。"), too_large=N_("数字过大。"))
fields.Date.default_error_messages.update(
    invalid=N_("请填写日期，例如 2026-03-05。"),
    format=N_("日期无法显示。"),
)
fields.DateTime.default_error_messages.update(invalid=N_("请填写日期和时间，例如 2026-03-05 09:30。"))
fields.Boolean.default_error_messages.update(invalid=N_("请选择是或否。"))
fields.List.default_error_messages.update(invalid=N_("请至少选择一项。"))
validate.Length.message_min = N_("请至少选择一项。")


SEPARATORS = str.maketrans("、，；;\n", ",,,,,")


class Schema(marshmallow.Schema):
    """Base of all schemas of the house."""

    class Meta:
        unknown = EXCLUDE


def text(*, longest: int = 200, shortest: int = 1, required: bool = True, **more: Any) -> fields.String:
    """A line of text of bounded length."""
    return fields.String(
        required=required,
        validate=validate.Length(
            min=shortest if required else None, max=longest, error=N_("文字长度不符合要求，请缩短或补全。")
        ),
        **more,
    )


def choice(options: Any, *, required: bool = True, **more: Any) -> fields.String:
    """One of several keys."""
    return fields.String(
        required=required, validate=validate.OneOf(list(options), error=N_("请从列表中选择。")), **more
    )


def choices(options: Any, *, required: bool = True, **more: Any) -> fields.List[Any]:
    """Some of several keys."""
    at_least = validate.Length(min=1, error=N_("请至少选择一项。")) if required else None
    if not required:
        more.setdefault("load_default", list)
    return fields.List(choice(options), required=required, validate=at_least, **more)


class Words(fields.String):
    """Several words in one line, between commas of any kind: a list."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        line = super()._deserialize(value, attr, data, **kwargs)
        return [word for word in map(str.strip, line.translate(SEPARATORS).split(",")) if word]


__all__ = ["Schema", "ValidationError", "Words", "choice", "choices", "fields", "text", "validate"]
