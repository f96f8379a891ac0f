"""Walks a value with cycles part by part: what comes again in a cycle is a reference."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf
from typing import Any

from nbmlops.values.deadlines import Deadline
from nbmlops.values.forms import LEAVES, MARK, Form, digest
from nbmlops.values.tree_walk import BRANCH, TreeWalk, Weighed

_MOST = 20_000
"""Of so many parts at most it is kept which the walk of an item went through."""


@dataclass(frozen=True, slots=True)
class _Walked:
    """What the walk of an item by itself has found, and what that hangs on.

    Attributes:
        through: the parts that it went through.
        met: those around it that it came to.
    """

    digest: bytes
    through: frozenset[int]
    met: frozenset[int]
    left_out: frozenset[str]
    set_orders: frozenset[str]

    def holds(self, around: Collection[int]) -> bool:
        """Whether it would find the same with these parts around it."""
        return self.through.isdisjoint(around) and self.met.issubset(around)


@dataclass(slots=True)
class _Known:
    """What walks of items by themselves have found, for all walks of one value.

    Where a set is part of a cycle, each of its items is walked by itself, from the beginning:
    in a graph whose nodes hold sets of nodes, all that is below again at each step down.

    Attributes:
        items: by the item, and whether it was walked within an object.
        alive: all parts that were met, so that their identities stay their own.
    """

    items: dict[tuple[int, bool], list[_Walked]] = field(default_factory=dict)
    alive: list[Any] = field(default_factory=list)


class GraphWalk(TreeWalk):
    """Turns a value with cycles into its form: in these, a part that comes again is a reference.

    It says how many parts back the first was met. What refers to nothing around it is no part of
    a cycle around it, and is forgotten when it is done: where it comes again it is walked again,
    so that it equals an equal part.
    """

    def __init__(
        self,
        root: Any,
        deadline: Deadline,
        around: frozenset[int] = frozenset(),
        known: _Known | None = None,
    ) -> None:
        super().__init__(root, deadline)
        self._numbers: dict[int, int] = {}
        self._around = around
        self._known = _Known() if known is None else known
        self._alive = self._known.alive
        self._through: set[int] = set()
        self._met: set[int] = set()
        self._furthest: float = inf
        """The lowest number of a part that what is walked now refers to."""

    def weighed(self, value: Any) -> Weighed:
        """The form of a value; only what refers to nothing around it is cut."""
        kind = type(value)
        if kind in LEAVES or (kind is tuple and LEAVES.issuperset(map(type, value))):
            return value, 1
        key = id(value)
        if key in self._cut:
            self.holding.again(value)
            return self._cut[key], 1
        if key in self._around:
            self._furthest = -1
            self._met.add(key)
            return (MARK, "around"), 1
        number = len(self._numbers)
        if key in self._numbers:
            self._furthest = min(self._furthest, self._numbers[key])
            return (MARK, "again", number - self._numbers[key]), 1
        self._numbers[key] = number
        self._alive.append(value)
        self._through.add(key)
        outer, self._furthest = self._furthest, inf
        form, weight = self._compound(value)
        closed = self._furthest >= number
        self._furthest = outer if closed else min(outer, self._furthest)
        return self._closed(value, number, form, weight) if closed else (form, weight)

    def _closed(self, value: Any, number: int, form: Form, weight: int) -> Weighed:
        """The form of a value that refers to nothing around it."""
        self._forget(number)
        if weight > BRANCH:
            form, weight = (MARK, digest(form)), 1
            self._remember(value, form)
            self.holding.keep(value)
        return form, weight

    def _forget(self, number: int) -> None:
        """Know no longer the parts that were met from this one on."""
        while len(self._numbers) > number:
            self._numbers.popitem()

    def _alike(self, items: Collection[Any], kind: type, room: int) -> Weighed | None:
        """Never: whether a part comes again is found by walking each."""

    def _apart(self, item: Any) -> bytes:
        if type(item) in LEAVES:
            return digest(item)
        around = self._around.union(self._numbers)
        known = self._known.items.setdefault((id(item), self._inside > 0), [])
        found = next((one for one in known if one.holds(around)), None)
        if found is None:
            found = self._walked(item, around)
            if len(found.through) <= _MOST:
                self._alive.append(item)
                known.append(found)
        self._through |= found.through
        self._met |= found.met & self._around
        self.left_out |= found.left_out
        self.set_orders |= found.set_orders
        return found.digest

    def _walked(self, item: Any, around: frozenset[int]) -> _Walked:
        """One item walked by itself."""
        walk = GraphWalk(self._root, self._deadline, around, self._known)
        walk._inside = self._inside
        found = digest(walk.form(item))
        return _Walked(
            found,
            frozenset(walk._through),
            frozenset(walk._met),
            frozenset(walk.left_out),
            frozenset(walk.set_orders),
        )

    def _tried(self, part: Any) -> Weighed | None:
        numbered, furthest = len(self._numbers), self._furthest
        found = super()._tried(part)
        if found is None:
            self._forget(numbered)
            self._furthest = furthest
        return found
