"""Workflows as data: states, moves and guards in one table that an inspector could read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.core.errors import Refusal
from casework.core.i18n import _

Facts = Mapping[str, Any]
"""What a guard looks at: gathered by the operation, so that rules need no database and no clock."""

Guard = Callable[[Facts], str | None]
"""Given the facts of a move, says why it is not allowed, or None."""


def all_of(*guards: Guard) -> Guard:
    """The first objection of several guards."""
    return lambda facts: next((reason for guard in guards if (reason := guard(facts))), None)


def needs(fact: str, sentence: str) -> Guard:
    """Objects with the sentence while a fact is missing, empty or false."""
    return lambda facts: None if facts.get(fact) else _(sentence)


def forbids(fact: str, sentence: str) -> Guard:
    """Objects with the sentence when a fact is true."""
    return lambda facts: _(sentence) if facts.get(fact) else None


@dataclass(frozen=True)
class State:
    """One state: its stored name and the Chinese label of the law."""

    name: str
    label: str
    final: bool = False


@dataclass(frozen=True)
class Move:
    """One way from a state to another. `name` is the verb: URL, operation, audit action and template say it alike."""

    name: str
    label: str
    source: str | tuple[str, ...]
    target: str
    guard: Guard | None = None
    permission: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,) if isinstance(self.source, str) else self.source


_MOVES: dict[str, str] = {}


def move_label(action: str) -> str | None:
    """The label (a message id) of the move that an audit action `<workflow>.<move>` names."""
    return _MOVES.get(action)


@dataclass(frozen=True)
class Workflow:
    """All states and moves of one kind of subject. It only decides; `ledger.move` carries out."""

    name: str
    initial: str
    states: tuple[State, ...]
    moves: tuple[Move, ...]
    _by_state: dict[str, State] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_state", {state.name: state for state in self.states})
        for move in self.moves:
            unknown = {*move.sources, move.target} - self._by_state.keys()
            if unknown:
                raise ValueError(f"{self.name}.{move.name}: unknown states {sorted(unknown)}")
        if self.initial not in self._by_state:
            raise ValueError(f"{self.name}: unknown initial state {self.initial}")
        _MOVES.update({f"{self.name}.{move.name}": move.label for move in self.moves})

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(state.name for state in self.states)

    def label(self, state: str) -> str:
        """The Chinese label of a state (a message id)."""
        return self._by_state[state].label

    def is_final(self, state: str) -> bool:
        return self._by_state[state].final

    def moves_from(self, state: str) -> tuple[Move, ...]:
        """The moves that start in a state, in the order of the table."""
        return tuple(move for move in self.moves if state in move.sources)

    def find(self, name: str, state: str) -> Move:
        """The move of that name out of that state, or a Refusal that names both."""
        for move in self.moves:
            if move.name == name and state in move.sources:
                return move
        label = next((move.label for move in self.moves if move.name == name), name)
        raise Refusal(
            _(
                "当前状态为“%(state)s”，不能办理“%(move)s”。请刷新页面后再看可以办理的事项。",
                state=_(self.label(state)),
                move=_(label),
            )
        )

    def decide(self, name: str, state: str, facts: Facts) -> Move:
        """The move to make, its guard asked; a Refusal says why not."""
        move = self.find(name, state)
        reason = move.guard(facts) if move.guard else None
        if reason:
            raise Refusal(reason)
        return move

    def reachable(self) -> set[str]:
        """All states that some path of moves reaches from the initial one (a house test asks)."""
        seen, todo = {self.initial}, [self.initial]
        while todo:
            for move in self.moves_from(todo.pop()):
                if move.target not in seen:
                    seen.add(move.target)
                    todo.append(move.target)
        return seen
