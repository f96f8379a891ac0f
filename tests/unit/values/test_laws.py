"""One table of values: equal content, equal fingerprint, here, elsewhere and after a restore."""

from __future__ import annotations

import array
import collections
import copyreg
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import importlib.util
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import types
import typing
import uuid
import warnings
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
import scipy.stats

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import examine, fingerprint
from nbmlops.values.session import session_digest

Make = Callable[[], Any]


@dataclasses.dataclass(frozen=True)
class Law:
    """``same`` make one content in several ways, ``other`` make other ones."""

    name: str
    same: tuple[Make, ...]
    other: tuple[Make, ...] = ()


def _law(name: str, *same: Make, other: tuple[Make, ...] = ()) -> Law:
    return Law(name, same, other)


def _made_module() -> types.ModuleType:
    made = types.ModuleType("made")
    made.a = [1]  # type: ignore[attr-defined]
    return made


def _after(make: Make, use: Callable[[Any], object]) -> Make:
    """The same value after somebody has used it."""

    def used() -> Any:
        value = make()
        use(value)
        return value

    return used


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: int
    tags: list[Any] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    x: int


class Pair(typing.NamedTuple):
    a: int
    b: str = "x"


class Lazily:
    def __init__(self, number: int = 3) -> None:
        self.number = number

    @functools.cached_property
    def square(self) -> int:
        return self.number**2

    @functools.cached_property
    def numbers(self) -> list[int]:
        return [self.number]


class Parent:
    def name(self) -> str:
        return "parent"


class Child(Parent):
    def name(self) -> str:
        return f"child of {super().name()}"


class Lossy:
    """Its pickle leaves everything out."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __getstate__(self) -> dict[str, Any]:
        return {}


class LossySlots:
    __slots__ = ("x", "y")

    def __init__(self, x: Any) -> None:
        self.x = x

    def __getstate__(self) -> None:
        return None


class Locked:
    """Leaves out what has no content, and makes it again."""

    def __init__(self, x: Any) -> None:
        self.x = x
        self.lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"x": self.x}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["x"])  # type: ignore[misc]


class Rebuilt:
    """Is made again from its parts."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y

    def __reduce__(self) -> Any:
        return Rebuilt, (self.x, self.y)


class Branch:
    """Leaves out where it belongs."""

    def __init__(self, parent: Branch | None = None) -> None:
        self.parent = parent
        self.branches: list[Branch] = []

    def __getstate__(self) -> dict[str, Any]:
        return {"branches": self.branches}


class OddError(Exception):
    def __init__(self, what: str, where: list[int]) -> None:
        super().__init__(what)
        self.where = where


class Texts(str):  # noqa: SLOT000  it has attributes
    pass


class Numbers(int):
    pass


class Names(dict[str, Any]):
    pass


class Things(list[Any]):
    pass


class Several(set[Any]):
    pass


class Counts(collections.Counter[str]):
    pass


class Groups(collections.defaultdict[str, list[int]]):
    pass


class Day(dt.date):
    pass


class Partly:
    __slots__ = ("a", "b")


class Units(np.ndarray):
    def __array_finalize__(self, other: Any) -> None:
        self.unit = getattr(other, "unit", None)


class Marked(np.ma.MaskedArray):
    pass


class Named(pd.DataFrame):
    _metadata: typing.ClassVar[list[str]] = ["tags"]

    @property
    def _constructor(self) -> type[Named]:
        return Named


def _with(make: Make, **attributes: Make) -> Make:
    """The same value with attributes."""

    def made() -> Any:
        value = make()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas takes it for a column
            for name, inner in attributes.items():
                setattr(value, name, inner())
        return value

    return made


def _noted(name: str, make: Make) -> Law:
    """Values that differ in what is noted on them."""
    one, same, two = (_with(make, note=lambda n=n: [n]) for n in (1, 1, 2))
    return _law(name, one, same, other=(two, make, _with(make, other=lambda: [1])))


def _branch(*, deep: bool) -> Branch:
    root = Branch()
    root.branches = [Branch(root), Branch(root)]
    if deep:
        root.branches[1].branches.append(Branch(root.branches[1]))
    return root.branches[0]


def _defined(source: str, name: str = "f") -> Make:
    def make() -> Any:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(source, namespace)
        return namespace[name]

    return make


def _berlin(**more: Any) -> dt.datetime:
    return dt.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"), **more)


def _many() -> list[Lazily]:
    return [Lazily(number) for number in range(30)]


_CLASS = "class g:\n  k = {k}\nclass f(g):\n  def m(self): return super().k"
_CACHED = "import functools\nclass f:\n  @functools.cached_property\n  def p(self): return {k}"

PYTHON = [
    _law("a cached property", Lazily, _after(Lazily, lambda v: v.square),
         other=(lambda: Lazily(4), _after(Lazily, lambda v: v.numbers.append(1)))),
    _law("cached properties of many", _many, _after(_many, lambda v: [each.square for each in v]),
         other=(lambda: _many()[1:], _after(_many, lambda v: v[5].numbers.append(1)))),
    _law("enum", lambda: Colour.RED, other=(lambda: Colour.BLUE, lambda: 1)),
    _law("flag", lambda: Access.READ | Access.WRITE, other=(lambda: Access.READ,)),
    _law("dataclass", lambda: Point(1), lambda: Point(1, []),
         other=(lambda: Point(2), lambda: Point(1, [1]))),
    _law("slotted dataclass", lambda: Slotted(1), other=(lambda: Slotted(2),)),
    _law("named tuple", lambda: Pair(1), lambda: Pair(b="x", a=1),
         other=(lambda: (1, "x"), lambda: Pair(2))),
    _law("decimal", lambda: decimal.Decimal("1.10"), other=(lambda: decimal.Decimal("1.1"),)),
    _law("fraction", lambda: fractions.Fraction(1, 3), lambda: fractions.Fraction(2, 6),
         other=(lambda: fractions.Fraction(1, 4),)),
    _law("complex", lambda: complex(0.0, 0.0),
         other=(lambda: complex(-0.0, 0.0), lambda: complex(0.0, -0.0), lambda: 0.0)),
    _law("zeros", lambda: 0.0, other=(lambda: -0.0, lambda: 0, lambda: False)),
    _law("nan", lambda: float("nan"), lambda: np.nan, other=(lambda: None,)),
    _law("datetime", _berlin, other=(lambda: _berlin(fold=1), lambda: dt.datetime(2026, 1, 1))),  # noqa: DTZ001
    _law("zone", lambda: zoneinfo.ZoneInfo("Europe/Berlin"),
         lambda: zoneinfo.ZoneInfo.no_cache("Europe/Berlin"),
         other=(lambda: zoneinfo.ZoneInfo("UTC"), lambda: dt.UTC)),
    _law("duration", lambda: dt.timedelta(1), lambda: dt.timedelta(hours=24),
         other=(lambda: dt.timedelta(2),)),
    _law("path", lambda: pathlib.Path("a/b"), lambda: pathlib.Path("a") / "b",
         _after(lambda: pathlib.Path("a/b"), lambda p: (p.parts, str(p), hash(p), p.name)),
         other=(lambda: pathlib.PurePosixPath("a/b"), lambda: pathlib.Path("a/c"))),
    _law("regex", lambda: re.compile("a+", re.IGNORECASE),
         other=(lambda: re.compile("a+"), lambda: re.compile("b", re.IGNORECASE))),
    _law("uuid", lambda: uuid.UUID(int=5), _after(lambda: uuid.UUID(int=5), hash),
         other=(lambda: uuid.UUID(int=6),)),
    _law("deque", lambda: collections.deque([1], maxlen=3),
         other=(lambda: collections.deque([1]),)),
    _law("chained dicts", lambda: collections.ChainMap({"a": 1, "b": 2}),
         lambda: collections.ChainMap({"b": 2, "a": 1}),
         other=(lambda: collections.ChainMap({"a": 2}),)),
    _law("namespace", lambda: types.SimpleNamespace(a=1, b=2),
         lambda: types.SimpleNamespace(b=2, a=1), other=(lambda: types.SimpleNamespace(a=1),)),
    _law("array", lambda: array.array("d", [1, 2]), other=(lambda: array.array("f", [1, 2]),)),
    _law("memory view", lambda: memoryview(b"abc")[1:], lambda: memoryview(b"bc"),
         other=(lambda: memoryview(b"ac"), lambda: b"bc")),
    _law("memory view of numbers", lambda: memoryview(array.array("d", [1, 2])),
         other=(lambda: memoryview(array.array("q", [1, 2])),)),
    _law("dict keys", {"a": 1}.keys, other=({"b": 1}.keys,)),
    _law("bytes in memory", lambda: io.BytesIO(b"abc"),
         other=(_after(lambda: io.BytesIO(b"abc"), lambda b: b.read(1)),)),
    _law("a list iterator", lambda: iter([1, 2]), other=(_after(lambda: iter([1, 2]), next),)),
    _law("partial", lambda: functools.partial(max, 1, key=abs),
         other=(lambda: functools.partial(max, 2, key=abs),)),
    _law("bound method", lambda: Parent().name, other=(lambda: Child().name,)),
    _law("function", _defined("def f(x): return x + 1"),
         _defined("\n\ndef f(x):  # why\n  return x + 1"),
         other=(_defined("def f(x): return x + 2"),)),
    _law("lambda", _defined("f = lambda x: x + 1"), other=(_defined("f = lambda x: x + 2"),)),
    _law("closure", _defined("def g(n):\n  return lambda: n\nf = g([1])"),
         other=(_defined("def g(n):\n  return lambda: n\nf = g([2])"),)),
    _law("inherited class", _defined(_CLASS.format(k=1)), other=(_defined(_CLASS.format(k=2)),)),
    _law("class with a cached property", _defined(_CACHED.format(k=1)),
         other=(_defined(_CACHED.format(k=2)),)),
    _law("module", lambda: np, other=(lambda: pd,)),
    _law("iterator of a dict", lambda: iter({1: 2, 3: 4}),
         other=(lambda: iter({1: 2}), _after(lambda: iter({1: 2, 3: 4}), next))),
    _law("iterator of a set", lambda: iter({1, 2}), other=(lambda: iter({1, 3}),)),
    _law("module that a cell makes", _made_module, _after(_made_module, dir),
         other=(lambda: types.ModuleType("made"), _after(_made_module, lambda m: m.a.append(2)),
                _after(_made_module, lambda m: setattr(m, "b", 1)))),
    _law("generic", lambda: list[int], other=(lambda: list[str],)),
    _law("exception", lambda: ValueError("a"), other=(lambda: ValueError("b"),)),
    _law("random generator", lambda: random.Random(1),  # noqa: S311
         other=(_after(lambda: random.Random(1), lambda r: r.random()),)),  # noqa: S311
    _law("the global generator", lambda: [random.choice],
         _after(lambda: [random.choice], lambda f: f[0]([1, 2]))),
]  # fmt: skip

_KINDS = ("?", "i1", "u2", "f2", "f4", ">f8", "c16", "S3", "U3", "M8[ns]", "m8[s]", "V4")


def _of_kind(kind: str) -> Law:
    return _law(
        f"numpy {kind}",
        lambda: np.zeros((4, 6), kind),
        lambda: np.zeros((4, 6), kind, order="F"),
        lambda: np.zeros((8, 12), kind)[::2, ::2],
        other=(lambda: np.zeros((6, 4), kind),),
    )


def _long() -> np.ndarray:
    return np.array([1, 1 / np.longdouble(3)], np.longdouble)


def _masked(**more: Any) -> np.ma.MaskedArray:
    return np.ma.masked_array([1.0, 2.0], [0, 1], **more)


def _in(unit: str) -> np.dtype:
    return np.dtype("f8", metadata={"unit": unit})


_FIELDS = [("a", "i1"), ("b", "f8")]

NUMPY = [
    *map(_of_kind, _KINDS),
    _law("0-d", lambda: np.array(3.0), other=(lambda: np.array([3.0]), lambda: np.float64(3))),
    _law("empty", lambda: np.zeros((0, 3)), other=(lambda: np.zeros((3, 0)),)),
    _law("long doubles", _long, lambda: np.concatenate([_long(), _long()])[2:],
         other=(lambda: _long() * 2,)),
    _law("structured", lambda: np.zeros(3, _FIELDS),
         lambda: np.zeros(6, _FIELDS)[::2],
         other=(lambda: np.zeros(3, [("a", "i1"), ("c", "f8")]),)),
    _law("aligned", lambda: np.zeros(3, np.dtype(_FIELDS, align=True)),
         other=(lambda: np.zeros(3, _FIELDS),)),
    _law("objects", lambda: np.array([{"a": 1, "b": 2}, [1]], dtype=object),
         lambda: np.array([{"b": 2, "a": 1}, [1]], dtype=object),
         other=(lambda: np.array([{"a": 1, "b": 3}, [1]], dtype=object),)),
    _law("masked", _masked, lambda: np.ma.masked_array([1.0, 9.0], [0, 1]),
         _after(_masked, lambda m: m.fill_value),
         other=(lambda: np.ma.masked_array([1.0, 2.0], [1, 1]), lambda: _masked(fill_value=7),
                lambda: _masked(hard_mask=True))),
    _law("what is noted on a dtype", lambda: np.zeros(2, _in("km")),
         other=(lambda: np.zeros(2, _in("m")), lambda: np.zeros(2))),
    _law("what is noted on a field", lambda: np.dtype([("a", _in("km"))]),
         other=(lambda: np.dtype([("a", _in("m"))]), lambda: np.dtype([("a", "f8")]))),
    _law("variable strings", lambda: np.array(["a", "bb"], np.dtypes.StringDType()),
         other=(lambda: np.array(["a", "bc"], np.dtypes.StringDType()),)),
    _law("read-only", lambda: np.arange(3), _after(lambda: np.arange(3),
         lambda a: a.setflags(write=False))),
    _law("broadcast", lambda: np.broadcast_to(1, (3, 3)), lambda: np.ones((3, 3), int)),
    _law("units", lambda: np.datetime64("2026-01-01"),
         other=(lambda: np.datetime64("2026-01-01T00"),)),
    _law("generator", lambda: np.random.default_rng(1),
         other=(_after(lambda: np.random.default_rng(1), lambda r: r.random()),)),
    _law("numpy's global generator", lambda: scipy.stats.norm(0, 1),
         _after(lambda: scipy.stats.norm(0, 1), lambda n: n.rvs(3)),
         other=(lambda: scipy.stats.norm(0, 2),)),
]  # fmt: skip


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [1.5, np.nan, 2]})


def _read(frame: pd.DataFrame) -> object:
    return frame["a"], frame.groupby("b").sum(), frame.index.is_unique, frame.loc[1]


def _series(values: Any, kind: Any = None) -> Make:
    return lambda: pd.Series(values, dtype=kind)


def _days(zone: str | None = None, unit: str = "ns") -> Make:
    return lambda: pd.Series(pd.date_range("2026", periods=3, tz=zone, unit=unit))


def _sparse(values: list[float], fill: float = 0) -> Make:
    return lambda: pd.Series(pd.arrays.SparseArray(values, fill_value=fill))


_LISTS = pd.ArrowDtype(pa.list_(pa.int64()))

PANDAS = [
    _law("frame", _frame, _after(_frame, _read), lambda: _frame().copy(),
         lambda: pd.concat([_frame()[["a"]], _frame()[["b", "c"]]], axis=1),
         other=(lambda: _frame().assign(a=[1, 2, 4]), lambda: _frame().set_index("a"),
                lambda: _frame().iloc[::-1], _after(_frame, lambda d: d.attrs.update(k=1)),
                lambda: _frame().set_flags(allows_duplicate_labels=False))),
    _law("order of categories", lambda: pd.Categorical(["a", "b"], ["a", "b"]),
         other=(lambda: pd.Categorical(["a", "b"], ["b", "a"]),
                lambda: pd.Categorical(["a", "b"], ["a", "b"], ordered=True))),
    _law("bins", lambda: pd.cut(pd.Series([1, 2, 3]), 2),
         other=(lambda: pd.cut(pd.Series([1, 2, 3]), 3),)),
    _law("time zones", _days("Europe/Berlin"),
         other=(_days("Europe/Paris"), _days(), _days("Europe/Berlin", "s"))),
    _law("frequency", lambda: pd.date_range("2026", periods=3),
         other=(lambda: pd.DatetimeIndex(list(pd.date_range("2026", periods=3))),)),
    _law("periods", lambda: pd.Series(pd.period_range("2026", periods=3, freq="M")),
         other=(lambda: pd.Series(pd.period_range("2026", periods=3, freq="Q")),)),
    _law("intervals", lambda: pd.Series(pd.interval_range(0, 3)),
         other=(lambda: pd.Series(pd.interval_range(0, 3, closed="left")),)),
    _law("sparse", _sparse([0, 0, 1]),
         other=(_sparse([0, 0, 2]), _sparse([0, 1, 0]), _sparse([0, 0, 1], 1))),
    _law("nullable", _series([1, None], "Int64"),
         other=(_series([1, 2], "Int64"), _series([1, None], "Int32"),
                _series([1, None], "Float64"), _series([1, None], "int64[pyarrow]"))),
    _law("arrow lists", _series([[1], [2, 3]], _LISTS), other=(_series([[1, 2], [3]], _LISTS),)),
    _law("several levels", lambda: pd.MultiIndex.from_product([[1, 2], ["a"]]),
         lambda: pd.MultiIndex.from_product([[1, 2, 3], ["a", "b"]])[[0, 2]],
         other=(lambda: pd.MultiIndex.from_product([[1, 2], ["b"]]),)),
    _law("none and nan", _series(["a", None], object), other=(_series(["a", np.nan], object),)),
    _law("missing", lambda: pd.NA, other=(lambda: None, lambda: pd.NaT)),
    _law("group by", lambda: _frame().groupby("a"),
         _after(lambda: _frame().groupby("a"), lambda g: (g.sum(), g.indices)),
         other=(lambda: _frame().groupby("b"), lambda: _frame().assign(c=0).groupby("a"))),
]  # fmt: skip


def _field(**facts: Any) -> Make:
    return lambda: pa.table({"a": [1]}, schema=pa.schema([pa.field("a", pa.int64(), **facts)]))


class Measured(pa.ExtensionType):
    """Numbers of a unit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(pa.int64(), "nbmlops.tests.measured")

    def __arrow_ext_serialize__(self) -> bytes:
        return self.unit.encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Measured:
        return cls(serialized.decode())


def _measured(unit: str, *numbers: int) -> Make:
    return lambda: pa.ExtensionArray.from_storage(Measured(unit), pa.array(numbers, pa.int64()))


def _inside(**facts: Any) -> Make:
    struct = pa.struct([pa.field("x", pa.int64(), **facts)])
    return lambda: pa.table({"a": pa.array([[{"x": 1}]], pa.list_(struct))})


def _either(*kinds: int) -> Make:
    places = pa.array([0, 0], pa.int32())
    parts = [pa.array([1]), pa.array([1])]
    return lambda: pa.UnionArray.from_dense(pa.array(kinds, pa.int8()), places, parts)


def _nested(kind: Any, value: int) -> Make:
    return lambda: pa.array([[value], None, []], pa.list_(kind))


ARROW = [
    _law("table", _field(), lambda: pa.table({"a": [0, 1]})[1:],
         lambda: pa.table({"a": pa.chunked_array([[], [1]], pa.int64())}),
         other=(_field(nullable=False), _field(metadata={"k": "v"}),
                lambda: pa.record_batch({"a": [1]}),
                lambda: pa.table({"a": [1]}).replace_schema_metadata({"k": "v"}))),
    _law("dictionary", lambda: pa.array(["a", "b"]).dictionary_encode(),
         lambda: pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int32()), ["b", "a"]),
         other=(lambda: pa.array(["a", "b"]),)),
    _law("decimals", lambda: pa.array([decimal.Decimal("1.1"), None]),
         lambda: pa.array([decimal.Decimal("2.1"), decimal.Decimal("1.1"), None])[1:],
         other=(lambda: pa.array([decimal.Decimal("1.2"), None]),)),
    _law("views", lambda: pa.array(["a", None], pa.string_view()),
         lambda: pa.array(["z", "a", None], pa.string_view())[1:]),
    _law("what is noted on fields inside", _inside(metadata={"k": "v"}),
         other=(_inside(metadata={"k": "w"}), _inside(), _inside(nullable=False))),
    _law("extension type", _measured("m", 1), lambda: _measured("m", 2, 1)()[1:],
         other=(_measured("km", 1), _measured("m", 2), lambda: pa.array([1]))),
    _law("union", _either(0, 1), other=(_either(1, 0),)),
    _law("nanoseconds inside", _nested(pa.time64("ns"), 5),
         lambda: pa.array([[1], [5], None, []], pa.list_(pa.time64("ns")))[1:],
         other=(_nested(pa.time64("ns"), 6), _nested(pa.duration("ns"), 5),
                lambda: pa.array([[5], [], None], pa.list_(pa.time64("ns"))))),
    _law("buffer", lambda: pa.py_buffer(b"abc"), other=(lambda: pa.py_buffer(b"abd"),)),
    _law("schema", lambda: pa.schema([("a", pa.int64())]),
         other=(lambda: pa.schema([("a", pa.int32())]),)),
]  # fmt: skip


def _matrix(kind: str) -> Law:
    make = getattr(sp, f"{kind}_array")

    def read(matrix: Any) -> object:
        return matrix.nnz, matrix.max(axis=0) if kind in ("csr", "csc", "coo") else 0, matrix.T

    return _law(
        f"sparse {kind}",
        lambda: make(np.eye(3)),
        _after(lambda: make(np.eye(3)), read),
        other=(lambda: make(np.eye(3) * 2), lambda: make(np.eye(4)), lambda: np.eye(3)),
    )


def _unsorted(order: list[int]) -> Make:
    data, places = np.array([1.0, 2.0]), np.array([1, 0])
    return lambda: sp.csr_array((data[order], places[order], np.array([0, 2])), shape=(1, 2))


SPARSE = [
    *map(_matrix, ("csr", "csc", "coo", "dok", "lil", "bsr", "dia")),
    _law("order of indices", _unsorted([0, 1]), _unsorted([1, 0])),
    _law("sparse matrix", lambda: sp.csr_matrix(np.eye(3)),
         other=(lambda: sp.csr_array(np.eye(3)),)),
]  # fmt: skip


def _polars() -> list[Law]:
    pl = pytest.importorskip("polars")

    def lazily(number: int, last: int = 2) -> Make:
        return lambda: pl.LazyFrame({"a": [1, last]}).filter(pl.col("a") > number)

    frame = {"a": [1, 2], "b": ["x", None]}
    return [
        _law("polars frame", lambda: pl.DataFrame(frame),
             lambda: pl.DataFrame({"a": [0, 1, 2], "b": ["q", "x", None]})[1:],
             lambda: pl.concat([pl.DataFrame(frame)[:1], pl.DataFrame(frame)[1:]], rechunk=False),
             other=(lambda: pl.DataFrame(frame)[["b", "a"]],)),
        _law("polars categories", lambda: pl.Series(["a", "b"], dtype=pl.Categorical),
             lambda: pl.Series(["b", "a", "b"], dtype=pl.Categorical)[1:],
             other=(lambda: pl.Series(["a", "b"]),)),
        _law("polars enum", lambda: pl.Series(["a"], dtype=pl.Enum(["a", "b"])),
             other=(lambda: pl.Series(["a"], dtype=pl.Enum(["b", "a"])),)),
        _law("polars units", lambda: pl.Series([dt.datetime(2026, 1, 1)]),  # noqa: DTZ001
             other=(lambda: pl.Series([dt.datetime(2026, 1, 1)], dtype=pl.Datetime("ms")),)),  # noqa: DTZ001
        _law("polars lazy frame", lazily(1), other=(lazily(2), lazily(1, 3))),
        _law("polars expression", lambda: pl.col("a") + 1, other=(lambda: pl.col("a") + 2,)),
    ]  # fmt: skip


NOTED = [
    _noted("attributes of a list", lambda: Things([1])),
    _noted("attributes of a dict", lambda: Names(a=1)),
    _noted("attributes of a set", lambda: Several([1])),
    _noted("attributes of a text", lambda: Texts("a")),
    _noted("attributes of a number", lambda: Numbers(3)),
    _noted("attributes of counts", lambda: Counts("aab")),
    _noted("attributes of groups", lambda: Groups(list, a=[1])),
    _noted("attributes of a day", lambda: Day(2026, 1, 1)),
    _noted("attributes of an exception", lambda: ValueError("a")),
    _noted("attributes of a partial", lambda: functools.partial(max, 1)),
    _noted("attributes of a namespace", types.SimpleNamespace),
    _noted("attributes of an array", lambda: np.zeros(3).view(Units)),
    _noted("attributes of records", lambda: np.rec.array([(1, 2.0)], dtype=_FIELDS)),
    _noted("attributes of a masked array", _masked),
    _noted("attributes of a masked array of a subclass", lambda: Marked([1.0], [1])),
    _noted("attributes of a frame", _frame),
    _noted("attributes of a column", _series([1, 2])),
    _law("layout of an array of a subclass", lambda: np.zeros((4, 6)).view(Units),
         lambda: np.zeros((4, 6), order="F").view(Units), lambda: np.zeros((8, 6)).view(Units)[::2],
         other=(lambda: np.zeros((4, 6)), lambda: np.ones((4, 6)).view(Units))),
    _law("metadata of a frame", _with(lambda: Named({"a": [1]}), tags=lambda: [1]),
         other=(_with(lambda: Named({"a": [1]}), tags=lambda: [2]), lambda: Named({"a": [1]}))),
    _law("notes of an exception", _after(lambda: ValueError("a"), lambda e: e.add_note("b")),
         other=(lambda: ValueError("a"),
                _after(lambda: ValueError("a"), lambda e: e.add_note("c")))),
    _law("exception with its own arguments", lambda: OddError("a", [1]),
         other=(lambda: OddError("a", [2]), lambda: OddError("b", [1]))),
    _law("slots that are not set", _with(Partly, a=lambda: 1),
         other=(_with(Partly, b=lambda: 1), Partly, _with(Partly, a=lambda: 1, b=lambda: 1))),
    _law("left out, but made again", lambda: Locked([1]), other=(lambda: Locked([2]),)),
    _law("made again from its parts", lambda: Rebuilt([1], 2),
         other=(lambda: Rebuilt([2], 2), lambda: Rebuilt(2, [1]),
                _with(lambda: Rebuilt([1], 2), more=lambda: 2))),
]  # fmt: skip

LEFT_OUT = [
    _law("a state that is left out", lambda: Lossy(1), other=(lambda: Lossy(2), lambda: Lossy([]))),
    _law("slots that are left out", lambda: LossySlots([1]),
         other=(lambda: LossySlots([2]), _with(lambda: LossySlots([1]), y=lambda: 1))),
    _law("beside what has no content", _with(lambda: Lossy(1), file=lambda: [threading.Lock()]),
         other=(lambda: Lossy(2),)),
    _law("a way back that is left out", lambda: _branch(deep=False),
         other=(lambda: _branch(deep=True), Branch)),
]  # fmt: skip
"""Values that do not come back as they were."""

COMPLETE = [*PYTHON, *NUMPY, *PANDAS, *ARROW, *SPARSE, *_polars(), *NOTED]
LAWS = [*COMPLETE, *LEFT_OUT]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_content_alone_makes_the_fingerprint(law: Law) -> None:
    """Equal for each way to make it, another one for each other content."""
    first, *others = (fingerprint(make()) for make in law.same)
    assert others == [first] * len(others)
    assert first not in {fingerprint(make()) for make in law.other}


@pytest.mark.parametrize("law", COMPLETE, ids=lambda law: law.name)
def test_a_value_comes_back_as_it_was(law: Law) -> None:
    """Neither asking for a fingerprint nor saving changes it, and what is restored is equal."""
    value = law.same[0]()
    before = fingerprint(value)
    encoded = encode(value)
    buffers = [memoryview(bytearray(buffer)) for buffer in encoded.buffers]
    assert fingerprint(value) == before
    assert fingerprint(decode(encoded.stream, buffers)) == before


@pytest.mark.parametrize("law", COMPLETE, ids=lambda law: law.name)
def test_a_value_that_comes_back_as_it_was_leaves_nothing_out(law: Law) -> None:
    assert not examine(law.same[0]()).left_out


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_what_changes_content_changes_the_digest_of_a_session(law: Law) -> None:
    first = session_digest(law.same[0]())
    assert first is None or first not in {session_digest(make()) for make in law.other}


def test_what_a_pickle_leaves_out_is_named() -> None:
    assert examine([Lossy(1), {"a": LossySlots(2)}]).left_out == "x of Lossy, x of LossySlots"
    assert examine(_branch(deep=False)).left_out == "parent of Branch"


def test_numpy_warns_of_no_array_that_was_only_looked_at() -> None:
    """It does of those of `numpy.broadcast_arrays`, where ``flags.writeable`` is asked for."""
    numbers, _ = np.broadcast_arrays(np.arange(3.0), np.zeros((2, 3)))
    encoded = encode([numbers, numbers])
    [back, _] = decode(encoded.stream, [memoryview(bytearray(one)) for one in encoded.buffers])
    assert fingerprint(back) == fingerprint(numbers)
    assert session_digest(numbers) is not None
    with pytest.warns(FutureWarning, match="broadcast_array"):
        _ = numbers.flags.writeable  # nobody has asked before, after which it is not said


class Design:
    """Forbids to be stored, as those of formula languages do."""

    def __getstate__(self) -> Any:
        raise NotImplementedError("not supported")


@pytest.mark.parametrize("bare", [_frame, _series([1, 2])], ids=["frame", "column"])
@pytest.mark.parametrize("design", [Design, threading.Lock])
def test_what_is_noted_on_a_frame_and_cannot_be_stored_stays_behind(
    bare: Make, design: Make
) -> None:
    value = _with(bare, design=design, note=lambda: [1])()
    encoded = encode(value)
    back = decode(encoded.stream, [memoryview(bytearray(buffer)) for buffer in encoded.buffers])
    assert vars(back)["note"] == [1]
    assert "design" not in vars(back)
    assert fingerprint(back) == fingerprint(value)
    assert fingerprint(_with(bare, design=design)()) == fingerprint(bare())
    assert examine([value]).left_out == f"design of {type(value).__name__}"
    held = types.SimpleNamespace(data=value)  # it says itself how it is pickled
    assert not examine(held).left_out


def _all() -> dict[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {law.name: fingerprint(law.same[0]()) for law in LAWS}


_ELSEWHERE = """
import importlib.util, json, sys
specification = importlib.util.spec_from_file_location("laws", sys.argv[1])
module = importlib.util.module_from_spec(specification)
sys.modules["laws"] = module
specification.loader.exec_module(module)
print(json.dumps(module._all()))
"""


@pytest.mark.parametrize("value", [ValueError("a"), functools.partial(max, 1, key=abs)], ids=repr)
def test_to_look_at_the_attributes_changes_nothing(value: Any) -> None:
    before = fingerprint(value)
    assert vars(value) == {}
    assert fingerprint(value) == before


def test_a_way_to_pickle_tracebacks_changes_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    value = ValueError("a")
    before = fingerprint(value), encode(value).stream
    traced = (ValueError, ("a",), {"__traceback__": "…"})
    monkeypatch.setitem(copyreg.dispatch_table, ValueError, lambda _: traced)
    assert (fingerprint(value), encode(value).stream) == before


@pytest.mark.slow
def test_another_process_with_another_hash_seed_agrees_on_all() -> None:
    specification = importlib.util.spec_from_file_location("laws", __file__)
    assert specification is not None
    assert specification.loader is not None
    here = importlib.util.module_from_spec(specification)
    sys.modules["laws"] = here
    try:
        specification.loader.exec_module(here)
        found = here._all()
    finally:
        del sys.modules["laws"]
    told = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, __file__],
        env={**os.environ, "PYTHONHASHSEED": "11"},
        capture_output=True,
        text=True,
        check=True,
    )
    there = json.loads(told.stdout)
    assert {name for name in found if found[name] != there[name]} == set()
