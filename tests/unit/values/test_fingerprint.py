"""Equal content, equal fingerprint; different content, different fingerprint."""

from __future__ import annotations

import copy
import datetime as dt
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.errors import NotFingerprintableError, OutOfTimeError
from nbmlops.values.fingerprint import examine, fingerprint
from nbmlops.values.graph_walk import GraphWalk


@dataclass(frozen=True)
class Pair:
    name: str
    make: Callable[[], tuple[Any, Any]]


def _pair(name: str, first: Callable[[], Any], second: Callable[[], Any]) -> Pair:
    return Pair(name, lambda: (first(), second()))


def _shared(make: Callable[[], Any]) -> tuple[Any, Any]:
    part = make()
    return [part, part], [part, copy.deepcopy(part)]


def _frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], **columns})


def _two_blocks() -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    frame["b"] = [4.0, 5.0, 6.0]
    return frame


def _unused_level() -> pd.MultiIndex:
    return pd.MultiIndex.from_product([[1, 2], ["x", "y", "z"]])[:2]


def _under_null(fill: int) -> pd.Series:
    values = np.array([1, fill, 3])
    return pd.Series(pd.arrays.IntegerArray(values, np.array([False, True, False])))


def _records(*orders: str) -> list[dict[str, Any]]:
    return [{key: key * 2 for key in order} for order in orders]


EQUAL = [
    _pair("dicts in another order", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}),
    _pair("nested dicts", lambda: {1: {"a": 1, "b": [2]}}, lambda: {1: {"b": [2], "a": 1}}),
    _pair("mixed keys", lambda: {"a": 1, 2: 3, None: 4}, lambda: {None: 4, 2: 3, "a": 1}),
    _pair("tuple keys", lambda: {(1, "a"): 1, (2,): 2}, lambda: {(2,): 2, (1, "a"): 1}),
    _pair("records", lambda: _records("abc", "abc"), lambda: _records("cba", "bca")),
    _pair("uneven records", lambda: _records("abc", "ab"), lambda: _records("cba", "ba")),
    _pair("many records", lambda: _records("abcdefghi") * 600, lambda: _records("ihgfedcba") * 600),
    _pair("sets", lambda: {"x", "y", 3}, lambda: {3, "y", "x"}),
    _pair("counters", lambda: Counter("aab"), lambda: Counter("baa")),
    _pair(
        "default dicts",
        lambda: defaultdict(list, {"a": [1], "b": [2]}),
        lambda: defaultdict(list, {"b": [2], "a": [1]}),
    ),
    Pair("a shared string", lambda: _shared(lambda: str(10**9))),
    Pair("a shared list", lambda: _shared(lambda: [1, 2])),
    Pair("a shared array", lambda: _shared(lambda: np.arange(5))),
    Pair("a shared large list", lambda: _shared(lambda: [[i] for i in range(2000)])),
    _pair("nan", lambda: float("nan"), lambda: np.nan),
    _pair("nan in an array", lambda: np.array([np.nan]), lambda: np.array([float("nan")])),
    _pair("memory order", lambda: np.arange(6).reshape(2, 3),
          lambda: np.asfortranarray(np.arange(6).reshape(2, 3))),
    _pair("a view and its copy", lambda: np.arange(10)[::2], np.arange(10)[::2].copy),
    _pair("object arrays", lambda: np.array(["a", None]), lambda: np.array(["a", None])),
    _pair("block layout", _frame, _two_blocks),
    _pair("a slice of a frame", lambda: pd.concat([_frame()] * 2, ignore_index=True)[:3], _frame),
    _pair("unused levels", _unused_level, lambda: pd.MultiIndex.from_tuples([(1, "x"), (1, "y")])),
    _pair("a slice of strings", lambda: pd.Series(["x", "a", None, "b"]).iloc[1:].array,
          lambda: pd.Series(["a", None, "b"]).array),
    _pair("string storages", lambda: pd.array(["a", None], dtype=pd.StringDtype("python")),
          lambda: pd.array(["a", None], dtype=pd.StringDtype("pyarrow"))),
    _pair("under a missing value", lambda: _under_null(5), lambda: _under_null(7)),
    _pair("under a mask", lambda: np.ma.masked_array([1, 5], [0, 1]),
          lambda: np.ma.masked_array([1, 7], [0, 1])),
    _pair("arrow slices", lambda: pa.array([9, 1, None, 2])[1:], lambda: pa.array([1, None, 2])),
    _pair("arrow strings", lambda: pa.array(["x", "a", None, "b"])[1:],
          lambda: pa.array(["a", None, "b"])),
    _pair("arrow booleans", lambda: pa.array([True, False, None])[1:],
          lambda: pa.array([False, None])),
    _pair("arrow chunks", lambda: pa.chunked_array([[1], [2, 3]]),
          lambda: pa.chunked_array([[1, 2, 3]])),
    _pair("arrow dictionaries", lambda: pa.chunked_array([pa.array(["a"]).dictionary_encode(),
          pa.array(["b"]).dictionary_encode()]),
          lambda: pa.chunked_array([pa.array(["a", "b"]).dictionary_encode()])),
    _pair("arrow lists", lambda: pa.array([[1], [2, None]])[1:], lambda: pa.array([[2, None]])),
    _pair("arrow structs", lambda: pa.array([{"a": 1}, None, {"a": 2}])[1:],
          lambda: pa.array([None, {"a": 2}])),
    _pair("tables", lambda: pa.table({"a": [0, 1, 2]})[1:], lambda: pa.table({"a": [1, 2]})),
]  # fmt: skip


@pytest.mark.parametrize("pair", EQUAL, ids=lambda pair: pair.name)
def test_equal_content_has_equal_fingerprints(pair: Pair) -> None:
    first, second = pair.make()
    assert fingerprint(first) == fingerprint(second)


def _changed(base: Callable[[], Any], change: Callable[[Any], Any]) -> Callable[[], Any]:
    def make() -> tuple[Any, Any]:
        value = base()
        other = base()
        result = change(other)
        return value, other if result is None else result

    return make


@dataclass
class Point:
    x: int
    tags: list[Any] = field(default_factory=list)


class Tagged(pd.DataFrame):
    _metadata = ("source",)

    @property
    def _constructor(self) -> type:
        return Tagged


def _late_row(value: pd.DataFrame) -> None:
    value.loc[40_000, "x"] = -1


def _set(path: Callable[[Any], Any], key: Any, value: Any) -> Callable[[Any], None]:
    def change(target: Any) -> None:
        path(target)[key] = value

    return change


def _itself(value: Any) -> Any:
    return value


DIFFERENT = [
    _pair("int and float", lambda: 1, lambda: 1.0),
    _pair("int and bool", lambda: 1, lambda: True),
    _pair("int and bool keys", lambda: {1: 0}, lambda: {True: 0}),
    _pair("str and bytes", lambda: "a", lambda: b"a"),
    _pair("bytes and bytearray", lambda: b"a", lambda: bytearray(b"a")),
    _pair("list and tuple", lambda: [1], lambda: (1,)),
    _pair("set and list", lambda: {1}, lambda: [1]),
    _pair("set and frozenset", lambda: {1}, lambda: frozenset({1})),
    _pair("zeros", lambda: 0.0, lambda: -0.0),
    _pair("zeros in arrays", lambda: np.array([0.0]), lambda: np.array([-0.0])),
    _pair("ordered dicts", lambda: OrderedDict(a=1, b=2), lambda: OrderedDict(b=2, a=1)),
    _pair("a numpy number", lambda: np.float64(1), lambda: 1.0),
    _pair("lists and tuples of records", lambda: _records("ab"), lambda: (*_records("ab"),)),
    _pair("a key of a record", lambda: [{"a": 1}, {"b": 1}], lambda: [{"a": 1}, {"a": 1}]),
    _pair("a record and its cells", lambda: [{"a": 1}], lambda: [[1]]),
    _pair("widths", lambda: np.arange(3, dtype="i4"), lambda: np.arange(3, dtype="i8")),
    _pair("byte orders", lambda: np.arange(3, dtype="<i4"), lambda: np.arange(3, dtype=">i4")),
    _pair("shapes", lambda: np.zeros((2, 3)), lambda: np.zeros((3, 2))),
    _pair("units", lambda: np.array([1], "M8[s]"), lambda: np.array([1], "M8[D]")),
    _pair("masks", lambda: np.ma.masked_array([1], [False]), lambda: np.ma.masked_array([1], [1])),
    _pair("decimals", lambda: Decimal("1.0"), lambda: Decimal("1.00")),
    _pair("zones of a time", lambda: dt.datetime(2013, 1, 1, tzinfo=dt.UTC),
          lambda: dt.datetime(2013, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
    _pair("column order", lambda: _frame()[["a", "b"]], lambda: _frame()[["b", "a"]]),
    _pair("a datetime and an int column", lambda: pd.Series([1]),
          lambda: pd.Series([1]).astype("datetime64[ns]")),
    _pair("objects and strings", lambda: pd.Series(["a"]), lambda: pd.Series(["a"], dtype=object)),
    _pair("nullable", lambda: pd.Series([1]), lambda: pd.Series([1], dtype="Int64")),
    _pair("time zones", lambda: pd.Series(pd.date_range("2013", periods=2, tz="UTC")),
          lambda: pd.Series(pd.date_range("2013", periods=2, tz="Europe/Berlin"))),
    _pair("periods", lambda: pd.period_range("2013", periods=2, freq="M"),
          lambda: pd.period_range("2013", periods=2, freq="D")),
    _pair("ordered categories", lambda: pd.Categorical(["a"], ["a", "b"], ordered=True),
          lambda: pd.Categorical(["a"], ["a", "b"])),
    _pair("level names", lambda: pd.MultiIndex.from_tuples([(1, 2)], names=["a", "b"]),
          lambda: pd.MultiIndex.from_tuples([(1, 2)], names=["a", "c"])),
    _pair("arrow types", lambda: pa.array([1], pa.int32()), lambda: pa.array([1], pa.int64())),
    _pair("arrow null and zero", lambda: pa.array([0, None]), lambda: pa.array([0, 0])),
    _pair("arrow null and empty", lambda: pa.array(["", None]), lambda: pa.array(["", ""])),
    _pair("where strings end", lambda: pa.array(["ab", "c"]), lambda: pa.array(["a", "bc"])),
    _pair("where lists end", lambda: [[1], [2]], lambda: [[1, 2], []]),
    Pair("a nested item", _changed(lambda: {"a": [{"b": [1, 2]}]},
         lambda v: v["a"][0]["b"].append(3))),
    Pair("late in a list", _changed(lambda: list(range(100_000)), _set(_itself, 99_000, -1))),
    Pair("late in records", _changed(lambda: [{"k": i} for i in range(20_000)],
         lambda v: v[19_000].update(k=-1))),
    Pair("an array item", _changed(lambda: np.zeros(1000), _set(_itself, 999, 1))),
    Pair("through a view", _changed(lambda: np.zeros(100), lambda v: v[10:20].fill(1))),
    Pair("an object item", _changed(lambda: np.array(["a", None]), _set(_itself, 0, 5))),
    Pair("a structured field", _changed(lambda: np.zeros(3, [("a", "i4"), ("b", "f8")]),
         _set(lambda v: v["b"], 1, 2))),
    Pair("a row past 10,000", _changed(lambda: pd.DataFrame({"x": range(50_000)}), _late_row)),
    Pair("a string row", _changed(lambda: pd.Series(["a"] * 20_000), _set(_itself, 15_000, "b"))),
    Pair("an index label", _changed(_frame, lambda v: v.rename(index={1: 9}))),
    Pair("a column name", _changed(_frame, lambda v: v.rename(columns={"a": "c"}))),
    Pair("an attribute", _changed(_frame, lambda v: v.attrs.update(source="x"))),
    Pair("a column's type", _changed(_frame, lambda v: v.astype({"a": "float32"}))),
    Pair("a category", _changed(lambda: pd.Series(["a", "b"], dtype="category"),
         lambda v: v.cat.add_categories("c"))),
    Pair("a name", _changed(lambda: pd.Series([1], name="a"), lambda v: v.rename("b"))),
    Pair("a subclass", _changed(_frame, Tagged)),
    Pair("an attribute of an object", _changed(lambda: Point(1), lambda v: setattr(v, "x", 2))),
    Pair("inside an object", _changed(lambda: Point(1, [{2}]), lambda v: v.tags[0].add(3))),
]  # fmt: skip


@pytest.mark.parametrize("pair", DIFFERENT, ids=lambda pair: pair.name)
def test_different_content_has_different_fingerprints(pair: Pair) -> None:
    first, second = pair.make()
    assert fingerprint(first) != fingerprint(second)


@pytest.mark.parametrize("pair", [*EQUAL, *DIFFERENT], ids=lambda pair: pair.name)
def test_a_fingerprint_repeats_and_survives_a_deep_copy(pair: Pair) -> None:
    for value in pair.make():
        assert fingerprint(value) == fingerprint(value)
        assert fingerprint(copy.deepcopy(value)) == fingerprint(value)


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.lists(st.dictionaries(st.sampled_from("abcd"), inner), max_size=4)
    ),
    max_leaves=30,
)


def _reordered(value: Any) -> Any:
    """The same content with every dict turned round."""
    if isinstance(value, dict):
        return {key: _reordered(value[key]) for key in reversed(value)}
    if isinstance(value, list | tuple):
        return type(value)(map(_reordered, value))
    return value


@given(value=_values)
def test_the_order_of_dicts_never_counts(value: Any) -> None:
    assert fingerprint(_reordered(value)) == fingerprint(value)


def _same(first: Any, second: Any) -> bool:
    return repr(_sorted(first)) == repr(_sorted(second))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=repr)}
    if isinstance(value, list | tuple):
        return type(value)(map(_sorted, value))
    return value


@given(first=_values, second=_values)
def test_fingerprints_agree_exactly_when_contents_do(first: Any, second: Any) -> None:
    # Two NaNs with different bits print alike: a difference there is documented.
    if "nan" not in repr(first):
        assert (fingerprint(first) == fingerprint(second)) == _same(first, second)


def test_beside_a_cycle_a_shared_part_equals_two_equal_ones() -> None:
    def cycle() -> list[Any]:
        made: list[Any] = [6]
        made.append(made)
        return made

    part, long, around = [1], [[0] * 600], cycle()
    shared = [part, around, {"part": part}, long, around, [long, long]]
    apart = [[1], cycle(), {"part": [1]}, [[0] * 600], cycle(), [[[0] * 600], [[0] * 600]]]
    assert fingerprint(shared) == fingerprint(apart)
    assert examine(shared).holding != examine(apart).holding
    assert fingerprint(around) != fingerprint([6, cycle()]), "one turn more is another value"


class Sum:
    """A number that knows what it was made from, and how to pass a gradient on to it."""

    def __init__(self, data: float, *made_from: Sum) -> None:
        self.data = data
        self.grad = 0.0
        self.made_from = set(made_from)

        def backward() -> None:
            for one in made_from:
                one.grad += self.grad

        self.backward = backward


def _summed(numbers: list[float]) -> Sum:
    total = Sum(0.0)
    for number in numbers:
        total = Sum(total.data + number, total, Sum(number))
    return total


def test_what_is_below_a_set_in_a_cycle_is_not_walked_again_at_each_step_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walked: list[Any] = []
    walk = GraphWalk._walked

    def counted(self: GraphWalk, item: Any, around: Collection[int]) -> Any:
        walked.append(item)
        assert len(walked) <= 100
        return walk(self, item, around)

    monkeypatch.setattr(GraphWalk, "_walked", counted)
    found = fingerprint(_summed([0.5] * 14))
    monkeypatch.undo()
    assert found == fingerprint(_summed([0.5] * 14))
    assert found != fingerprint(_summed([0.25, *[0.5] * 13]))


def test_the_way_into_a_cycle_does_not_count_where_a_part_comes_again() -> None:
    def pair() -> tuple[list[Any], list[Any]]:
        one: list[Any] = [1]
        one.append([2, one])
        return one, one[1]

    one, other = pair()
    assert fingerprint([one, other]) == fingerprint([pair()[0], pair()[1]])
    assert fingerprint([one, other]) != fingerprint([other, one])


def test_a_cycle_has_a_fingerprint_and_a_change_in_it_shows() -> None:
    def make(last: int) -> list[Any]:
        cycle: list[Any] = [1, {"x": {2, 3}}]
        cycle += [cycle, last]
        return cycle

    assert fingerprint(make(1)) == fingerprint(make(1))
    assert fingerprint(make(1)) != fingerprint(make(2))


def test_a_graph_with_many_ways_is_walked_once() -> None:
    shared: list[Any] = [0]
    for _ in range(60):
        shared = [shared, shared]
    nodes = [Point(number) for number in range(40)]
    for node in nodes:
        node.tags = nodes
    assert fingerprint(shared) != fingerprint([shared])
    assert fingerprint(nodes) == fingerprint(copy.deepcopy(nodes))


SCRIPT = """
    import numpy as np, pandas as pd
    from nbmlops.values.fingerprint import fingerprint
    def helper(x, y={"a": 1}): return x in {"p", "q", "r"}
    class Model:
        kinds = {"u", "v", "w"}
        def __init__(self): self.words = set("abcdefgh"); self.keys = {w: 1 for w in self.words}
        def predict(self, x): return helper(x)
    words = set("zyxwvuts")
    print(fingerprint({w: i for i, w in enumerate(sorted(words))}), fingerprint(words))
    print(fingerprint({w: None for w in words}), fingerprint(frozenset([("a", 1), ("b", 2)])))
    print(fingerprint(helper), fingerprint(Model), fingerprint([Model(), Model()]))
    print(fingerprint(pd.DataFrame({"a": ["x", "y"], "b": pd.Categorical(["u", "v"])})))
    print(fingerprint(np), fingerprint(len), fingerprint(np.random.default_rng(1)))
"""


@pytest.mark.slow
def test_other_processes_agree_whatever_their_hash_seed(tmp_path: Path) -> None:
    outputs = set()
    for seed, lines in (("0", 0), ("1", 5), ("42", 9)):
        path = tmp_path / f"script{seed}.py"
        path.write_text("\n" * lines + textwrap.dedent(SCRIPT))
        outputs.add(
            subprocess.run(
                [sys.executable, path],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert len(outputs) == 1


def _defined(source: str, name: str = "f") -> Any:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(textwrap.dedent(source), namespace)
    return namespace[name]


@dataclass(frozen=True)
class Code:
    name: str
    first: str
    second: str
    equal: bool


CODE = [
    Code("moved and commented", "def f(x): return x + 1",
         "\n\n# why\ndef f(x):\n  return x + 1", True),
    Code("a constant", "def f(x): return x + 1", "def f(x): return x + 2", False),
    Code("a default", "def f(x=1): return x", "def f(x=2): return x", False),
    Code("a called name", "def f(x): return abs(x)", "def f(x): return len(x)", False),
    Code("a nested function", "def f():\n  return lambda: 1",
         "def f():\n  return lambda: 2", False),
    Code("a closure", "def g(n):\n  return lambda: n\nf = g(1)",
         "def g(n):\n  return lambda: n\nf = g(2)", False),
    Code("a method", "class f:\n  def m(self): return 1",
         "class f:\n  def m(self): return 2", False),
    Code("a class attribute", "class f:\n  n = 1", "class f:\n  n = 2", False),
    Code("a property", "class f:\n  @property\n  def p(self): return 1",
         "class f:\n  @property\n  def p(self): return 2", False),
    Code("an equal class", "class f:\n  n = {1}\n  @classmethod\n  def m(cls): return cls",
         "\nclass f:\n  @classmethod\n  def m(cls): return cls\n  n = {1}", True),
    Code("a recursive closure", "def g():\n  def h(): return h\n  return h\nf = g()",
         "def g():\n  def h(): return h\n  return h\nf = g()", True),
    Code("a dataclass", "from dataclasses import dataclass\n@dataclass\nclass f:\n  x: int = 1",
         "from dataclasses import dataclass\n@dataclass\nclass f:\n  x: int = 2", False),
    Code("an equal enum", "import enum\nclass f(enum.Enum):\n  A = 1",
         "import enum\n\nclass f(enum.Enum):\n  A = 1", True),
    Code("an enum", "import enum\nclass f(enum.Enum):\n  A = 1",
         "import enum\nclass f(enum.Enum):\n  A = 2", False),
    Code("a cached function", "import functools\n@functools.lru_cache\ndef f(): return 1",
         "import functools\n@functools.lru_cache\ndef f(): return 2", False),
    Code("an attribute of a cached function",
         "import functools\n@functools.cache\ndef f(): return 1",
         "import functools\n@functools.cache\ndef f(): return 1\nf.tag = [1]", False),
    Code("the results of a cached function",
         "import functools\n@functools.cache\ndef f(): return 1",
         "import functools\n@functools.cache\ndef f(): return 1\nf()", True),
]  # fmt: skip


@pytest.mark.parametrize("code", CODE, ids=lambda code: code.name)
def test_code_of_the_notebook_counts_by_what_it_does(code: Code) -> None:
    first, second = _defined(code.first), _defined(code.second)
    assert (fingerprint(first) == fingerprint(second)) is code.equal


def test_calling_a_function_leaves_its_fingerprint() -> None:
    function = _defined("def f(n):\n  return sum(i * 2 for i in range(n))")
    before = fingerprint(function)
    for _ in range(100):
        function(10)
    assert fingerprint(function) == before


def test_a_model_counts_by_its_state() -> None:
    from sklearn.ensemble import RandomForestClassifier

    features = np.random.default_rng(0).random((200, 4))

    def fit(seed: int) -> str:
        model = RandomForestClassifier(10, random_state=seed)
        return fingerprint(model.fit(features, features[:, 0] > 0.5))

    assert fit(0) == fit(0)
    assert fit(0) != fit(1)


class _Raising:
    def __reduce__(self) -> Any:
        raise SystemExit("no")


class _Unhashable(type):
    def __eq__(cls, other: object) -> bool:
        raise AssertionError("compared")

    __hash__ = None  # type: ignore[assignment]


class _OfUnhashable(metaclass=_Unhashable):
    pass


class _Comparing:
    """All of one hash, so that any look-up compares."""

    forbidden = False

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        assert not self.forbidden
        return self is other


def test_no_comparison_of_a_users_class_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(*numbers: int) -> Any:
        keys = [_Comparing(number) for number in numbers]
        mapping = {key: key.number for key in keys}
        return [set(keys), mapping, defaultdict(int, mapping), [{key: 1} for key in keys[:1]]]

    first, second = make(1, 2, 3), make(1, 3, 2)
    monkeypatch.setattr(_Comparing, "forbidden", True)
    assert fingerprint(first) == fingerprint(second)


def _figure() -> Any:
    from matplotlib.figure import Figure

    return Figure()


@dataclass(frozen=True)
class Opaque:
    name: str
    make: Callable[[], Any]
    reason: str


OPAQUE = [
    Opaque("generator", lambda: (i for i in ()), "a generator"),
    Opaque("lock", threading.RLock, "a thread lock"),
    Opaque("held lock", lambda: Point(1, [threading.Lock()]), "holds a thread lock"),
    Opaque("thread", threading.Thread, "a thread"),
    Opaque("figure", _figure, "a figure or a part of one"),
    Opaque("axes in a list", lambda: [_figure().subplots()], "holds a figure or a part of one"),
    Opaque(
        "of a class that cannot be hashed",
        _OfUnhashable,
        "walking it failed with TypeError: unhashable type: '_Unhashable'",
    ),
    Opaque("raising", _Raising, "_Raising failed with SystemExit: no"),
]


@pytest.mark.parametrize("opaque", OPAQUE, ids=lambda opaque: opaque.name)
def test_what_has_no_content_says_why(opaque: Opaque) -> None:
    with pytest.raises(NotFingerprintableError) as caught:
        fingerprint(opaque.make())
    assert caught.value.reason == opaque.reason


def test_sets_nested_without_end_say_so() -> None:
    deep: frozenset[Any] = frozenset()
    for _ in range(100_000):
        deep = frozenset([deep])
    with pytest.raises(NotFingerprintableError, match="nested too deeply"):
        fingerprint(deep)


def test_no_library_is_imported() -> None:
    script = (
        "import sys; from nbmlops.values.fingerprint import fingerprint; fingerprint([{1: 'a'}]); "
        "print({'numpy', 'pandas', 'pyarrow', 'polars', 'torch'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_polars_counts_by_value() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"s": ["a", None, "b"], "x": [1, 2, 3]})
    twice = polars.concat([frame, frame])
    assert fingerprint(twice[:3]) == fingerprint(frame)
    assert fingerprint(twice[1:4]) != fingerprint(frame)


def test_tensors_count_by_value() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.arange(6.0).reshape(2, 3)
    assert fingerprint(tensor.T.contiguous().T) == fingerprint(tensor)
    assert fingerprint(tensor.double()) != fingerprint(tensor)


@dataclass(frozen=True)
class Endless:
    name: str
    make: Callable[[], Any]


ENDLESS = [
    Endless("objects", lambda: [{f"a{number}": [number]} for number in range(100_000)]),
    Endless("alike objects", lambda: [{"a": [{"b": number}]} for number in range(300_000)]),
    Endless("one large dict", lambda: dict.fromkeys(range(3_000_000))),
    Endless("a cycle", lambda: _around([{"a": [number]} for number in range(100_000)])),
]


def _around(parts: list[Any]) -> list[Any]:
    parts.append(parts)
    return parts


@pytest.mark.parametrize("case", ENDLESS, ids=lambda case: case.name)
def test_it_gives_up_when_the_time_is_up(case: Endless) -> None:
    value = case.make()
    began = time.thread_time()
    with pytest.raises(OutOfTimeError):
        fingerprint(value, until=time.perf_counter() + 0.02)
    assert time.thread_time() - began < 0.5


def test_a_value_that_is_done_in_time_has_its_fingerprint() -> None:
    assert fingerprint([1, {"a": 2}], until=time.perf_counter() + 60) == fingerprint([1, {"a": 2}])


def test_records_count_by_the_names_that_their_fields_have_now() -> None:
    """What is remembered of a dtype is not what it was before its fields were named anew."""
    records = np.zeros(2, "i1,f8")
    before = fingerprint(records)
    records.dtype.names = ("a", "b")
    assert fingerprint(records) == fingerprint(np.zeros(2, [("a", "i1"), ("b", "f8")])) != before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros(3, "i1,f8"), "764d2a5c4ba803e5ed0514fe46749141"),
        (np.zeros(3, np.dtype("i1,f8", align=True)), "9697849ac878924694f0158392aac59b"),
        (
            np.zeros((2, 2), [("a", "f4", (2,)), ("b", [("x", "i2"), ("y", "S3")])]),
            "e7334e2c45446ebbabbbba1f08aa1175",
        ),
    ],
    ids=["records", "aligned", "nested"],
)
def test_the_fingerprint_of_records_is_that_of_earlier_records(value: Any, text: str) -> None:
    assert [fingerprint(value), fingerprint(value.copy())] == [text, text]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "be997f93abd0fe7a174a4311f8f2fc21"),
        (None, "ec81b7fea98995812c68ba0d7e027192"),
        (-0.0, "7432624980c189ba84f67472a37f5b85"),
        ("\u00e9\udc80", "64402f93d72831502c9412c251cec8b3"),
        (b"x" * 99, "079b6cc20da00a661f2972f187d53480"),
    ],
)
def test_the_fingerprint_of_a_plain_value_is_that_of_earlier_records(value: Any, text: str) -> None:
    """Nothing in it is walked, but what is found is as if it were."""
    found = examine(value)
    assert found.text == text
    assert (found.order, found.holding, found.left_out) == ("", "", "")
    assert found.set_order == examine([value]).set_order
