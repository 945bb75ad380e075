"""What may come in through the forms of the console."""

from datetime import date
from typing import Any

from marshmallow import validates_schema

from casework.console.rules import STATES, is_term, placeholders
from casework.core.i18n import N_, _
from casework.core.schemas import Schema, ValidationError, choice, fields, text, validate

LARGEST = 1_000_000_000
WORKING = {"1": N_("工作日"), "0": N_("自然日")}
WORKED = {"0": N_("放假"), "1": N_("上班（调休）")}


class JobFilter(Schema):
    state = choice(STATES, required=False)


class Dating(Schema):
    """From which day a value holds, and which document says so."""

    effective_from = fields.Date(required=True)
    document_no = text(longest=200)


def value_schema(shipped: Any) -> Schema:
    """The form of a new value, after the shape of the shipped one: a field `value`, or one `value-<key>` for each key.

    Texts must keep the placeholders of the shipped text.
    """
    if is_term(shipped):
        parts: dict[str, fields.Field[Any]] = {
            "value-days": _number(shipped["days"]),
            "value-working": choice(WORKING, required=True),
        }
    elif isinstance(shipped, dict):
        parts = {f"value-{key}": _part(part) for key, part in shipped.items()}
    else:
        parts = {"value": _part(shipped)}
    return type("Value", (Dating,), parts)()


def value_of(shipped: Any, data: dict[str, Any]) -> Any:
    """The new value that a form of `value_schema` describes."""
    if is_term(shipped):
        return {"days": data["value-days"], "working": data["value-working"] == "1"}
    if isinstance(shipped, dict):
        return {key: data[f"value-{key}"] for key in shipped}
    return data["value"]


def typed_of(value: Any) -> dict[str, Any]:
    """How a value stands in that form."""
    if is_term(value):
        return {"value-days": value["days"], "value-working": "1" if value["working"] else "0"}
    if isinstance(value, dict):
        return {f"value-{key}": part for key, part in value.items()}
    return {"value": value}


def _part(shipped: Any) -> fields.Field[Any]:
    return _text(shipped) if isinstance(shipped, str) else _number(shipped)


def _number(shipped: Any) -> fields.Field[Any]:
    kind = fields.Integer if isinstance(shipped, int) else fields.Float
    return kind(required=True, validate=validate.Range(0, LARGEST, error=N_("请填写不小于 0 的数。")))


def _text(shipped: str) -> fields.Field[Any]:
    wanted = placeholders(shipped)

    def keeps_placeholders(given: str) -> None:
        if placeholders(given) != wanted:
            names = "、".join(f"{{{name}}}" for name in sorted(wanted)) or _("无")
            raise ValidationError(_("应包含且只包含这些占位：%(names)s。", names=names))

    return fields.String(required=True, validate=[validate.Length(min=1, max=1000), keeps_placeholders])


class CalendarFilter(Schema):
    year = fields.Integer(validate=validate.Range(2000, 2100))


class Days(Schema):
    """One day or a span of days, as a paragraph of the State Council's notice names them."""

    first = fields.Date(required=True)
    last = fields.Date(load_default=None)
    worked = choice(WORKED)
    name = text(longest=30)
    source = text(longest=200)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_more: Any) -> None:
        last: date = data.get("last") or data["first"]
        if last < data["first"] or (last - data["first"]).days > 31:
            raise ValidationError(N_("截止日应不早于起始日，且一次不超过一个月。"), "last")


class AuditFilter(Schema):
    actor = text(longest=60, required=False)
    action = text(longest=60, required=False)
    kind = text(longest=60, required=False)
    subject = text(longest=100, required=False)
    first = fields.Date()
    last = fields.Date()
