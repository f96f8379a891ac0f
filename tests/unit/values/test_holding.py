"""Equal values are told apart by which of their parts are one object, and by nothing else."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values.fingerprint import examine


class Copying:
    """Gives a copy of its parts when it is pickled."""

    def __init__(self, *parts: Any) -> None:
        self.parts = list(parts)

    def __getstate__(self) -> dict[str, Any]:
        return {"parts": [list(part) for part in self.parts]}


@dataclass(slots=True)
class Slots:
    """A data class with slots."""

    one: list[int]
    other: list[int]


class Other:
    """Holds a part."""

    def __init__(self, part: Any) -> None:
        self.part = part


class SimpleHashed:
    """Hashed by its identity."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """Values of equal content, of which the second shares what the first does not."""

    name: str
    apart: Callable[[], Any]
    shared: Callable[[], Any]


def _twice(make: Callable[[], Any], put: Callable[[Any, Any], Any]) -> dict[str, Callable[[], Any]]:
    def shared() -> Any:
        part = make()
        return put(part, part)

    return {"apart": lambda: put(make(), make()), "shared": shared}


def _list() -> list[int]:
    return [1, 2]


CASES = [
    Held(name="list", **_twice(_list, lambda a, b: [a, b])),
    Held(name="dict", **_twice(_list, lambda a, b: {"a": a, "b": {"c": b}})),
    Held(name="keys of all kinds", **_twice(_list, lambda a, b: {1: a, "b": (b,)})),
    Held(name="many", **_twice(_list, lambda a, b: [[n] for n in range(900)] + [a, b])),
    Held(name="rows", **_twice(_list, lambda a, b: [{"a": [n]} for n in range(9)] + [a, b])),
    Held(name="objects", **_twice(_list, lambda a, b: list(map(Other, (a, b))))),
    Held(name="slots", **_twice(_list, Slots)),
    Held(name="ordered", **_twice(_list, lambda a, b: [OrderedDict(x=a), b])),
    Held(name="deque", **_twice(_list, lambda a, b: deque([a, b]))),
    Held(name="own pickle", **_twice(_list, lambda a, b: [a, SimpleNamespace(x=Copying([3])), b])),
    Held(name="large tuple", **_twice(lambda: tuple([n] for n in range(900)), lambda a, b: (a, b))),
    Held(name="array", **_twice(lambda: np.arange(3), lambda a, b: [a, b])),
    Held(name="view", **_twice(lambda: np.arange(3), lambda a, b: [a, b[:2]])),
    Held(name="cells", **_twice(_list, lambda a, b: pd.DataFrame({"x": [a, b]}))),
    Held(name="frame", **_twice(lambda: pd.DataFrame({"x": [1]}), lambda a, b: {"a": a, "b": b})),
    Held(name="member of a set", **_twice(SimpleHashed, lambda a, b: [{a}, b])),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equal_values_that_share_otherwise_are_told_apart(case: Held) -> None:
    apart, shared = examine(case.apart()), examine(case.shared())
    assert apart.text == shared.text
    assert apart.holding == ""
    assert shared.holding
    assert examine(case.shared()).holding == shared.holding


def test_what_a_class_copies_for_its_pickle_is_not_taken_for_a_part() -> None:
    assert not examine([Copying([n], [n]) for n in range(300)]).holding
    assert not examine({str(n): Copying([n], [n]) for n in range(300)}).holding


@pytest.mark.parametrize(
    "value", [[int, int], ["a", "a"], [(1,), (1,)], pd.DataFrame({"x": [1, 2]}), len]
)
def test_what_cannot_be_changed_may_be_one_object_or_two(value: Any) -> None:
    assert not examine([value] if isinstance(value, pd.DataFrame) else value).holding


def test_an_array_that_must_not_be_written_to_is_held_otherwise() -> None:
    array = np.arange(3)
    before = examine(array)
    array.flags.writeable = False
    after = examine(array)
    assert (before.text, before.holding) == (after.text, "")
    assert after.holding


def test_members_of_a_set_with_equal_content_have_no_order_and_are_not_noted() -> None:
    def made() -> Any:
        members = [SimpleHashed() for _ in range(5)]
        return [set(members), members[0]]

    assert len({examine(made()).holding for _ in range(20)}) == 1


@st.composite
def _graphs(draw: st.DrawFn) -> list[list[Any]]:
    """Lists that hold earlier ones, some of them twice."""
    made: list[list[Any]] = [[]]
    for _ in range(draw(st.integers(1, 6))):
        made.append(draw(st.lists(st.sampled_from(made), max_size=3)))
    return made[-1:] + draw(st.lists(st.sampled_from(made), max_size=4))


def _shape(value: Any, seen: dict[int, int]) -> Any:
    number = seen.setdefault(id(value), len(seen))
    return number, [_shape(part, seen) for part in value]


@given(_graphs(), _graphs())
def test_holdings_are_equal_where_the_same_parts_are_one_object(one: Any, other: Any) -> None:
    again = pickle.loads(pickle.dumps(one))
    assert examine(again).holding == examine(one).holding
    assert examine(copy.deepcopy(one)).holding == examine(one).holding
    first, second = examine(one), examine(other)
    alike = _shape(one, {}) == _shape(other, {})
    assert ((first.text, first.holding) == (second.text, second.holding)) == alike


def test_who_else_holds_a_part_has_no_bearing_on_how_it_is_held() -> None:
    """Parts that nothing else refers to are not looked up; what is noted is the same."""

    def make() -> list[Any]:
        rows: list[Any] = [[number] for number in range(50)]
        return [rows, {"rows": [{"row": row} for row in rows[:3]]}, [[0], [1]]]

    value = make()
    alone = examine(value)
    others = [*value, *value[0], *value[1]["rows"]]
    assert examine(value) == alone
    assert len(others) == 56
    assert alone == examine(make())
    assert alone.holding


@pytest.mark.parametrize("hold", [lambda part: part, lambda part: (part,), lambda part: ((part,),)])
def test_what_one_part_alone_holds_comes_again_with_that(hold: Callable[[Any], Any]) -> None:
    inner, others = hold([[1], [2]]), [hold([[1], [2]]) for _ in range(2)]
    assert examine([inner, inner]).text == examine(others).text
    assert examine([inner, inner]).holding
    assert not examine(others).holding
