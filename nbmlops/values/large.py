"""Which way a value of many parts is walked: as a tree, as one that shares parts, or as none."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import Any

from nbmlops.values.chains import Chain, before_first_not
from nbmlops.values.cycles import ENDLESS, extent_unfolded
from nbmlops.values.doubts import SharedError, repeated
from nbmlops.values.forms import LEAVES, Form
from nbmlops.values.kinds import identity
from nbmlops.values.levels import DEEP, MANY, MOST, NARROW, Levels, TooManyError, Walk

# So many parts tell of most values whether they have cycles.
_GLANCE = 2_000
# So many levels are walked before it is asked whether they repeat each other.
_EARLY = 8


class Unfolded(Levels):
    """The same tree for a value that shares parts, none of which contains itself.

    Args:
        walk: for the parts that stay closed.
        many: parts from which on a value is worth it.
        sure: whether the tree is known to have an end within reach. Else the walk ends with
            `TooManyError`, as soon as level after level has mostly the same parts.
    """

    _each_once = False

    def __init__(self, walk: Walk, many: int, *, sure: bool) -> None:
        super().__init__(walk, many)
        self._sure = sure
        self._levels = 0

    def _look_ahead(self, level: list[Any]) -> None:
        """As above; what would be too many parts once it is opened is known before."""
        inside = Levels(self._walk, self._many).inside
        if not self._sure and self._size + repeated(level, inside) > MOST:
            raise TooManyError

    def _go_on(self, level: list[Any], below: list[Any]) -> list[Any]:
        self._levels += 1
        if self._sure or (self._size + len(below) <= MOST and self._gets_on(level, below)):
            return below
        raise TooManyError

    def _follow(self, found: Chain, held: list[str]) -> tuple[Chain, list[list[Any]]]:  # noqa: ARG002
        self._levels += len(found.parts)
        return found, []

    def _gets_on(self, level: list[Any], below: list[Any]) -> bool:
        """Whether a level has enough parts of its own; short ones and the first are let pass."""
        if self._levels < _EARLY or len(below) < MANY:
            return True
        new = set(map(identity, below)).difference(map(identity, level))
        return 2 * len(new) > len(below)


class Graph(Levels):
    """A value that is no tree: each part has a number, and who holds which is noted."""

    name = "graph"
    _each_once = _each_alone = False
    _said_beside = 2

    def __init__(self, walk: Walk, many: int) -> None:
        super().__init__(walk, many)
        self._numbers: dict[int, int] = {}

    def form(self, root: Any) -> Form | None:
        """As above; it never raises."""
        self._numbers[identity(root)] = 0
        return super().form(root)

    def _go_on(self, level: list[Any], below: list[Any]) -> list[Any]:  # noqa: ARG002 (as above)
        if len(below) <= NARROW:
            return self._go_on_with_few(below)
        numbers, base = self._numbers, len(self._numbers)
        # what is new gets the number of those that were numbered before it
        next_one = iter(numbers.__len__, -1)
        told = list(map(numbers.setdefault, map(identity, below), next_one))
        self._waiting.append(told)
        if len(numbers) - base < len(told):
            parts = dict(zip(told, below, strict=True))
            return list(map(parts.__getitem__, range(base, len(numbers))))
        return below

    def _go_on_with_few(self, below: list[Any]) -> list[Any]:
        """The same, one by one."""
        numbers, told, new = self._numbers, [], []
        for part in below:
            key = identity(part)
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(numbers)
                new.append(part)
            told.append(number)
        self._waiting.append(told)
        return new

    def _look_ahead(self, level: list[Any]) -> None:
        """No part is on a level twice."""

    def _is_known(self, part: Any) -> bool:
        return identity(part) in self._numbers

    def _follow(self, found: Chain, held: list[str]) -> tuple[Chain, list[list[Any]]]:
        """As above; up to the first part that comes again, or holds one that was not met."""
        ids, base, numbers = list(map(identity, found.below)), len(self._numbers), self._numbers
        places = dict(zip(reversed(ids), range(base + len(ids) - 1, base - 1, -1), strict=True))
        length = before_first_not(
            key not in numbers and places[key] == place for place, key in enumerate(ids, base)
        )
        numbers.update(zip(ids[:length], count(base), strict=False))
        columns = [
            list(map(numbers.get, map(identity, found.columns[name][:length]))) for name in held
        ]
        for column in columns:
            fits = (
                number is not None and number <= place for place, number in enumerate(column, base)
            )
            length = min(length, before_first_not(fits))
        for key in ids[length:]:
            if numbers.get(key, -1) >= base + length:
                del numbers[key]
        told = [list(row) for row in zip(*columns, strict=True)]
        return found.cut(length), [told[:length]]


def form_of_large(value: Any, walk: Walk, *, many: int = MANY) -> Form | None:
    """The form of a value of many parts; ``None`` of one that has few, or far too many.

    Which way is taken depends on the content alone: equal values have equal forms, whether a part
    has several places or is there several times. Only in a value with cycles that counts, and in
    one that is far too large as a tree, and deep: a chain of which each part holds the next twice.

    Args:
        value: anything.
        walk: for the parts that are not opened.
        many: parts from which on a value is large.
    """
    if _is_flat(value):
        return None
    try:
        return Levels(walk, many).form(value)
    except TooManyError:
        return None
    except SharedError:
        return _form_of_shared(value, walk, many)


def _form_of_shared(value: Any, walk: Walk, many: int) -> Form | None:
    """The same for a value of which a part has several places."""
    inside = Levels(walk, many).inside
    extent = extent_unfolded(value, inside, most=_GLANCE)
    if extent is None:
        try:
            return Unfolded(walk, many, sure=False).form(value)
        except TooManyError:
            extent = extent_unfolded(value, inside) or ENDLESS
    if extent.parts <= MOST:
        try:
            return Unfolded(walk, many, sure=True).form(value)
        except TooManyError:
            return None
    if extent.parts < inf and extent.levels < DEEP:
        return None
    # its parts may lead from one to the next, however few levels they are on
    return Graph(walk, min(many, DEEP)).form(value)


def _is_flat(value: Any) -> bool:
    """Whether a value is plain data or one container of such, which is soon walked as it is."""
    kind = type(value)
    if kind is list or kind is tuple:
        return LEAVES.issuperset(map(type, value))
    return kind in LEAVES or (kind is dict and LEAVES.issuperset(map(type, value.values())))
