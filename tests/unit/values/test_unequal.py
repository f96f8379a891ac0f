"""Where two values differ is said with the place, the number and the largest difference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.contents import PartDifference
from nbmlops.values.unequal import places


class Slotted:
    """An object whose parts are in slots, one of them unset."""

    __slots__ = ("left", "unset")

    def __init__(self, left: int) -> None:
        self.left = left


@dataclass(frozen=True)
class Case:
    """Two values, and each place: where, how many of how many (or what), largest, relative."""

    before: Any
    after: Any
    found: tuple[tuple[Any, ...], ...]


CASES = (
    Case(1.0, 1.5, (("", 1, 1, 0.5, 0.5 / 1.5),)),
    Case([1, 2, 3, 4], [1, 5, 3, 0], (("[1]", 2, 4, 4.0, 1.0),)),
    Case({"a": 1, "b": 2}, {"a": 1, "b": 4}, (("['b']", 1, 2, 2.0, 0.5),)),
    Case({"a": 1, "b": 2}, {"a": 3}, (("", "'b' is gone"), ("['a']", 1, 1, 2.0, 2 / 3))),
    Case({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, (("['a']['b'][1]", 1, 2, 1.0, 1 / 3),)),
    Case([1, 2], [1, 3, 4], (("", "2 items before, 3 now"), ("[1]", 1, 2, 1.0, 1 / 3))),
    Case([1, "x", "y"], [2, "z", "w"], (("[0]", 1, 3, 1.0, 0.5), ("[1]", 2, 3, None, None))),
    Case([10**400], [10**400 + 1], (("[0]", 1, 1, 1.0, 0.0),)),
    Case([10**400], [0], (("[0]", 1, 1, None, None),)),
    Case({1, 2, 3}, {3, 4}, (("", "1 and 1 more are gone"), ("", "4 is new"))),
    Case(Slotted(1), Slotted(3), ((".left", 1, 1, 2.0, 2 / 3),)),
    Case(np.zeros((2, 2)), np.zeros((2, 3)), (("", "shape (2, 2) before, (2, 3) now"),)),
    Case(
        np.array([1.0, 0.1]),
        np.array([1.0, 0.5], "f4"),
        (("", "float64 before, float32 now"), ("at 1", 1, 2, 0.4, 0.8)),
    ),
    Case(np.array([2**62, 1]), np.array([2**62 + 1, 1]), (("at 0", 1, 2, 1.0, 2.0**-62),)),
    Case(np.array([-(2**63)]), np.array([2**63 - 1]), (("at 0", 1, 1, 2.0**64, 2.0),)),
    Case(np.array([1 + 2j]), np.array([1 - 2j]), (("at 0", 1, 1, 4.0, 4 / 5**0.5),)),
    Case(np.array(["a", "b"]), np.array(["a", "c"]), (("at 1", 1, 2, None, None),)),
    Case(np.array([True]), np.array([False]), (("at 0", 1, 1, None, None),)),
    Case(
        np.array([[1, "x"]], dtype=object),
        np.array([[1, "y"]], dtype=object),
        (("at (0, 1)", 1, 2, None, None),),
    ),
    Case(
        np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]),
        np.ma.array([1.0, 9.0, 4.0], mask=[0, 1, 0]),
        (("at 2", 1, 3, 1.0, 0.25),),
    ),
    Case(pd.Series([1, 2]), pd.Series([1, 4]), (("at 1", 1, 2, 2.0, 0.5),)),
    Case(
        pd.Series([1], index=["a"]),
        pd.Series([1], index=["b"]),
        (("index at 0", 1, 1, None, None),),
    ),
    Case(pl.Series([1, 2]), pl.Series([1, 4]), (("at 1", 1, 2, 2.0, 0.5),)),
    Case(
        {"rows": pd.DataFrame({"x": [1.0], "y": [2]})},
        {"rows": pd.DataFrame({"x": [3.0], "z": [2]})},
        (
            ("['rows']", "column 'y' is gone"),
            ("['rows']", "column 'z' is new"),
            ("['rows'] column 'x' at 0", 1, 1, 2.0, 2 / 3),
        ),
    ),
)


def said(part: PartDifference) -> tuple[Any, ...]:
    """A place as the table has it."""
    if part.what:
        return part.path, part.what
    return part.place, part.differing, part.elements, part.largest, part.relative


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.found[0]))
def test_each_place_is_named_and_measured(case: Case) -> None:
    found = [said(part) for part in places(case.before, case.after)]
    assert len(found) == len(case.found)
    for one, other in zip(found, case.found, strict=True):
        assert one[:3] == other[:3]
        assert one[3:] == tuple(None if gap is None else pytest.approx(gap) for gap in other[3:])
    assert list(places(case.before, case.before)) == []


def test_long_texts_are_told_from_where_they_differ() -> None:
    before, after = "word " * 40 + "first", "word " * 40 + "second"
    (part,) = places([before], [after])
    assert "first" in part.before
    assert "second" in part.after


def test_what_holds_itself_many_times_ends() -> None:
    before: list[Any] = [1]
    after: list[Any] = [2]
    for value in (before, after):
        value += [value, value, value]
    assert [part.place for part in places(before, after)] == ["[0]"]


@given(st.lists(st.integers(-(2**70), 2**70), min_size=1), st.data())
def test_as_many_elements_differ_as_were_changed(values: list[int], data: st.DataObject) -> None:
    at = data.draw(st.sets(st.integers(0, len(values) - 1)))
    changed = [value + (number in at) for number, value in enumerate(values)]
    parts = list(places(values, changed))
    assert sum(part.differing or 0 for part in parts) == len(at)
    assert [part.first for part in parts] == [f"[{number}]" for number in sorted(at)[:1]]
    assert all(part.largest == 1.0 for part in parts)


def test_attributes_are_told_one_by_one_the_public_and_simple_ones_first() -> None:
    """What an estimator was made with stands before what it learned."""
    before = SimpleNamespace(_learned=[1], rows=[1], leaves=8, rounds=40, seed=0)
    after = SimpleNamespace(_learned=[2], rows=[2], leaves=31, rounds=80, seed=0)
    found = [(part.path, part.before, part.after) for part in places(before, after)]
    assert found == [
        (".leaves", "8", "31"),
        (".rounds", "40", "80"),
        (".rows", "1", "2"),
        ("._learned", "1", "2"),
    ]


def test_what_has_no_parts_differs_only_where_its_content_does() -> None:
    """A slice, a partial or a generator of random numbers was loaded twice, and is the same."""
    same = [slice(0, 2), partial(int, base=2), np.random.default_rng(0)]
    again = [slice(0, 2), partial(int, base=2), np.random.default_rng(0)]
    assert list(places(same, again)) == []
    other = [slice(0, 3), partial(int, base=8), np.random.default_rng(1)]
    assert [part.what for part in places(same, other)] == [
        "another slice",
        "another partial",
        "another Generator",
    ]
