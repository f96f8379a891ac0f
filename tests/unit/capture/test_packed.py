"""Packed identities are a set like any other, in a fraction of its memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.capture.packed import Packing, are_disjoint, packed, united
from nbmlops.values.kinds import identity

KEYS = st.frozensets(
    st.integers(0, 300)
    | st.integers(65_400, 65_700)
    | st.integers(-70_000, -1)
    | st.integers(2**59, 2**59 + 300)
    | st.integers(2**63, 2**63 + 10),
    max_size=200,
)


@given(KEYS, KEYS)
def test_they_are_compared_as_sets_are(first: frozenset[int], second: frozenset[int]) -> None:
    """Two packed ones, and one with a set, whichever comes first."""
    one, other = packed(first), packed(second)
    assert set(one) == first
    assert len(one) == len(first)
    assert bool(one) == bool(first)
    for mine, theirs in ((one, other), (one, second), (first, other)):
        assert mine & theirs == first & second
        assert mine - theirs == first - second
        assert mine | theirs == first | second
        assert (mine == theirs) == (first == second)
        assert (mine <= theirs) == (first <= second)
        assert are_disjoint(mine, theirs) == first.isdisjoint(second)
    assert one.isdisjoint(second) == first.isdisjoint(second)
    assert one - other == packed(first - second)


@given(KEYS, st.integers())
def test_they_know_what_is_in_them(keys: frozenset[int], other: int) -> None:
    found = packed(keys)
    assert all(key in found for key in keys)
    assert (other in found) == (other in keys)
    text: object = "text"
    assert text not in found


@given(st.lists(KEYS))
def test_several_are_united(sets: list[frozenset[int]]) -> None:
    """Packed ones and others."""
    mixed = [packed(each) if place % 2 else each for place, each in enumerate(sets)]
    assert united(mixed) == frozenset().union(*sets)


def test_a_single_one_is_united_with_nothing_as_it_is() -> None:
    one = packed(frozenset([1, 2]))
    assert united([frozenset(), one]) is one


def test_what_was_packed_stays_as_it_was_when_more_is_added() -> None:
    packing = Packing()
    packing.add([3, 1])
    before = packing.packed()
    packing.add([2, 1])
    assert list(before) == [1, 3]
    assert list(packing.packed()) == [1, 2, 3]


def test_many_objects_take_a_few_bytes_each() -> None:
    objects: list[object] = [[] for _ in range(50_000)]
    tracemalloc.start()
    try:
        found = packed({identity(each) for each in objects})
        known, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 50_000
    assert known < 4 * 50_000
