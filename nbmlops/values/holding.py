"""How a value holds its parts: which of them are one object, which must not be written to."""

from __future__ import annotations

import enum
import functools
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import compress, count
from operator import attrgetter, invert
from sys import getrefcount
from types import FunctionType
from typing import Any, NamedTuple

from nbmlops.values.arrays import are_writeable, is_writeable
from nbmlops.values.code import anatomist_of_code
from nbmlops.values.forms import LEAVES, Form, digest
from nbmlops.values.homes import is_own
from nbmlops.values.kinds import ancestry, identity, module_of, name_of, package_of

_FIXED = LEAVES | {tuple, frozenset, complex, range, slice}
_TABLES = ("pandas", "NDFrame")
_ARRAY = ("numpy", "ndarray")
_PICKLING = ("__reduce_ex__", "__reduce__", "__getstate__")
_MOST_TOLD = 64
"""Parts of one sequence that are noted one by one; of more there is a digest."""


class Holding:
    """Numbers the parts of a value that can be changed, and notes which come again.

    Whoever walks a value tells of its parts in an order that depends on its content alone, so
    that equal values that share alike have equal notes. Of arrays the memory counts that they
    look at, and that they must not be written to.

    A part keeps its number for as long as the walk, and is kept alive until then: nothing else
    may come to lie where it was.
    """

    def __init__(self) -> None:
        self._notes: list[Form] = []
        # What came up while nothing had a number: most values need none.
        self._runs: list[_Run] = []
        self._numbers: dict[int, int] = {}
        self._count = 0
        self._alive: list[Any] = []
        self._kinds: dict[type, bool] = {}
        self._paused = False

    @property
    def notes(self) -> list[Form]:
        """Which parts came again, and which arrays must not be written to; asked for at the end."""
        if self._runs and not _each_once(self._runs):
            self._settle()
        return self._notes

    def meet(
        self, parts: Collection[Any], kinds: Collection[type], *, is_ours: bool = False
    ) -> None:
        """Some parts, all of these types, come up.

        Args:
            parts: in their order.
            kinds: their types.
            is_ours: whether they are in a list that was made for this, and is nothing's content.
        """
        if self._paused:
            return
        known = self._kinds
        counted = [kind for kind in kinds if (known[kind] if kind in known else self._learn(kind))]
        if not counted:
            return
        if len(counted) < len(kinds):
            parts = list(compress(parts, map(known.__getitem__, map(type, parts))))
            is_ours = True
        start = self._count
        self._count += len(parts)
        if self._numbers:
            self._number(start, list(map(identity, parts)))
        else:
            is_sequence = type(parts) is list or type(parts) is tuple
            in_place: Any = parts if is_sequence else list(parts)
            self._runs.append(_Run(start, in_place, is_ours or not is_sequence))
        if any(map(has_memory, counted)):
            kinds = set(filter(has_memory, counted))
            self._look_at_memory([part for part in parts if type(part) in kinds])
        self._alive.append(parts)

    def keep(self, part: Any) -> None:
        """A part that cannot be changed holds so much that it will not be walked again."""
        if not self._paused:
            self._settle()
            self._numbers.setdefault(identity(part), self._count)

    def again(self, part: Any) -> None:
        """A part that was walked before comes up, and is not walked."""
        self._settle()
        number = self._numbers.get(identity(part))
        if number is not None and not self._paused:
            self._notes.append((self._count, number))

    @contextmanager
    def paused(self, *, when: bool = True) -> Iterator[None]:
        """While parts come up in no order of their own, or are no data."""
        outer, self._paused = self._paused, self._paused or when
        try:
            yield
        finally:
            self._paused = outer

    @contextmanager
    def passing(self) -> Iterator[None]:
        """While an object is walked that may have made copies of its parts, which go again."""
        self._settle()
        numbered, alive = len(self._numbers), len(self._alive)
        try:
            yield
        finally:
            self._settle()
            while len(self._numbers) > numbered:
                self._numbers.popitem()
            del self._alive[alive:]

    def _learn(self, kind: type) -> bool:
        counts = self._kinds[kind] = can_change(kind)
        return counts

    def _number(self, start: int, keys: list[int]) -> None:
        """Number what is new; note where something is not."""
        before = len(self._numbers)
        numbers = list(map(self._numbers.setdefault, keys, count(start)))
        if len(self._numbers) - before < len(keys):
            told = numbers if len(numbers) <= _MOST_TOLD else digest(numbers)
            self._notes.append((start, told))

    def _settle(self) -> None:
        """Number what waits for it, and at once what comes from now on."""
        for start, parts, _ in self._runs:
            self._number(start, list(map(identity, parts)))
        self._runs.clear()

    def _look_at_memory(self, arrays: list[Any]) -> None:
        self._settle()
        if not are_writeable(arrays):
            fixed = [place for place, array in enumerate(arrays) if not is_writeable(array)]
            self._notes.append((self._count, "fixed", fixed))
        start = self._count
        self._count += len(arrays)
        if set(map(type, map(_BASE, arrays))) != {type(None)}:
            arrays = list(map(memory_of, arrays))
        self._number(start, list(map(invert, map(identity, arrays))))  # below zero: no identity


_BASE = attrgetter("base")


class _Run(NamedTuple):
    """Parts from a number on; ``is_ours`` says that the list itself is no part of the value."""

    start: int
    parts: Sequence[Any]
    is_ours: bool


def _each_once(runs: list[_Run]) -> bool:
    """Whether no part is in two places of these.

    Each place holds a reference, and each list of ours one more: what has no others is nowhere
    else. Of the rest, which may be held by anything, the identities tell.
    """
    if len({identity(run.parts) for run in runs}) < len(runs):
        return False
    ids: set[int] = set()
    size = 0
    for _, parts, is_ours in runs:
        references = list(map(getrefcount, parts))  # a list: `compress` holds what it looks at
        held = list(compress(parts, map((ONE_REFERENCE + is_ours).__lt__, references)))
        size += len(held)
        ids.update(map(identity, held))
        if len(ids) < size:
            return False
    return True


ONE_REFERENCE = next(map(getrefcount, [object()]))
"""What `getrefcount` says of what is in one place, asked as above."""


def memory_of(array: Any) -> Any:
    """The array that has the memory at which an array of numpy looks; perhaps itself."""
    plain = sys.modules["numpy"].ndarray
    while isinstance(array.base, plain):
        array = array.base
    return array


def can_change(kind: type) -> bool:
    """Whether it matters which parts of a type are one object: what holds them can change them."""
    if kind in _FIXED or anatomist_of_code(kind) is not None or issubclass(kind, enum.Enum):
        return False
    if package_of(kind) == "pandas":
        return any((package_of(one), name_of(one)) == _TABLES for one in ancestry(kind))
    way = _found(kind, "__hash__")
    return way in (None, object.__hash__) or kind.__dictoffset__ != 0 or is_own(kind)


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def may_copy(kind: Any) -> bool:
    """Whether a class has code of its own that says what it pickles as."""
    ways = (_found(kind, name) for name in _PICKLING)
    return any(type(way) is FunctionType and way.__module__ not in _COPY_NOTHING for way in ways)


_COPY_NOTHING = frozenset(["dataclasses", "torch.nn.modules.module", "torch.optim.optimizer"])
"""Modules whose classes pickle as the very parts that they hold."""


@functools.lru_cache(maxsize=1024)
def has_memory(kind: Any) -> bool:
    """Whether values of a type are arrays of numpy, or of a class made from these."""
    return any((module_of(one), name_of(one)) == _ARRAY for one in ancestry(kind))


def _found(kind: type, name: str) -> Any:
    """What a class has or inherits under a name; its metaclass is not asked."""
    for one in ancestry(kind):
        inside = _OWN.__get__(one)
        if name in inside:
            return inside[name]
    return None


_OWN = type.__dict__["__dict__"]
