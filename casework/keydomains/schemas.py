"""What may come in through the pages of the key domains."""

from casework.core.i18n import N_
from casework.core.schemas import Schema, choice, fields, text, validate
from casework.keydomains.domains import DOMAINS
from casework.keydomains.rules import DUE, GRADES, MILDEST, STRICTEST


class Filter(Schema):
    """Which objects of a domain are listed."""

    tier = fields.Integer(validate=validate.Range(STRICTEST, MILDEST, error=N_("请从列表中选择。")))
    due = choice(DUE, required=False)
    grade = choice(GRADES, required=False)
    trade = text(longest=40, required=False)
    unit_id = fields.Integer()


class Delivery(Schema):
    """A file with professional grades: from where, of which day, by which document; tried first or kept."""

    source = text(longest=100)
    issued_on = fields.Date(required=True)
    document_no = text(longest=100)
    dry_run = fields.Boolean(load_default=False)


class Coverage(Schema):
    """How much a bureau does in a month, and by how many officers."""

    title = text(longest=80)
    monthly_most = fields.Integer(
        required=True, validate=validate.Range(1, 10_000, error=N_("请填写 1 到 10000 的整数。"))
    )
    officers_per_case = fields.Integer(required=True, validate=validate.Range(2, 9, error=N_("请填写 2 到 9 的整数。")))


class NewCoverage(Coverage):
    """For whom, for what and for which year."""

    org_id = fields.Integer(required=True)
    domain = choice(DOMAINS)
    year = fields.Integer(required=True, validate=validate.Range(2020, 2100, error=N_("请填写四位年份。")))


class Because(Schema):
    """Why a plan is sent back or ended."""

    reason = text(longest=500)
