"""Messages: what one room tells the others, past tense, ids only."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, ClassVar, Self, get_type_hints
from uuid import UUID

Plain = int | str | bool | None


@dataclass(frozen=True, kw_only=True)
class Message:
    """Base of all messages. A subclass in `casework/<room>/messages.py` is known as `<room>.<ClassName>`.

    Fields may be int, str, bool, date, UUID or None; they travel as JSON.
    """

    name: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        room = cls.__module__.split(".")[-2]
        cls.name = f"{room}.{cls.__name__}"
        if cls.name in _KNOWN and _KNOWN[cls.name].__module__ != cls.__module__:
            raise TypeError(f"two messages are called {cls.name}")
        _KNOWN[cls.name] = cls

    def payload(self) -> dict[str, Plain]:
        """The fields as JSON values."""
        return {key: _to_json(value) for key, value in asdict(self).items()}

    @classmethod
    def from_payload(cls, payload: dict[str, Plain]) -> Self:
        """The message that `payload()` wrote, perhaps before a field with a default was added."""
        hints = get_type_hints(cls)
        known = [field.name for field in fields(cls) if field.name in payload]
        return cls(**{name: _from_json(hints[name], payload[name]) for name in known})


_KNOWN: dict[str, type[Message]] = {}


def known() -> dict[str, type[Message]]:
    """Every message of the house by its name."""
    return dict(_KNOWN)


def _to_json(value: Any) -> Plain:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value  # type: ignore[no-any-return]


def _from_json(kind: Any, value: Plain) -> Any:
    if value is None:
        return None
    wanted = getattr(kind, "__args__", (kind,))
    if date in wanted:
        return date.fromisoformat(str(value))
    if UUID in wanted:
        return UUID(str(value))
    return value
