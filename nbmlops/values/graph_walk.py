"""Walks a value with cycles part by part: what comes again in a cycle is a reference."""

from __future__ import annotations

from collections.abc import Collection
from math import inf
from typing import Any

from nbmlops.values.deadlines import Deadline
from nbmlops.values.forms import LEAVES, MARK, Form, digest
from nbmlops.values.tree_walk import BRANCH, TreeWalk, Weighed


class GraphWalk(TreeWalk):
    """Turns a value with cycles into its form: in these, a part that comes again is a reference.

    It says how many parts back the first was met. What refers to nothing around it is no part of
    a cycle around it, and is forgotten when it is done: where it comes again it is walked again,
    so that it equals an equal part.
    """

    def __init__(self, root: Any, deadline: Deadline, around: frozenset[int] = frozenset()) -> None:
        super().__init__(root, deadline)
        self._numbers: dict[int, int] = {}
        self._around = around
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
            return (MARK, "around"), 1
        number = len(self._numbers)
        if key in self._numbers:
            self._furthest = min(self._furthest, self._numbers[key])
            return (MARK, "again", number - self._numbers[key]), 1
        self._numbers[key] = number
        self._alive.append(value)
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
        around = self._around.union(self._numbers)
        walk = GraphWalk(self._root, self._deadline, around)
        walk.left_out, walk.set_orders = self.left_out, self.set_orders
        walk._inside = self._inside
        return digest(walk.form(item))

    def _tried(self, part: Any) -> Weighed | None:
        numbered, furthest = len(self._numbers), self._furthest
        found = super()._tried(part)
        if found is None:
            self._forget(numbered)
            self._furthest = furthest
        return found
