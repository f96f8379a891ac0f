"""Chains of objects are opened many levels at once, and have the form that level by level gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import pytest

from nbmlops.values.deadlines import Deadline
from nbmlops.values.large import Graph
from nbmlops.values.levels import Levels, SharedError
from nbmlops.values.tree_walk import TreeWalk


class Link:
    """What leads to the next."""

    def __init__(self, following: Any, **more: Any) -> None:
        self.following = following
        self.__dict__ |= more


class Hostile:
    """What answers for attributes with code of its own."""

    asked = 0

    @property
    def following(self) -> Any:
        """Never to be asked for."""
        Hostile.asked += 1
        return self


class ByLevels(Levels):
    """The same, one level after the other."""

    def _along(self, first: Any) -> tuple[int, list[Any]]:  # noqa: ARG002
        return 0, []


class GraphByLevels(Graph, ByLevels):
    """The same of a graph."""


class Counting(Levels):
    """Counts the levels that were opened for themselves."""

    steps = 0

    def _step(self, level: list[Any]) -> list[Any] | None:
        self.steps += 1
        return super()._step(level)


def _chain(length: int, end: Any = None, **more: Any) -> Any:
    for number in range(length):
        end = Link(end, number=number, **more)
    return end


def _broken(length: int) -> Any:
    """With an object of another shape, one that holds a list, one with a tuple of plain data."""
    other = Link(_chain(length), extra=1)
    return _chain(length, Link(_chain(length, Link(other, number=(1, 2))), number=[1, 2]))


def _both_ways(length: int) -> Any:
    first = last = Link(None, before=None, number=0)
    for number in range(1, length):
        last.following = Link(None, before=last, number=number)
        last = last.following
    return first


def _leaping(length: int) -> Any:
    """Of which some hold one that comes later, before it is led to."""
    parts = [Link(None, other=None, number=number) for number in range(length)]
    for number, part in enumerate(parts[:-1]):
        vars(part)["following"] = parts[number + 1]
        vars(part)["other"] = (
            parts[min(number * 7 % length, length - 1)] if number > length // 2 else part
        )
    return parts[0]


def _ring(length: int) -> Any:
    first = last = Link(None, number=0)
    for number in range(1, length):
        last.following = Link(None, number=number)
        last = last.following
    last.following = first
    return first


@dataclass(frozen=True, kw_only=True)
class Case:
    """A value that is, or has, a chain."""

    name: str
    make: Callable[[], Any]


TREES = (
    Case(name="a short one", make=lambda: _chain(20)),
    Case(name="many digests", make=lambda: _chain(15_000)),
    Case(name="other objects on the way", make=lambda: _broken(1_500)),
    Case(name="a list at its end", make=lambda: _chain(4_000, [1, [2]])),
    Case(name="plain data at its end", make=lambda: _chain(4_000, (1, 2), size=3.5)),
    Case(name="two chains", make=lambda: [_chain(900), _chain(3_000)]),
    Case(name="something hostile at its end", make=lambda: _chain(300, Hostile())),
)
GRAPHS = (
    Case(name="both ways", make=lambda: _both_ways(12_000)),
    Case(name="leaps forward and back", make=lambda: _leaping(3_000)),
    Case(name="a ring", make=lambda: _ring(5_000)),
    Case(name="a small ring", make=lambda: _chain(3_000, _ring(3))),
    *TREES,
)


@pytest.mark.parametrize("case", TREES, ids=lambda case: case.name)
def test_a_chain_has_the_form_of_its_levels(case: Case) -> None:
    """Digests begin and end at the same levels, whatever is on the way."""
    value = case.make()
    assert _found(Levels, value) == _found(ByLevels, value)
    assert Hostile.asked == 0


@pytest.mark.parametrize("case", GRAPHS, ids=lambda case: case.name)
def test_a_chain_in_a_graph_has_the_form_of_its_levels(case: Case) -> None:
    """Its parts have the same numbers."""
    value = case.make()
    assert _found(Graph, value) == _found(GraphByLevels, value)
    assert Hostile.asked == 0


def test_a_chain_that_comes_back_is_shared() -> None:
    """However far the way back is."""
    for value in (_ring(2), _ring(9_000), _chain(2_000, _ring(40))):
        with pytest.raises(SharedError):
            _found(Levels, value)


def test_few_levels_of_a_chain_are_opened_one_by_one() -> None:
    """Some thousand of them at once."""
    levels = Counting(TreeWalk(None, Deadline(inf)), 1_000)
    assert levels.form(_chain(100_000)) is not None
    assert levels.steps < 100


def _found(way: type[Levels], value: Any) -> Any:
    walk = TreeWalk(value, Deadline(inf))
    found = way(walk, 1_000)
    return found.form(value), walk.orders, found.holding.notes
