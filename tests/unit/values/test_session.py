"""A digest for one process: the same only where the content is the same."""

from __future__ import annotations

import collections
import copy
import datetime as dt
import decimal
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.session import session_digest


class Thing:
    """An object of the notebook."""

    rate = 1

    def __init__(self, part: Any = None) -> None:
        self.part = part


leaves = st.none() | st.booleans() | st.integers(-1, 2) | st.floats(width=16) | st.text("ab")
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(leaves.filter(lambda leaf: leaf == leaf), inner)  # noqa: PLR0124 (NaN)
        | st.frozensets(leaves)
        | st.builds(Thing, inner)
    ),
    max_leaves=12,
)


@given(values, values)
def test_values_of_other_content_have_other_digests(one: Any, other: Any) -> None:
    if fingerprint(one) != fingerprint(other):
        assert session_digest(one) != session_digest(other)


@given(values)
def test_a_value_that_nobody_touched_keeps_its_digest(value: Any) -> None:
    digest = session_digest(value)
    assert digest is not None
    assert session_digest(value) == digest


@dataclass(frozen=True)
class Touch:
    """A change in place that must be seen, however deep."""

    name: str
    make: Callable[[], Any]
    change: Callable[[Any], object]


def _function() -> Any:
    def count(step: int = 1) -> int:
        return step

    return count


def _closure() -> Any:
    seen: list[int] = []

    def see() -> list[int]:
        return seen

    return see


def _class() -> Any:
    return type("Made", (), {"rate": 1, "__module__": "__main__"})


TOUCHES = [
    Touch("a bool for an int", lambda: [1], lambda v: v.__setitem__(0, True)),
    Touch("a float for an int", lambda: {"a": 1}, lambda v: v.__setitem__("a", 1.0)),
    Touch("the sign of zero", lambda: [0.0], lambda v: v.__setitem__(0, -0.0)),
    Touch("a number that is none", lambda: [0.0], lambda v: v.__setitem__(0, math.nan)),
    Touch("a cell of an array", lambda: [np.zeros(5)], lambda v: v[0].__setitem__(3, 1)),
    Touch("a cell seen through a view", lambda: np.zeros((9, 9))[::2, ::3], lambda v: v.fill(1)),
    Touch("the dtype of an array", lambda: {"a": np.zeros(2, "i8")}, lambda v: v.update(
        a=np.zeros(2, "f8"))),
    Touch("an object in an array", lambda: np.array([[1], "a"], dtype=object), lambda v: v[
        0].append(1)),
    Touch("a number of numpy's", lambda: [np.float32(1)], lambda v: v.__setitem__(
        0, np.int32(1))),
    Touch("a field of a record", lambda: np.zeros(5, "i1,f8")[::2], lambda v: v[
        "f1"].__setitem__(2, 1)),
    Touch("a record in a list", lambda: [np.zeros(5, "i1,f8,V0")], lambda v: v[
        0].__setitem__(2, (1, 0, b""))),
    Touch("the name of a field", lambda: [np.zeros(2, "i1,f8")], lambda v: setattr(
        v[0].dtype, "names", ("a", "b"))),
    Touch("an object in a record", lambda: [np.array([([1],)], dtype=[("a", object)])], lambda v: v[
        0]["a"][0].append(1)),
    Touch("a mask", lambda: np.ma.array([1, 2]), lambda v: v.__setitem__(0, np.ma.masked)),
    Touch("a cell of a frame", lambda: [pd.DataFrame({"a": [1, 2]})], lambda v: v[
        0].loc.__setitem__((0, "a"), 5)),
    Touch("a label of a frame", lambda: [pd.DataFrame({"a": [1]})], lambda v: setattr(
        v[0], "columns", ["b"])),
    Touch("a note of a frame", lambda: [pd.DataFrame({"a": [1]})], lambda v: v[0].attrs.update(
        unit="m")),
    Touch("a text in a series", lambda: {"s": pd.Series(["a", "b"])}, lambda v: v["s"].iloc.
          __setitem__(1, "c")),
    Touch("a table of Arrow's", lambda: [pa.table({"a": [1]})], lambda v: v.__setitem__(
        0, pa.table({"a": [2]}))),
    Touch("an attribute of an object", lambda: [Thing()], lambda v: setattr(v[0], "x", 1)),
    Touch("the class of an object", lambda: [Thing()], lambda v: setattr(
        v[0], "__class__", type("Thing", (Thing,), {}))),
    Touch("an attribute of a class", lambda: [_class()()], lambda v: setattr(
        type(v[0]), "rate", 2)),
    Touch("a default of a function", lambda: [_function()], lambda v: setattr(
        v[0], "__defaults__", (2,))),
    Touch("what a closure holds", lambda: {"f": _closure()}, lambda v: v["f"]().append(1)),
    Touch("a set", lambda: {"s": {1}}, lambda v: v["s"].add(2)),
    Touch("the order of an ordered dict", lambda: collections.OrderedDict(a=1, b=2),
          lambda v: v.move_to_end("a")),
    Touch("a queue", lambda: collections.deque([1]), lambda v: v.append(1)),
    Touch("a default dict", lambda: collections.defaultdict(list), lambda v: v["a"]),
    Touch("a counter", lambda: collections.Counter("ab"), lambda v: v.update("a")),
    Touch("bytes in place", lambda: [bytearray(b"ab")], lambda v: v[0].reverse()),
    Touch("a time zone", lambda: [dt.datetime(2026, 1, 1)],  # noqa: DTZ001 (without one)
          lambda v: v.__setitem__(0, v[0].replace(tzinfo=dt.UTC))),
    Touch("digits of a decimal", lambda: [decimal.Decimal("1.0")], lambda v: v.__setitem__(
        0, decimal.Decimal("1.00"))),
    Touch("the state of a generator", lambda: {"rng": np.random.default_rng(0)}, lambda v: v[
        "rng"].random()),
]  # fmt: skip


@pytest.mark.parametrize("touch", TOUCHES, ids=lambda touch: touch.name)
def test_a_change_is_seen(touch: Touch) -> None:
    value = touch.make()
    before, content = session_digest(value), fingerprint(value)
    assert before is not None
    assert session_digest(value) == before
    touch.change(value)
    assert fingerprint(value) != content
    assert session_digest(value) != before


def test_a_value_with_cycles_has_a_digest() -> None:
    value: list[Any] = [Thing(), {}]
    value[0].part = value
    value[1]["up"] = value[0]
    before = session_digest(value)
    assert before is not None
    value[1]["more"] = 1
    assert session_digest(value) != before


def test_a_class_that_holds_its_own_objects_has_a_digest() -> None:
    made = _class()
    made.all = [made(), made()]
    before = session_digest(made.all)
    made.all[0].x = 1
    assert before is not None
    assert session_digest(made.all) != before


def test_what_cannot_be_told_has_none() -> None:
    assert session_digest(iter(list(range(3)))) is not None
    assert session_digest(number for number in range(3)) is None
    assert session_digest({"f": open}) is not None

    class Hostile:
        def __reduce__(self) -> Any:
            raise SystemExit

    assert session_digest([Hostile()]) is None


def test_it_gives_up_when_the_time_is_up() -> None:
    value = [{f"a{number}": [number]} for number in range(100_000)]
    began = time.thread_time()
    assert session_digest(value, until=time.perf_counter() + 0.005) is None
    assert time.thread_time() - began < 0.3


class Looked:
    """An object that counts how often objects of its class are taken apart."""

    times = 0

    def __reduce__(self) -> tuple[Any, ...]:
        Looked.times += 1
        return (Looked, ())


def test_it_gives_up_within_what_a_function_holds() -> None:
    """What a closure leads to may be a large graph, as of a value that knows how it was made."""
    parts = [Looked() for _ in range(10_000)]
    parts.append(parts)  # type: ignore[arg-type]

    assert session_digest(lambda: parts, until=time.perf_counter()) is None
    assert Looked.times < 1000


def test_equal_content_may_have_another_digest() -> None:
    part = [1]
    assert session_digest([part, part]) != session_digest([part, copy.copy(part)])


LEVELS = 3_000


def in_objects(value: Any) -> Any:
    """A value at the end of objects that lead to each other."""
    for _ in range(LEVELS):
        value = Thing(value)
    return value


def in_lists(value: Any) -> Any:
    """A value in a list, in a list, and so on."""
    for _ in range(LEVELS):
        value = [value]
    return value


def in_both(value: Any) -> Any:
    """A value in objects that lead to each other by dicts, tuples and lists, and back."""
    first = last = Thing()
    for number in range(LEVELS):
        last.part = ({"next": [Thing(last)]}, number)
        last = last.part[0]["next"][0]
    last.part = [first, value]
    return first


DEEP = (in_objects, in_lists, in_both)


@pytest.mark.parametrize("deep", DEEP)
@given(one=values, other=values)
@settings(max_examples=25, deadline=None)
def test_values_that_are_nested_deeply_have_digests(
    deep: Callable[[Any], Any], one: Any, other: Any
) -> None:
    value = deep(one)
    found = session_digest(value)
    assert found is not None
    assert session_digest(value) == found
    if fingerprint(one) != fingerprint(other):
        assert session_digest(deep(other)) != found


@pytest.mark.parametrize("deep", DEEP)
def test_a_change_is_seen_however_deep(deep: Callable[[Any], Any]) -> None:
    parts = [Thing(number) for number in range(1_000)]
    value = deep(parts)
    before = session_digest(value)
    for part in (parts[0], parts[500], parts[999]):
        part.part = [part.part]
        assert session_digest(value) != before
        (part.part,) = part.part
    assert session_digest(value) == before
    parts[3].part, parts[4].part = parts[4].part, parts[3].part
    assert session_digest(value) != before
