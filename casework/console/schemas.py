"""What may come in through the forms of the console."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from marshmallow import validates_schema

from casework.console.rules import STATES, placeholders
from casework.core.i18n import N_, _
from casework.core.schemas import Schema, ValidationError, choice, fields, text, validate

LARGEST = 1_000_000_000
WORKED = {"0": N_("放假"), "1": N_("上班（调休）")}


class JobFilter(Schema):
    state = choice(STATES, required=False)


class Dating(Schema):
    """From which day a value holds, and which document says so."""

    effective_from = fields.Date(required=True)
    document_no = text(longest=200)


Path = tuple[str, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The single values of a structured one, each with the keys that lead to it; a plain value has the empty path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    else:
        yield path, value


def field_name(path: Path) -> str:
    """The name of the form's field for one leaf: `value`, `value-levels-red`."""
    return "-".join(("value", *path))


def value_schema(shipped: Any) -> Schema:
    """The form of a new value, after the shape of the shipped one: a field for each leaf.

    Texts must keep the placeholders of the shipped text. A list is written with one entry a line.
    """
    fractions = any(isinstance(leaf, float) for _path, leaf in leaves(shipped))
    parts = {field_name(path): _field(leaf, fractions) for path, leaf in leaves(shipped)}
    schema: Schema = type("Value", (Dating,), parts)()
    return schema


def value_of(shipped: Any, data: Mapping[str, Any], path: Path = ()) -> Any:
    """The new value that a form of `value_schema` describes."""
    if isinstance(shipped, dict):
        return {key: value_of(part, data, (*path, key)) for key, part in shipped.items()}
    given = data[field_name(path)]
    if isinstance(shipped, bool):
        return given == "1"
    if isinstance(shipped, list):
        return [line.strip() for line in given.splitlines() if line.strip()]
    return int(given) if isinstance(given, float) and given.is_integer() else given


def typed_of(value: Any) -> dict[str, Any]:
    """How a value stands in that form."""
    return {field_name(path): _typed(leaf) for path, leaf in leaves(value)}


def _typed(leaf: Any) -> Any:
    if isinstance(leaf, bool):
        return "1" if leaf else "0"
    return "\n".join(leaf) if isinstance(leaf, list) else leaf


def _field(shipped: Any, fractions: bool) -> fields.Field[Any]:
    if isinstance(shipped, bool):
        return choice(("0", "1"))
    if isinstance(shipped, list):
        return text(longest=1000, shortest=1 if shipped else 0)  # a list that is shipped empty may be empty
    if isinstance(shipped, str):
        return _text(shipped)
    kind = fields.Float if fractions else fields.Integer
    return kind(required=True, validate=validate.Range(0, LARGEST, error=N_("请填写不小于 0 的数。")))


def _text(shipped: str) -> fields.Field[Any]:
    wanted = placeholders(shipped)

    def keeps_placeholders(given: str) -> None:
        if placeholders(given) != wanted:
            names = _("、").join(f"{{{name}}}" for name in sorted(wanted)) or _("无")
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
