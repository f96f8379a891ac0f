"""Large values are walked level by level: what counts is what counts in small ones."""

from __future__ import annotations

import copy
import enum
import time
import tracemalloc
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import OutOfTimeError
from nbmlops.values.cycles import Extent, extent_unfolded
from nbmlops.values.fingerprint import examine, fingerprint

FILLER = [[number] for number in range(1_000)]
"""Makes large what holds it."""


class Kind(enum.Enum):
    """Shared by whoever refers to it."""

    LEAF = 1
    TREE = 2


class Node:
    """Has a ``__dict__``."""

    def __init__(self, value: Any, children: Any) -> None:
        self.value, self.children = value, children


class Slim:
    """Has slots, which need not be set."""

    __slots__ = ("children", "value")

    def __init__(self, value: Any, children: Any) -> None:
        self.children = children
        if value is not None:
            self.value = value


class Told(Node):
    """Says itself what it is."""

    def __getstate__(self) -> dict[str, Any]:
        return {"both": [self.value, self.children]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.value, self.children = state["both"]


class Pair(NamedTuple):
    """A tuple with names."""

    value: Any
    children: Any


@dataclass
class Data:
    """Of the standard library's making."""

    value: Any
    children: list[Any] = field(default_factory=list)


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, -0.0, 1.0, "", "a", b"a"])
)
LEAF = st.one_of(PLAIN, st.sampled_from([*Kind, Node, len, frozenset({1, "a"}), 1j]))
KINDS = (Node, Slim, Told, Pair, Data)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=3)
    return st.one_of(
        several,
        several.map(tuple),
        several.map(deque),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        st.dictionaries(st.one_of(PLAIN, st.tuples(PLAIN)), inner, max_size=3),
        st.dictionaries(st.sampled_from("ab"), inner, max_size=2).map(OrderedDict),
        st.builds(lambda kind, *parts: kind(*parts), st.sampled_from(KINDS), PLAIN, several),
        st.integers(8, 9).flatmap(lambda most: st.lists(inner, min_size=8, max_size=most)),
    )


VALUES = st.recursive(LEAF, _grown, max_leaves=12)


def _large(value: Any) -> str:
    return fingerprint([value, FILLER])


@given(VALUES, VALUES)
def test_large_values_are_equal_where_small_ones_are(one: Any, other: Any) -> None:
    assert (_large(one) == _large(other)) == (fingerprint(one) == fingerprint(other))


@given(VALUES)
def test_equal_content_is_equal_however_it_is_shared(value: Any) -> None:
    twice, copied = [value, value], [value, copy.deepcopy(value)]
    assert _large(twice) == _large(copied)
    assert _large(twice) != _large([value, [value]])


@given(VALUES)
def test_a_change_deep_inside_is_seen(value: Any) -> None:
    tree = [Node(0, [value, [Data(1, [0])]]), FILLER]
    before = fingerprint(tree)
    tree[0].children[1][0].children[0] = False
    assert fingerprint(tree) != before


def _linked(many: int) -> Any:
    found = None
    for number in range(many):
        found = Node(number, found)
    return found


def _doubly(many: int) -> Any:
    parts = [Node(number, {}) for number in range(many)]
    for one, other in pairwise(parts):
        one.children["next"], other.children["last"] = other, one
    return parts[0]


def _family(many: int, kind: Callable[[Any, Any], Any] = Node) -> Any:
    parts = [kind(number, []) for number in range(many)]
    for number in range(1, many):
        parts[(number - 1) // 4].children.append(parts[number])
        parts[number].children.append(parts[(number - 1) // 4])
    return parts[0]


def _lists(many: int) -> Any:
    found: list[Any] = []
    for _ in range(many):
        found = [found]
    return found


@dataclass(frozen=True)
class Arrangement:
    """One way to arrange many objects, and one of the last among them."""

    name: str
    make: Callable[[], Any]
    last: Callable[[Any], Any]


def _end(value: Any) -> Any:
    while value.children is not None:
        value = value.children
    return value


def _end_of_doubly(value: Any) -> Any:
    while "next" in value.children:
        value = value.children["next"]
    return value


ARRANGEMENTS = [
    Arrangement("a linked list", lambda: _linked(100_000), _end),
    Arrangement("one linked both ways", lambda: _doubly(20_000), _end_of_doubly),
    Arrangement("a tree with parents", lambda: _family(2_000), lambda root: root.children[3]),
    Arrangement("slots", lambda: _family(2_000, Slim), lambda root: root.children[3]),
    Arrangement(
        "keys of two", lambda: {(n, n): Node(n, [n]) for n in range(2_000)}, lambda v: v[7, 7]
    ),
    Arrangement(
        "an array in each", lambda: [Node(np.arange(n % 3), Kind.LEAF) for n in range(600)],
        lambda value: value[-1],
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", ARRANGEMENTS, ids=lambda case: case.name)
def test_however_objects_are_arranged_content_counts(case: Arrangement) -> None:
    value = case.make()
    before = examine(value)
    assert examine(case.make()) == before
    case.last(value).value = "another"
    assert fingerprint(value) != before.text


def test_lists_in_each_other_without_end_have_a_fingerprint() -> None:
    assert fingerprint(_lists(100_000)) == fingerprint(_lists(100_000))
    assert fingerprint(_lists(100_000)) != fingerprint(_lists(100_001))


def test_in_a_large_value_with_cycles_it_counts_who_is_whose_parent() -> None:
    one, other = _family(2_000), _family(2_000)
    other.children[0].children[-1] = other.children[1]
    assert fingerprint(one) != fingerprint(other)


def test_the_order_of_dicts_is_noted() -> None:
    one, other = {"a": 1, "b": [2]}, {"b": [2], "a": 1}
    first, second = examine([one, FILLER]), examine([other, FILLER])
    assert first.text == second.text
    assert (first.order, bool(second.order)) == ("", True)


def test_what_is_shared_is_noted() -> None:
    part = [1]
    first, second = examine([[part, part], FILLER]), examine([[part, [1]], FILLER])
    assert first.text == second.text
    assert (bool(first.holding), second.holding) == (True, "")


def test_what_has_more_parts_than_time_is_given_up() -> None:
    value = _family(100_000)
    with pytest.raises(OutOfTimeError):
        fingerprint(value, until=time.perf_counter() + 0.005)


def _held_twice(length: int, last: int = 0) -> list[Any]:
    """A chain that is a tree without end in sight: 2 to the power of its length."""
    chain: list[Any] = [last]
    for number in range(length):
        chain = [number, chain, chain]
    return chain


@pytest.mark.parametrize("length", [25, 40, 3000])
def test_a_chain_of_parts_that_are_held_twice_has_a_fingerprint(length: int) -> None:
    assert fingerprint(_held_twice(length)) == fingerprint(_held_twice(length))
    assert fingerprint(_held_twice(length)) != fingerprint(_held_twice(length, last=1))
    assert fingerprint(_held_twice(length)) != fingerprint(_held_twice(length + 1))


def test_a_list_of_all_parts_of_a_chain_is_soon_walked() -> None:
    def listed(last: int) -> list[Any]:
        parts: list[Any] = [[last, None]]
        for number in range(20_000):
            parts.append([number, parts[-1]])
        return parts

    assert fingerprint(listed(0)) == fingerprint(listed(0))
    assert fingerprint(listed(0)) != fingerprint(listed(1))


def test_a_part_that_all_rows_of_a_deep_value_share_equals_one_for_each() -> None:
    """Level after level has the same parts, and the tree ends all the same."""

    def rows(*, shared: bool) -> Any:
        part: Any = ["x"]
        for number in range(12):
            part = {"n": number, "in": part}
        found: list[Any] = [{"row": n, "is": part if shared else None} for n in range(1500)]
        if not shared:
            for row in found:
                row["is"] = copy.deepcopy(part)
        return found

    assert fingerprint(rows(shared=True)) == fingerprint(rows(shared=False))


def test_parts_are_counted_wherever_they_are() -> None:
    part: list[Any] = []
    for _ in range(60):
        part = [part, part]
    assert extent_unfolded(part, list) == Extent(2**61 - 1, 61)
    part.append(part)
    assert extent_unfolded(part, list) == Extent(float("inf"), 0)
    assert extent_unfolded(_lists(50), list, most=10) is None


def test_a_cycle_at_the_beginning_of_a_long_value_is_seen_at_a_glance() -> None:
    """As in a list whose parts know the one before."""
    parts: list[list[Any]] = [[] for _ in range(50)]
    for before, after in pairwise(parts):
        before.append(after)
        after.append(before)
    assert extent_unfolded(parts[0], lambda part: part[::-1], most=10) == Extent(float("inf"), 0)
    assert extent_unfolded(parts[0], list, most=10) == Extent(float("inf"), 0)


def _unlike(count: int) -> list[dict[str, Any]]:
    return [{"a": n, "b": str(n), **({"x": n} if n % 3 else {"y": (n, 1)})} for n in range(count)]


def _share_of_walk(make: Callable[[], object]) -> float:
    """The memory that walking a value takes, as a share of its own."""
    examine(FILLER)  # what it needs at all is there
    tracemalloc.start()
    try:
        value = make()
        taken = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        examine(value)
        return (tracemalloc.get_traced_memory()[1] - taken) / taken
    finally:
        tracemalloc.stop()


def test_many_unlike_dicts_are_walked_in_less_memory_than_they_take() -> None:
    assert _share_of_walk(lambda: _unlike(30_000)) < 0.8


MANY_PARTS: dict[str, Callable[[], object]] = {
    "dicts": lambda: [{"a": n, "b": str(n), "c": n / 2} for n in range(50_000)],
    "dicts that hold a dict": lambda: [{"a": n, "b": {"c": str(n)}} for n in range(50_000)],
    "dicts that hold a list": lambda: [{"a": n, "b": [str(n)]} for n in range(50_000)],
}


@pytest.mark.parametrize("make", MANY_PARTS.values(), ids=MANY_PARTS)
def test_parts_that_have_one_place_are_walked_in_an_eighth_of_their_memory(
    make: Callable[[], object],
) -> None:
    assert _share_of_walk(make) < 0.125


SHARED: dict[str, Callable[[list[Any], Any], None]] = {
    "in one list": lambda rows, part: rows.extend([part, part]),
    "in two columns": lambda rows, part: rows.extend([{"a": part, "b": part}] * 2),
    "on two levels": lambda rows, part: rows.extend([part, [[part]]]),
    "deep below itself": lambda rows, part: rows.append([[[part]], part]),
}


@pytest.mark.parametrize("share", SHARED.values(), ids=SHARED)
def test_a_part_with_several_places_is_found_among_many_that_have_one(
    share: Callable[[list[Any], Any], None],
) -> None:
    rows: list[Any] = [[{"n": n}] for n in range(2_000)]
    share(rows, ["part"])
    found, alike = examine(rows), examine(copy.deepcopy(rows))
    apart = examine(_unshared(rows))
    assert (found.text, found.holding) == (alike.text, alike.holding)
    assert found.holding != ""
    assert (apart.text, apart.holding) == (found.text, "")


def _unshared(part: Any) -> Any:
    if type(part) is list:
        return [_unshared(inner) for inner in part]
    return {k: _unshared(v) for k, v in part.items()} if type(part) is dict else part


@pytest.mark.parametrize("at", [0, 9_999, 10_000, 19_999])
def test_a_dict_in_another_order_is_noted_wherever_it_is_among_many(at: int) -> None:
    rows = _unlike(20_000)
    assert examine(rows).order == ""
    former = fingerprint(rows)
    rows[at] = dict(reversed(rows[at].items()))
    assert examine(rows).order != ""
    assert fingerprint(rows) == former
