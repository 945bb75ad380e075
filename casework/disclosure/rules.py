"""The life of a publication, its clock, and what of a released result may stand on a public page."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from casework.core.i18n import N_, _
from casework.core.workflow import Move, State, Workflow

CHECK_RESULT = "check_result"
"""The kind of publication that the result of a case is; its `subject_id` is the case."""


def _decided_by_another(facts: Mapping[str, Any]) -> str | None:
    """A publication is taken back by two people: one asks with a reason, another decides."""
    if not facts["reason"]:
        return _("撤回公示须先由一人申请并说明理由。")
    if facts["by"] is None or facts["by"] == facts["asked_by"]:
        return _("撤回公示的审批人不得是申请人。")
    return None


PUBLICATION = Workflow(
    name="disclosure",
    initial="published",
    states=(
        State("published", N_("公示中")),
        State("corrected", N_("已更正"), final=True),
        State("withdrawn", N_("已撤回"), final=True),
    ),
    moves=(
        Move("replace", N_("以新版代替"), "published", "corrected"),
        Move("withdraw", N_("撤回公示"), "published", "withdrawn", _decided_by_another, "disclosure.approve"),
    ),
)
"""Every edition is a row of its own and stays; a newer one replaces it, or two people take it back."""

OUTCOMES = {
    "fine": N_("未发现问题"),
    "problem": N_("发现问题"),
    "absent": N_("未能实施检查"),
}
"""How a check ended, as a whole and per item: for lists and statistics; the public reads the results themselves."""

_FINE, _ABSENT = {1}, {7, 8, 9}


def outcome(classes: Collection[int]) -> str:
    """A key of OUTCOMES for the classes (`registry.rules`, kind "check") of the results of an item or a whole check."""
    found = set(classes)
    if found - _FINE - _ABSENT:
        return "problem"
    return "absent" if found & _ABSENT else "fine"


def digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 of the facts as canonical JSON: what was frozen can be shown to be unchanged."""
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def in_time(published_on: date, due_on: date) -> bool:
    """Whether the result was public by the last day of its term."""
    return published_on <= due_on


def record_key(number: str, item_code: str, since_edition: int) -> str:
    """Source key of the credit record of one item of one case: a corrected edition is a new version under the same key.

    What was withdrawn is revoked for good; an edition published after that (`since_edition`) begins records of its own.
    """
    return f"{number}/{item_code}" if since_edition == 1 else f"{number}/{item_code}/{since_edition}"


SHORTEST_SEARCH = 2
"""Characters of a name that are enough to search by."""

_CODE = re.compile(r"(?=.*\d)[0-9A-Z]{6,18}")


def is_code(word: str) -> bool:
    """Whether somebody typed the beginning of a credit code or a registration number."""
    return _CODE.fullmatch(search_key(word)) is not None


def search_key(text: str) -> str:
    """One spelling of a name for searching: half-width, upper case, letters and digits only."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).upper()))


def pairs(text: str) -> list[str]:
    """All pairs of neighbouring characters, each once: what searches by two characters are answered from."""
    key = search_key(text)
    return list(dict.fromkeys(map("".join, pairwise(key))))
