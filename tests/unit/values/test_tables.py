"""Many alike items are taken apart column by column; that must not show in the fingerprint."""

from __future__ import annotations

import copy
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import NotFingerprintableError
from nbmlops.values import levels
from nbmlops.values.columns import columns_of, columns_of_rows
from nbmlops.values.fingerprint import fingerprint

MANY = 20

leaves = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a"])
cells = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.fixed_dictionaries({"a": inner, "b": inner}),
    max_leaves=6,
)


class Point:
    """A plain object."""

    x3: list[int]
    all: list[Point]

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Other(Point):
    """Another class with the same attributes."""


@dataclass(slots=True)
class Slotted:
    """An object without a ``__dict__``."""

    x: Any


@dataclass
class Stateful:
    """An object that pickles in its own way."""

    x: int
    cache: list[int] = field(default_factory=list)

    def __getstate__(self) -> int:
        return self.x


def make(kind: str, cell: Any) -> Any:
    """One item of a table."""
    if kind == "dict":
        return {"b": cell, "a": [1]}
    if kind == "tuple":
        return (cell, [1])
    if kind == "list":
        return [cell, {}]
    if kind == "slotted":
        return Slotted(cell)
    if kind == "ordered":
        return OrderedDict(b=cell, a=[1])
    return Point(b=cell, a=[1])


kinds = st.sampled_from(["dict", "tuple", "list", "object", "slotted", "ordered"])


@given(kinds, st.lists(cells, min_size=MANY, max_size=MANY))
def test_whether_items_are_shared_does_not_count(kind: str, column: list[Any]) -> None:
    item = make(kind, column)
    shared = [item] * MANY
    assert fingerprint(shared) == fingerprint([copy.deepcopy(item) for _ in range(MANY)])
    rows = [make(kind, cell) for cell in column]
    assert fingerprint(rows) == fingerprint(copy.deepcopy(rows))
    assert fingerprint({"k": rows}) == fingerprint({"k": copy.deepcopy(rows)})


@given(kinds, st.lists(cells, min_size=MANY, max_size=MANY), st.integers(0, MANY - 1), cells)
def test_one_other_cell_is_another_content(
    kind: str, column: list[Any], at: int, cell: Any
) -> None:
    others = [*column]
    others[at] = cell
    rows, other_rows = ([make(kind, one) for one in each] for each in (column, others))
    same = fingerprint(column[at]) == fingerprint(cell)
    assert (fingerprint(rows) == fingerprint(other_rows)) is same


def test_the_order_of_keys_and_attributes_does_not_count() -> None:
    ahead = [{"a": number, "b": []} for number in range(MANY)]
    behind = [{"b": [], "a": number} for number in range(MANY)]
    assert fingerprint(ahead) == fingerprint(behind)
    assert fingerprint([Point(**row) for row in ahead]) == fingerprint(
        [Point(**row) for row in behind]
    )


def test_containers_classes_and_shapes_of_tables_differ() -> None:
    rows = [{"a": number, "b": []} for number in range(MANY)]
    tables: list[Any] = [
        rows,
        tuple(rows),
        dict(enumerate(rows)),
        {str(number): row for number, row in enumerate(rows)},
        [list(row.items()) for row in rows],
        [tuple(row.values()) for row in rows],
        [list(row.values()) for row in rows],
        [Point(**row) for row in rows],
        [Other(**row) for row in rows],
        [Point(**row) for row in rows[:-1]] + [Other(**rows[-1])],
        [*rows[:-1], {"a": 0, "c": []}],
        [*rows[:-1], {"a": 0}],
        [{"c": row["a"], "b": []} for row in rows],
        {"a": [row["a"] for row in rows], "b": [[] for _ in rows]},
    ]
    assert len({fingerprint(table) for table in tables}) == len(tables)


def test_objects_with_other_attributes_each_are_compared_too() -> None:
    points = [Point(**{f"x{number}": [number]}) for number in range(MANY)]
    before = fingerprint(points)
    assert before == fingerprint(copy.deepcopy(points))
    points[3].x3.append(1)
    assert fingerprint(points) != before


def test_objects_that_are_more_than_their_attributes_are_taken_apart_one_by_one() -> None:
    stateful = [Stateful(number) for number in range(MANY)]
    before = fingerprint(stateful)
    stateful[0].cache.append(1)
    assert fingerprint(stateful) != before  # though its pickle leaves the cache out
    slotted = [Slotted(number) for number in range(MANY)]
    before = fingerprint(slotted)
    slotted[0].x = 7
    assert fingerprint(slotted) != before


def test_whether_a_function_is_one_or_several_of_equal_code_does_not_count() -> None:
    def make_function(number: int) -> Callable[[], int]:
        return lambda: number

    one = make_function(1)
    shared = [{"f": one, "n": []} for _ in range(MANY)]
    several = [{"f": make_function(1), "n": []} for _ in range(MANY)]
    others = [*several[:-1], {"f": make_function(2), "n": []}]
    assert fingerprint(shared) == fingerprint(several)
    assert fingerprint(shared) != fingerprint(others)


def test_rows_that_lead_back_to_themselves_come_to_an_end() -> None:
    row: dict[str, Any] = {}
    row["self"] = row
    rows = [row] * MANY
    assert fingerprint(rows) == fingerprint(copy.deepcopy(rows))
    points = [Point() for _ in range(MANY)]
    for point in points:
        point.all = points
    assert fingerprint(points) == fingerprint(copy.deepcopy(points))


SHARED: dict[str, Callable[[int], Any]] = {
    "lists by words": lambda count: {f"word {number}": [number] for number in range(count)},
    "numbers by words": lambda count: {f"word {number}": number for number in range(count)},
    "numbers": lambda count: list(range(count)),
    "lists": lambda count: [[number] for number in range(count)],
    "objects": lambda count: [Point(number=number) for number in range(count)],
}


@pytest.mark.parametrize("make", SHARED.values(), ids=SHARED)
def test_a_large_part_that_all_items_share_is_not_walked_for_each(
    make: Callable[[int], Any],
) -> None:
    vocabulary = make(5_000)
    items = [Point(words=vocabulary, number=number) for number in range(2_000)]
    tracemalloc.start()
    try:
        before = fingerprint(items)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * 2**20  # each reference to what is shared would take 80 MB and more
    items[-1].words = make(4_999)
    assert fingerprint(items) != before


@pytest.mark.parametrize("make", SHARED.values(), ids=SHARED)
def test_what_long_parts_are_does_not_depend_on_who_shares_them(
    make: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "MUCH", 20_000)
    parts = [make(1_500) for _ in range(20)]
    alone, one, some = (
        [Point(words=parts[at % most], number=at) for at in range(20)] for most in (20, 1, 7)
    )
    assert fingerprint(alone) == fingerprint(one) == fingerprint(some)


def test_an_open_file_in_a_table_is_named() -> None:
    with Path(__file__).open() as file:
        rows = [{"a": number, "b": [file]} for number in range(MANY)]
        with pytest.raises(NotFingerprintableError, match="holds an open file"):
            fingerprint(rows)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), leaves, min_size=1), min_size=1))
def test_columns_hold_what_the_rows_hold(rows: list[dict[str, Any]]) -> None:
    columns = columns_of(rows, 3)
    if columns is None:
        assert len({frozenset(row) for row in rows}) > 1
    else:
        found = zip(*columns.values(), strict=True)
        assert [dict(zip(columns, cells, strict=True)) for cells in found] == rows
    assert columns == columns_of([dict(reversed(rows[0].items())), *rows[1:]], 3)


def test_wide_uneven_and_oddly_keyed_rows_are_no_table() -> None:
    assert columns_of([{"a": 1, "b": 2}], 1) is None
    assert columns_of([{"a": 1}, {"b": 1}], 4) is None
    assert columns_of([{1: 1}, {1: 1}], 4) is None
    assert columns_of([{}, {}], 4) is None
    assert columns_of_rows([(1, 2), (1,)], 4) is None
    assert columns_of_rows([(), ()], 4) is None
    assert columns_of_rows([(1, 2), (3, 4)], 4) == {0: [1, 3], 1: [2, 4]}
