"""What a check finds: decided by the hidden risk alone, so that the past foretells the future as far as it does in reality."""

from datetime import date
from math import exp
from typing import Protocol

from casework.demo.dice import Dice


class Checked(Protocol):
    """What decides the result of a check; no file tells it."""

    @property
    def risk(self) -> float: ...
    @property
    def dormant_on(self) -> date | None: ...


WEIGHT = 1.15
"""How much the risk weighs in the chance of a problem; set so that history foretells results as measured on real checks."""
USUAL = -1.85
"""The logit of the chance of a problem for a subject of average risk that is alive: 80 % of all checks find nothing."""

OF_PROBLEMS = {"undisclosed": 48, "unreachable": 17, "corrected": 29, "minor": 2.5, "pending": 2.5, "uncooperative": 1}
"""Problems of ordinary checks by kind: 78-10-3-6 of 97, and the others (generator specification, section 3)."""
OF_KEY_PROBLEMS = {"corrected": 62, "pending": 18, "minor": 12, "unreachable": 6, "uncooperative": 2}
"""Problems of checks of food, drugs and equipment: correction notices, serious ones, no information to publish."""
OF_THE_QUIET = {"unreachable": 52, "undisclosed": 30, "inactive": 13, "shut_down": 5}


def chance_of_problem(subject: Checked, day: date) -> float:
    """How likely a check on that day finds something."""
    quiet = subject.dormant_on is not None and subject.dormant_on <= day
    return 1 / (1 + exp(-(USUAL + WEIGHT * subject.risk + (1.4 if quiet else 0.0))))


def finding(subject: Checked, day: date, dice: Dice, *, key: bool) -> str:
    """What the check of a day finds: `fine`, or a key of the problems. `key`: its items are food, drugs or equipment."""
    if not dice.chance(chance_of_problem(subject, day)):
        return "fine"
    if subject.dormant_on is not None and subject.dormant_on <= day:
        return dice.among(OF_THE_QUIET)
    return dice.among(OF_KEY_PROBLEMS if key else OF_PROBLEMS)
