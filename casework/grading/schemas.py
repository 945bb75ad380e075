"""What may come in through the pages of grading."""

from casework.core.schemas import Schema, choice, fields
from casework.grading.rules import GRADES, KNOWLEDGE, NOBODY
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


class Upload(Schema):
    """A file and nothing else."""
