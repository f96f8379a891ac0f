"""Which values see a change to another, and which change when they are merely used."""

from __future__ import annotations

import functools
import io
import operator
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.capture import parts
from nbmlops.capture.parts import own_and_tabled, parts_of
from nbmlops.capture.sharing import KnownParts
from nbmlops.values.kinds import identity


class Holder:
    """An object with an attribute."""

    def __init__(self, held: Any) -> None:
        self.held = held


class Link:
    """One of a linked list, which holds something beside."""

    following: Link
    held: object


class Showing(Holder):
    """One that runs code when it is shown."""

    def __repr__(self) -> str:
        return f"Showing({self.held})"


PART = [1, 2]
ARRAY = np.arange(10)
FRAME = pd.DataFrame({"a": [1.5, 2.5]})
SLICE = slice(1, 3)
COLUMNS = tuple(
    pd.Series(["2026-01-01", "2026-01-02"]).astype(kind)
    for kind in ("string[pyarrow]", "string[python]", "datetime64[ns, UTC]", "date32[pyarrow]")
)

CALLED_BACK = ExitStack()
CALLED_BACK.callback(PART.append, 3)

SHARING = (
    (PART, PART),
    (PART, [PART]),
    (PART, {"deep": [({"er": PART},)]}),
    (PART, Holder(PART)),
    (PART, Holder(PART).held.append),
    ([PART], (0, PART)),
    (PART, functools.partial(list.append, PART)),
    (PART, CALLED_BACK),
    (PART, iter(PART)),
    (PART, (part for part in PART)),
    (PART, {"a": PART}.values()),
    (PART, slice(PART)),
    ([PART], (0, slice(None, PART))),
    (ARRAY, ARRAY[2:5]),
    (ARRAY[:5], ARRAY[5:]),
    (ARRAY, ARRAY.reshape(2, 5).T),
    (ARRAY, memoryview(ARRAY)),
    (ARRAY, ARRAY.flat),
    (ARRAY, np.nditer(ARRAY, op_flags=[["readwrite"]])),
    (ARRAY, [np.broadcast(ARRAY, 1)]),
    (PART, np.array([PART, None], dtype=object)),
    (FRAME, [FRAME]),
)
APART = (
    (1, 1),
    ("text", "text"),
    (None, None),
    ([1], [1]),
    (np, np),
    ((), ()),
    (slice(1, 3), slice(1, 3)),
    (SLICE, [SLICE]),
    (ARRAY, ARRAY.copy()),
    (bytearray(b"ab"), bytearray(b"ab")),
    ((1, 2), [1, 2]),
    (len, len),
    *((column, pd.Series(column.tolist(), dtype=column.dtype)) for column in COLUMNS),
    (pd.DataFrame(dict(enumerate(COLUMNS))), pd.concat([*COLUMNS], axis=1).iloc[[1, 0]].copy()),
)
SORTED = FRAME.assign(b="x", c=1).sort_values("a", ascending=False).reset_index(drop=True)
APART += (
    (np.dtype("int64"), [np.dtype("int64")]),
    (SORTED, SORTED[SORTED["a"] > 2].set_axis(["d", "e", "f"], axis=1)),
)
RECORDS = np.dtype([("a", "i4")])
SHARING += ((RECORDS, [RECORDS]),)
LIVELY = (
    iter([1]),
    [iter([1])],
    {"deep": (number for number in range(2))},
    map(abs, [1]),
    io.StringIO("a"),
    defaultdict(list),
    functools.partial(list.append, PART),
    operator.methodcaller("append", PART),
    PART.append,
    Showing(1),
)
STILL = (
    1,
    "a",
    [1, {"a": (2,)}],
    {1},
    ARRAY,
    FRAME,
    FRAME["a"],
    Counter("ab"),
    random.Random(1),  # noqa: S311 (a value like any other)
    len,
    Holder(1),
)


@pytest.mark.parametrize("number", range(len(SHARING)))
def test_values_with_a_part_or_memory_in_common_share(number: int) -> None:
    first, second = SHARING[number]
    assert parts_of(first).mutable & parts_of(second).mutable


@pytest.mark.parametrize("number", range(len(APART)))
def test_values_with_nothing_mutable_in_common_do_not(number: int) -> None:
    first, second = APART[number]
    assert not parts_of(first).mutable & parts_of(second).mutable


@pytest.mark.parametrize("number", range(len(LIVELY)))
def test_a_value_whose_code_may_run_when_it_is_used_is_lively(number: int) -> None:
    assert parts_of(LIVELY[number]).lively


@pytest.mark.parametrize("number", range(len(STILL)))
def test_a_value_that_nothing_changes_but_a_change_is_not(number: int) -> None:
    assert not parts_of(STILL[number]).lively


def test_names_are_found_whose_values_share() -> None:
    values = {"part": PART, "whole": [PART], "other": [1, 2], "text": "x"}
    assert KnownParts().sharing_with(["part"], values) == {"part", "whole"}
    assert KnownParts().sharing_with(["text"], values) == set()


def test_a_value_that_may_have_changed_is_looked_at_again() -> None:
    whole: list[Any] = []
    values = {"part": PART, "whole": whole}
    shared = KnownParts()
    assert shared.sharing_with(["part"], values) == {"part"}
    whole.append(PART)
    shared.forget(["whole"])
    assert shared.sharing_with(["part"], values) == {"part", "whole"}


@given(st.recursive(st.integers() | st.text(), lambda inner: st.lists(inner) | st.tuples(inner)))
def test_a_value_shares_with_what_holds_it(value: object) -> None:
    assert parts_of(value).mutable <= parts_of([value]).mutable


def test_a_value_with_cycles_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert parts_of(loop).mutable == {identity(loop)}


def test_a_long_chain_is_followed_to_its_end() -> None:
    last: list[Any] = [{"a": 1}]
    chain = last
    for _ in range(50_000):
        chain = [chain]
    found = parts_of(chain)
    assert found.whole
    assert len(found.mutable) == 50_002
    assert found.mutable >= {identity(last), identity(last[0])}


_MANY = """
import tracemalloc
from nbmlops.capture.parts import parts_of
rows = [{"a": number, "b": [number], "c": {"d": number / 2}} for number in range(50_000)]
tracemalloc.start()
found = parts_of(rows)
print(*tracemalloc.get_traced_memory(), len(found.mutable))
"""


def test_many_parts_are_looked_at_and_known_in_little_memory() -> None:
    """A set of their identities alone would take more than fifty bytes for each.

    In a process of its own: in this one, objects lie where earlier tests have left room.
    """
    done = subprocess.run([sys.executable, "-c", _MANY], capture_output=True, check=True)
    known, most, count = map(int, done.stdout.split())
    assert count == 150_001
    assert most < 20 * count
    assert known < 4 * count


def _shared() -> list[Any]:
    rows = [{"a": [number]} for number in range(1_000)]
    return [rows, rows[::3], [row["a"] for row in reversed(rows)]]


def _chained() -> list[Any]:
    """Holders of a linked list whose links are met before what holds them."""
    first = last = Link()
    for number in range(2_000):
        last.following = Link()
        last = last.following
        last.held = [{"a": number}]
    return [first]


MANY = (
    [{"a": [number], "b": {"c": ({"d": number},)}} for number in range(1_000)],
    [Holder([number]) for number in range(1_000)],
    [({number}, (number, [number])) for number in range(1_000)],
    {number: [[number], np.float64(number), print] for number in range(1_000)},
    [pd.Series([[number]]) for number in range(200)],
    _shared(),
    _chained(),
)


@pytest.mark.parametrize("number", range(len(MANY)))
def test_of_many_parts_each_is_found_as_of_few(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a part is in one place is asked of many alone."""
    few, inside = parts_of(MANY[number]), _inside(MANY[number])
    monkeypatch.setattr(parts, "_MANY", 100)
    found = parts_of(MANY[number])
    assert type(found.mutable) is not type(few.mutable)
    assert found == few
    assert _inside(MANY[number]) == inside


def _inside(value: Any) -> list[list[int]]:
    """The identities of what is in a value; the parts themselves would be held once more."""
    return [sorted(map(identity, found)) for found in own_and_tabled(value)]


def test_names_that_share_one_of_many_parts_are_found() -> None:
    rows = [{"a": [number]} for number in range(25_000)]
    values = {
        "rows": rows,
        "part": rows[24_999]["a"],
        "copy": list(rows),
        "other": [{"a": [number]} for number in range(25_000)],
        "small": [[1]],
    }
    shared = KnownParts()
    assert shared.sharing_with(["part"], values) == {"rows", "part", "copy"}
    assert shared.sharing_with(["rows", "small"], values) == {"rows", "part", "copy", "small"}
    assert shared.sharing_with(["other"], values) == {"other"}
    assert shared.families(["part", "other"], values) == [("copy", "part", "rows"), ("other",)]


def test_a_value_of_very_many_parts_counts_as_sharing_with_every_other() -> None:
    many = [[number] for number in range(1_000_001)]
    began = time.perf_counter()
    values = {"many": many, "other": [1]}
    assert not parts_of(many).whole
    assert KnownParts().sharing_with(["other"], values) == {"many", "other"}
    assert time.perf_counter() - began < 10


FAMILIES = """
import numpy as np, pandas as pd
class Box:
    seen = []
    def __init__(self, items):
        self.items = items
a = [1]
b = a
box, other = Box(a), Box([])
seen = Box.seen
df = pd.DataFrame({"p": [1.0, 2.0], "q": ["a", "b"]})
late, grouped = df.loc[df.p > 1], df.groupby("q")
cells = pd.DataFrame({"l": [a, [2]]})
x = np.arange(10.0)
view = x[2:]
one = np.float64(1)
same = one
deep = [{"n": n} for n in range(3000)]
last = deep[-1]
"""


def test_families_share_what_comes_back_shared() -> None:
    """Not the memory of frames nor classes of instances; the items of cells and deep parts are."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(FAMILIES, namespace)
    values = {name: namespace[name] for name in namespace if not name.startswith("__")}

    found = [family for family in KnownParts().families(values, values) if len(family) > 1]
    assert found == [
        ("Box", "seen"), ("a", "b", "box", "cells"), ("deep", "last"), ("df", "grouped"),
        ("view", "x"),
    ]  # fmt: skip
    assert KnownParts().families(["x", "view"], values) == [("view", "x")]


def test_tensors_share_memory_with_each_other_and_with_arrays() -> None:
    """A change through one of them is a change of the others."""
    torch = pytest.importorskip("torch")
    x = np.zeros(4)
    values = {"t": (t := torch.zeros(9)), "u": t[:3], "x": x, "w": torch.from_numpy(x),
              "n": t.numpy(), "alone": torch.zeros(3)}  # fmt: skip

    assert KnownParts().sharing_with(["u"], values) == {"t", "u", "n"}
    assert KnownParts().sharing_with(["x"], values) == {"x", "w"}


def test_tables_with_an_index_in_common_are_told() -> None:
    """Another name of the index is one in all of them; an index that is equal is another one."""
    x = pd.DataFrame({"a": [1, 2]})
    values = {"x": x, "doubled": [x * 2], "rows": x.index, "alike": x.copy() * 2, "n": 1}

    assert KnownParts().labelled_with("x", values) == ("doubled", "rows")
    assert KnownParts().labelled_with("rows", values) == ("doubled", "x")
    assert KnownParts().labelled_with("alike", values) == ()
    assert KnownParts().labelled_with("n", values) == ()


def test_arrays_that_arrow_and_polars_give_share_the_memory_that_these_look_at() -> None:
    """They are only to be read; what was changed behind them is changed in them."""
    pa, polars = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    x, y = np.arange(4.0), np.arange(4.0)
    values = {"x": x, "a": pa.array(x).to_numpy(), "y": y, "s": polars.Series(y).to_numpy()}

    assert KnownParts().sharing_with(["x"], values) == {"x", "a"}
    assert KnownParts().sharing_with(["y"], values) == {"y", "s"}


def test_an_array_made_of_what_another_library_exports_shares_its_memory() -> None:
    x = np.arange(4.0)
    values = {"x": x, "y": np.from_dlpack(x), "z": np.from_dlpack(x[:2]) * 1}

    assert KnownParts().sharing_with(["x"], values) == {"x", "y"}
    assert KnownParts().sharing_with(["y"], values) == {"x", "y"}


def test_a_function_that_goes_through_arrays_holds_what_it_calls() -> None:
    """One of numpy's own calls nothing."""
    kept = [1]

    def function(value: float, kept: list[float] = kept) -> float:
        kept.append(value)
        return value

    function.__module__ = "__main__"
    made = parts_of(np.frompyfunc(function, 1, 1))
    assert (made.lively, made.meet(parts_of(kept))) == (True, True)
    assert parts_of(np.add) == parts_of(np.exp)
    assert not parts_of([np.add]).lively
    assert not parts_of([np.add]).meet(parts_of({1: np.add}))


def test_a_generator_of_random_numbers_looks_at_nobodys_memory() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    rng = np.random.default_rng(0)
    assert not parts_of([rng, np.random.RandomState(0)]).foreign
    values = {"rng": rng, "a": np.zeros(9), "model": Holder(rng)}
    known = KnownParts()
    assert known.families(values, values) == [("a",), ("model", "rng")]
    assert parts_of([rng, np.from_dlpack(pyarrow.array([1, 2]))]).foreign
