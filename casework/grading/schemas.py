"""What may come in through the pages of grading."""

from casework.core.schemas import Schema, choice
from casework.grading.rules import GRADES, NOBODY


class Moved(Schema):
    """Which of those who moved in a run are listed: by the letter before and after (`-`: not classified)."""

    before = choice((*GRADES, NOBODY), required=False, load_default=None)
    after = choice((*GRADES, NOBODY), required=False, load_default=None)
