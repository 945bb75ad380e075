"""Catalogues: folders in which each file declares one or more items (indicators, sources, kinds, notices)."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar


class Item(Protocol):
    """What stands in a catalogue: something with a key of its own."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Item)


class Catalogue(Mapping[str, T], Generic[T]):
    """All items of one type that the modules of its packages declare at module level, by key, in file order.

    A module may declare an item as a plain name or several in a list or tuple.
    """

    def __init__(self, packages: str | Iterable[str], kind: type[T]) -> None:
        self._packages = [packages] if isinstance(packages, str) else list(packages)
        self._kind = kind
        self._items: dict[str, T] | None = None

    def include(self, packages: Iterable[str]) -> None:
        """Adds packages of rooms that the owner of the catalogue does not know; one added before changes nothing."""
        self._packages += [package for package in packages if package not in self._packages]
        self._items = None

    def _load(self) -> dict[str, T]:
        if self._items is None:
            items: dict[str, T] = {}
            for module in self._modules():
                for item in self._declared(module):
                    if items.setdefault(item.key, item) is not item:
                        raise ValueError(f"{module}: another item is called {item.key} too")
            self._items = items
        return self._items

    def _modules(self) -> Iterator[str]:
        for package in self._packages:
            for info in sorted(iter_modules(import_module(package).__path__), key=lambda info: info.name):
                yield f"{package}.{info.name}"

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
