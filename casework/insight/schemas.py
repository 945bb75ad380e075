"""What may come in: the period and kind of checks that the statistics are about."""

from typing import Any

from marshmallow import validates_schema

from casework.core.i18n import N_
from casework.core.schemas import Schema, ValidationError, choice, fields

ORIGINS = {"draw": N_("双随机抽查"), "trigger": N_("触发式检查"), "coverage": N_("全覆盖重点检查"), "all": N_("全部检查")}
"""Which checks; the figures of the draws stand alone unless somebody asks otherwise."""


class Period(Schema):
    """From the first day to the last, both included; of a county, or of everywhere."""

    first = fields.Date()
    last = fields.Date()
    origin = choice(ORIGINS, required=False)
    area = fields.Integer()

    @validates_schema
    def in_order(self, data: dict[str, Any], **_more: Any) -> None:
        if "first" in data and "last" in data and data["first"] > data["last"]:
            raise ValidationError(N_("起始日期不能晚于截止日期。"), "last")
