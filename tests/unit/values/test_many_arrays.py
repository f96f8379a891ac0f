"""Many small arrays are fingerprinted in few steps each, and as each would be alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.values.codec import encode
from nbmlops.values.deadlines import Deadline
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.forms import digest
from nbmlops.values.many_arrays import digests_of
from nbmlops.values.tree_walk import TreeWalk

TYPES = (
    *("?", "i1", "<i4", ">i4", "u8", "f2", "f4", "f8", ">f8", "g", "c8", "c16", "G"),
    *("S0", "S3", "U0", "U2", "V5", "M8[ns]", "M8[D]", "m8[s]", "O"),
    [("a", "i4"), ("b", "f8")],
)
SHAPES = ((), (0,), (1,), (2, 1), (3, 0), (2, 3), (700,))
MANY = 1_500


def _array(kind: Any, shape: tuple[int, ...], start: int) -> Any:
    found = np.zeros(shape, kind)
    if found.dtype.kind != "V":
        found.reshape(-1)[:] = np.arange(start, start + found.size).astype(kind)
    return found


ARRAYS = st.builds(_array, st.sampled_from(TYPES), st.sampled_from(SHAPES), st.integers(0, 9))
LAID_OUT = st.sampled_from((lambda one: one, lambda one: one.T, lambda one: one[..., ::-1]))
NUMBERS = st.sampled_from((
    np.float64(1), np.float64(-0.0), np.float32(1), np.int8(1), np.bool_(1), np.longdouble(1),
    np.complex64(1), np.timedelta64(1, "s"), np.timedelta64(1, "D"),
))  # fmt: skip


@st.composite
def _laid_out(draw: Any) -> Any:
    array = draw(ARRAYS)
    return draw(LAID_OUT)(array) if array.ndim else array


@given(st.lists(_laid_out() | NUMBERS, max_size=40))
def test_each_has_the_digest_that_it_has_alone(parts: list[Any]) -> None:
    """Whatever the others are: their dtypes, shapes and layouts."""
    walk = TreeWalk(parts, Deadline(inf))
    assert digests_of(parts * 2, walk) == [digest(walk.form(part)) for part in parts * 2]


def test_dtypes_with_notes_are_told_from_those_without() -> None:
    noted = [np.zeros(2, np.dtype("f8", metadata={"a": number})) for number in range(3)]
    parts = [np.zeros(2), *noted, np.zeros(2)]
    found = digests_of(parts, TreeWalk(parts, Deadline(inf)))
    assert found[0] == found[4]
    assert len(set(found)) == 4


FIXED: tuple[tuple[str, Callable[[], Any], str], ...] = (
    (
        "arrays",
        lambda: [np.full((2, 1), number / 7) for number in range(MANY)],
        "e57ec56ccad4644213cdb81a58f529ed",
    ),
    (
        "tuples",
        lambda: [(np.arange(number % 5), np.array("a")) for number in range(MANY)],
        "734acbc771677d61778bfb0ba96f3ad4",
    ),
    (
        "numbers",
        lambda: [np.float32(number) for number in range(MANY)],
        "bf6b8ee4c80d87e0012e801719ba0745",
    ),
    (
        "by name",
        lambda: {str(number): np.array([number]) for number in range(MANY)},
        "9674309c684a7fa280ff4cfa4961efdb",
    ),
    (
        "few",
        lambda: [np.full((2, 1), number / 7) for number in range(10)],
        "40c0d49c4945af9c9232f47cb3680d79",
    ),
    (
        "fixed",
        lambda: [np.broadcast_to(np.arange(3), (2, 3)) for _ in range(MANY)],
        "5ccfd7f11e62cca2cbd87406ebce1c68",
    ),
)


@pytest.mark.parametrize(
    ("make", "text"), [one[1:] for one in FIXED], ids=[one[0] for one in FIXED]
)
def test_their_fingerprints_are_those_of_every_day(make: Callable[[], Any], text: str) -> None:
    assert fingerprint(make()) == text


def _calls(work: Callable[[], Any]) -> int:
    """How many functions of ours something calls."""
    calls: list[str] = []

    def count(frame: Any, event: str, _: Any) -> None:
        if event == "call" and "nbmlops" in frame.f_code.co_filename:
            calls.append(frame.f_code.co_name)

    work()  # what is asked of a type is remembered
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return len(calls)


@pytest.mark.parametrize(("work", "most"), [(fingerprint, 1), (encode, 3)])
def test_one_more_of_them_calls_few_functions(work: Callable[[Any], Any], most: int) -> None:
    """Of the fingerprint: the name of its dtype; of the pickle: its reducer and its buffer."""
    some, more = ([np.full((2, 1), number) for number in range(n)] for n in (2_000, 3_000))
    assert _calls(lambda: work(more)) - _calls(lambda: work(some)) <= most * 1_000 + 20
