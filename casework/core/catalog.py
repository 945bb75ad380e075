"""Catalogues: folders in which each file declares one or more items (indicators, sources, kinds, notices)."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar


class Item(Protocol):
    """What stands in a catalogue: something with a key of its own."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Item)


class Catalogue(Mapping[str, T], Generic[T]):
    """All items of one type that the modules of a package declare at module level, by key, in file order.

    A module may declare an item as a plain name or several in a list or tuple.
    """

    def __init__(self, package: str, kind: type[T]) -> None:
        self._package, self._kind = package, kind
        self._items: dict[str, T] | None = None

    def _load(self) -> dict[str, T]:
        if self._items is None:
            items: dict[str, T] = {}
            package = import_module(self._package)
            for info in sorted(iter_modules(package.__path__), key=lambda info: info.name):
                for item in self._declared(f"{self._package}.{info.name}"):
                    if items.setdefault(item.key, item) is not item:
                        raise ValueError(f"{self._package}: two items are called {item.key}")
            self._items = items
        return self._items

    def _declared(self, module: str) -> Iterator[T]:
        for value in vars(import_module(module)).values():
            for candidate in value if isinstance(value, list | tuple) else (value,):
                if isinstance(candidate, self._kind):
                    yield candidate

    def __getitem__(self, key: str) -> T:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())
