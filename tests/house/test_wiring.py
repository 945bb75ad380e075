"""The two tables and the workflows: every message is answered as the document says, asking twice changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from inspect import signature

import pytest
from apscheduler.triggers.cron import CronTrigger

from casework.app import ROOMS
from casework.core import messages
from casework.core.errors import Refusal
from casework.core.queue import QUEUES
from casework.core.workflow import Workflow
from casework.settings import ROOT
from tests.house.digest import digest
from workers import handlers, schedule

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| `(\w+\.\w+)` \| ([^|]*) \| [^|]* \| ([^|]*) \|$", DOCUMENT, flags=re.MULTILINE)
"""Message, its fields, and what follows, as docs/architecture.md tells it."""
OPERATION = re.compile(r"`(\w+)\.([a-z_]+)`")


def rooms_with(module: str) -> Iterator[str]:
    for path in sorted((ROOT / "casework").glob(f"*/{module}.py")):
        if path.parent.name != "core":
            yield path.parent.name


def known_messages() -> dict[str, type[messages.Message]]:
    """Every message of the rooms that are open; those of tests are not counted."""
    for room in rooms_with("messages"):
        import_module(f"casework.{room}.messages")
    homes = {f"casework.{room}.messages" for room in ROOMS}
    return {name: kind for name, kind in messages.known().items() if kind.__module__ in homes}


def promised() -> Iterator[tuple[str, str]]:
    """(message, operation) that the document promises, of rooms that are open."""
    for message, _fields, then in TABLE:
        for room, verb in OPERATION.findall(then):
            module = f"casework.{room}.operations"
            if room in ROOMS and find_spec(module) and hasattr(import_module(module), verb):
                yield message, f"{room}.{verb}"


def test_the_document_tells_of_every_message_and_its_fields():
    told = {name: [field.strip() for field in listed.split(",")] for name, listed, _then in TABLE}
    real = {name: [field.name for field in fields(kind)] for name, kind in known_messages().items()}
    assert {name: told.get(name) for name in real} == real


def test_what_follows_a_message_is_what_the_document_says():
    real = {
        (line.message.name, line.key) for line in handlers.TABLE if line.operation.__module__.startswith("casework.")
    }
    told = {(message, f"{room}.{verb}") for message, _f, then in TABLE for room, verb in OPERATION.findall(then)}
    assert real <= told
    known = known_messages()
    assert {(message, key) for message, key in promised() if message in known} <= real


@pytest.mark.parametrize("line", handlers.TABLE, ids=lambda line: line.key)
def test_a_handler_takes_exactly_the_fields_of_its_message(line):
    names = [field.name for field in fields(line.message)]
    signature(line.operation).bind(**dict.fromkeys(names), actor=None)
    assert line.queue in {queue.name for queue in QUEUES}


@pytest.mark.parametrize("line", schedule.TABLE, ids=lambda line: line.key)
def test_asking_twice_changes_nothing(live, line):
    CronTrigger.from_crontab(line.cron)
    assert not line.cron.split()[4].strip("*").isdigit(), "APScheduler counts week days from Monday: name them"
    schedule.ask(line)
    once = digest()
    schedule.ask(line)
    assert digest() == once


def workflows() -> list[Workflow]:
    """Every workflow that a room declares, those of its kinds too."""
    found: dict[int, Workflow] = {}
    for room in rooms_with("rules"):
        for value in vars(import_module(f"casework.{room}.rules")).values():
            if isinstance(value, Workflow):
                found[id(value)] = value
    if find_spec("casework.cases.kinds"):
        for kind in getattr(import_module("casework.cases.kinds"), "KINDS", {}).values():
            found[id(kind.workflow)] = kind.workflow
    return list(found.values())


@pytest.mark.parametrize("workflow", workflows(), ids=lambda workflow: workflow.name)
class TestWorkflow:
    def test_every_state_can_be_reached_and_only_final_ones_are_ends(self, workflow):
        assert workflow.reachable() == set(workflow.state_names)
        ends = {state.name for state in workflow.states if not workflow.moves_from(state.name)}
        assert ends <= {state.name for state in workflow.states if state.final}

    def test_every_state_answers_every_move(self, workflow):
        """Either the move starts there and leads where the table says, or it is refused in words."""
        for state in workflow.states:
            for name in {move.name for move in workflow.moves}:
                if any(move.name == name for move in workflow.moves_from(state.name)):
                    assert workflow.find(name, state.name).target in workflow.state_names
                else:
                    with pytest.raises(Refusal, match="不能办理"):
                        workflow.find(name, state.name)
