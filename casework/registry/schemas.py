"""What may come in through the forms of the registry."""

from casework.core.schemas import Schema, choice, fields, text
from casework.registry.reference import industry_sections
from casework.registry.rules import STATUSES, SUBJECT_CLASSES
from casework.registry.sources import SOURCES


class EnterpriseFilter(Schema):
    """What a reader looks for in the register."""

    words = text(longest=60, required=False)
    unit_id = fields.Integer()
    section = choice(industry_sections(), required=False)
    grade = choice("ABCD", required=False)
    status = choice(STATUSES, required=False)
    subject_class = choice(SUBJECT_CLASSES, required=False)


class Upload(Schema):
    """A file for a source; the file itself comes beside the form."""

    source = choice(SOURCES)


class Mark(Schema):
    """What befell a record: the day, the paper, and why."""

    on = fields.Date(required=True)
    document_no = text(longest=80, required=False, load_default=None)
    note = text(longest=500, shortest=2)


class Discard(Schema):
    """Why a waiting record is not for this register."""

    reason = text(longest=200, shortest=2)


class Candidate(Schema):
    """The enterprise that a person found for a waiting record."""

    enterprise_id = fields.Integer(required=True)
