"""Items of intake for tests: registered by the city's complaint centre, walked to any state."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from casework.core import clock
from casework.core.actor import Actor
from casework.intake import operations as intake
from casework.intake.models import IntakeItem
from casework.intake.rules import Person
from tests.make.accounts import unit
from tests.make.cases import person
from tests.make.cases import team as make_team
from tests.make.registry import enterprise

_numbers = count(1)

INFORMANT = Person(
    name="欧阳建国",
    phone="13812345678",
    id_kind="resident",
    id_number="411602198001011234",
    address="周口市川汇区七一路中段118号",
)
FACTS = "购买的散装食用油没有标签，食用后身体不适，商家拒绝退款"


def desk() -> dict[str, Actor]:
    """Who handles items: the centre, two people of a county bureau, its head, and the city's deputy."""
    return {
        "centre": person("intake"),
        "triage": person("county", org="川汇区局"),
        "head": person("county", org="川汇区局"),
        "deputy": person("deputy"),
    }


def item(kind: str = "report", *, by: Actor | None = None, of: Any = None, **more: Any) -> IntakeItem:
    """A registered item about an enterprise of 川汇区, from somebody known by name."""
    known = {
        "channel": {"complaint": "platform_12315", "report": "platform_12315", "transfer": "department"}.get(
            kind, "patrol"
        ),
        "category": "food",
        "facts": FACTS,
        "received_on": clock.today(),
        "enterprise_id": (of or enterprise()).id,
        "informant": INFORMANT if kind in ("complaint", "report") else None,
        "external_no": f"1411600{next(_numbers):012}",
    }
    return intake.register(kind=kind, actor=by or person("intake"), **known | more)


def check(item: IntakeItem, by: Actor, *, codes: tuple[str, ...], officers: Any = None, **more: Any) -> Any:
    """A triggered check with two officers of the item's unit."""
    team = officers or make_team()
    return intake.open_check(
        item.id,
        item_codes=codes,
        officer_ids=[officer.officer_id for officer in team],
        reason=more.pop("reason", "核实有无未标签食品"),
        actor=by,
        **more,
    )


Step = Callable[[IntakeItem, dict[str, Actor]], Any]

STEPS: dict[str, Step] = {
    "distributed": lambda item, desk: intake.distribute(item.id, org_id=unit("川汇区局").id, actor=desk["centre"]),
    "awaiting_identity": lambda item, desk: intake.ask_identity(
        item.id, until=clock.today() + timedelta(days=7), reason="身份待核", actor=desk["triage"]
    ),
    "mediating": lambda item, desk: intake.accept(item.id, actor=desk["triage"]),
    "refused": lambda item, desk: intake.refuse(item.id, ground="3", reason="用于转售", actor=desk["triage"]),
    "settled": lambda item, desk: intake.settle(item.id, way="remote", agreement="退款120元", actor=desk["triage"]),
    "terminated": lambda item, desk: intake.terminate(item.id, ground="3", reason="分歧过大", actor=desk["triage"]),
    "verifying": lambda item, desk: intake.sign_for(item.id, actor=desk["triage"]),
    "filed": lambda item, desk: intake.file(item.id, reason="证据充分", actor=desk["triage"]),
    "declined": lambda item, desk: intake.decline(item.id, ground="3", reason="已改正", actor=desk["triage"]),
    "handed_over": lambda item, desk: intake.hand_over(
        item.id, receiver="周口市公安局", reason="涉嫌犯罪", actor=desk["triage"]
    ),
    "informed": lambda item, desk: intake.inform(item.id, way="phone", actor=desk["triage"]),
    "archived": lambda item, desk: intake.archive(item.id, actor=desk["triage"]),
}
ROUTES: dict[str, dict[str, tuple[str, ...]]] = {
    "complaint": {
        "registered": (),
        "distributed": ("distributed",),
        "awaiting_identity": ("distributed", "awaiting_identity"),
        "mediating": ("distributed", "mediating"),
        "refused": ("distributed", "refused"),
        "settled": ("distributed", "mediating", "settled"),
        "terminated": ("distributed", "mediating", "terminated"),
        "informed": ("distributed", "mediating", "settled", "informed"),
        "archived": ("distributed", "mediating", "settled", "informed", "archived"),
    },
    "report": {
        "registered": (),
        "distributed": ("distributed",),
        "verifying": ("distributed", "verifying"),
        "filed": ("distributed", "verifying", "filed"),
        "declined": ("distributed", "verifying", "declined"),
        "handed_over": ("distributed", "verifying", "handed_over"),
        "informed": ("distributed", "verifying", "filed", "informed"),
        "archived": ("distributed", "verifying", "filed", "informed", "archived"),
    },
}
"""The shortest way to each state that is reached on one's own; `merged` needs another item."""


def walked(kind: str, state: str, desk: dict[str, Actor], **more: Any) -> IntakeItem:
    """An item in a state."""
    made = item(kind, by=desk["centre"], **more)
    for step in ROUTES[kind][state]:
        STEPS[step](made, desk)
    return made
