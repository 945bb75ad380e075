"""What may come in through the pages of grading."""

from casework.core.schemas import Schema, choice, fields, text
from casework.grading.rules import ADJUSTMENT, GRADES, KNOWLEDGE, NOBODY, attention_industries
from casework.registry.rules import SUBJECT_CLASSES


class Moved(Schema):
    """Which of those who moved in a run are listed: by the letter before and after (`-`: not classified)."""

    before = choice((*GRADES, NOBODY), required=False, load_default=None)
    after = choice((*GRADES, NOBODY), required=False, load_default=None)


class AsOf(Schema):
    """Which day a receipt is for, and by which knowledge."""

    on = fields.Date(load_default=None)
    knowledge = choice(KNOWLEDGE, required=False, load_default="then")


class Trial(Schema):
    """Which records are tried as repaired, removed or revoked: their ids."""

    repaired = fields.List(fields.Integer(), load_default=list)
    removed = fields.List(fields.Integer(), load_default=list)
    revoked = fields.List(fields.Integer(), load_default=list)


class OfClass(Schema):
    """A class of subjects."""

    subject_class = choice(SUBJECT_CLASSES)


class Decided(Schema):
    """A decision that an industry is of high public attention."""

    subject_class = choice(SUBJECT_CLASSES)
    industry = choice(attention_industries())
    grade = choice(("C", "D"))
    document_no = text(longest=100)
    starts_on = fields.Date(required=True)
    until = fields.Date(load_default=None)


class Upload(Schema):
    """A file and nothing else."""


class Overlay(Schema):
    """Another grade for an enterprise, for a while."""

    grade = choice(GRADES)
    reason = text(longest=1000)
    document_no = text(longest=100)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)


class Adjustments(Schema):
    """Which adjustments are listed."""

    state = choice(ADJUSTMENT.state_names, required=False, load_default=None)


class Reconciled(Schema):
    """Which of those whose official and computed letters differ are listed."""

    official_grade = choice(GRADES, required=False, load_default=None)
    computed = choice(GRADES, required=False, load_default=None)


class Delivery(Schema):
    """A file with the province's grades: from where, and of which day."""

    source = text(longest=100)
    issued_on = fields.Date(required=True)


class Client(Schema):
    """Another department whose system may read grades."""

    department = text(longest=100)
    purpose = text(longest=300)
    expires_on = fields.Date(required=True)


class Compared(Schema):
    """Two runs."""

    one = fields.Integer(load_default=None)
    other = fields.Integer(load_default=None)
