"""Values that hold code of a notebook are told from those that a library's objects are."""

from __future__ import annotations

import collections
import dataclasses
import enum
import random
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbmlops.values.binding import Together
from nbmlops.values.carried import carries_code
from nbmlops.values.codec import decode, encode


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Any]


def _defined(source: str, **beside: Any) -> Any:
    """What a cell leaves under ``made``."""
    namespace = {"__name__": "__main__", **beside}
    exec(compile(source, "<cell>", "exec"), namespace)
    return namespace["made"]


def _closing(count: list[int]) -> Callable[[], int]:
    def counted() -> int:
        count[0] += 1
        return count[0]

    return counted


def _figure() -> Any:
    from matplotlib.figure import Figure

    return Figure()


NO_CODE = (
    Case("namespace", lambda: types.SimpleNamespace(a=1)),
    Case("read-only view of a dict", lambda: types.MappingProxyType({"a": 1})),
    Case("type of Python's", lambda: [types.FunctionType, types.ModuleType, type(None)]),
    Case("method of an instance", lambda: pd.Series([1.0, 2.0]).mean),
    Case("function of a library", lambda: [np.mean, pd.DataFrame]),
    Case("distribution", lambda: stats.norm(0, 1)),
    Case("generator of the process", lambda: [np.random.mtrand._rand, random._inst]),
    Case("words of the pickler", lambda: "cloudpickle makes functions"),
)

CODE = (
    Case("lambda", lambda: _defined("made = lambda: 1")),
    Case("lambda in a namespace", lambda: types.SimpleNamespace(f=_defined("made = lambda: 1"))),
    Case("lambda in a partial one of a library", lambda: _defined(
        "import functools, numpy\nmade = functools.partial(numpy.apply_along_axis, lambda a: a)")),
    Case("lambda in an estimator", lambda: _defined(
        "from sklearn.preprocessing import FunctionTransformer as T\nmade = T(lambda a: a)")),
    Case("method", lambda: _defined("class A:\n    def f(self): pass\nmade = A().f")),
    Case("instance", lambda: _defined("class A: pass\nmade = [A()]")),
    Case("enumeration", lambda: _defined("import enum\nmade = enum.Enum('made', 'A B')")),
    Case("member", lambda: _defined("import enum\nmade = enum.Enum('made', 'A B').A")),
    Case("named tuple", lambda: _defined(
        "import collections\nmade = collections.namedtuple('P', 'x y')(1, 2)")),
    Case("data class", lambda: _defined(
        "import dataclasses\nmade = dataclasses.make_dataclass('P', ['x'])(1)")),
    Case("code", lambda: compile("1", "<cell>", "eval")),
    Case("variable of a closure", lambda: _closing([1]).__closure__),
    Case("module of the notebook's making", lambda: types.ModuleType("of_a_notebook")),
    Case("module", lambda: [np]),
    # of a library, but not found by their names: a kernel makes them anew as well
    Case("closure of a module", lambda: _closing([1])),
    Case("named tuple of a module", lambda: collections.namedtuple("P", "x")(1)),  # noqa: PYI024
    Case("data class of a module", lambda: dataclasses.make_dataclass("P", ["x"])(1)),
    Case("enumeration of a module", lambda: enum.Enum("P", "A")),
    Case("figure", _figure),
)  # fmt: skip


@pytest.mark.parametrize("together", [None, Together()], ids=["alone", "together"])
@pytest.mark.parametrize("case", NO_CODE, ids=lambda case: case.name)
def test_what_is_found_by_its_name_is_no_code(case: Case, together: Together | None) -> None:
    assert not carries_code(bytes(encode(case.make(), together=together).stream))


@pytest.mark.parametrize("together", [None, Together()], ids=["alone", "together"])
@pytest.mark.parametrize("case", CODE, ids=lambda case: case.name)
def test_what_a_kernel_makes_anew_is_code(case: Case, together: Together | None) -> None:
    assert carries_code(bytes(encode(case.make(), together=together).stream))


def test_code_is_found_in_portions_of_large_values() -> None:
    many: list[Any] = [str(number) for number in range(30_000)]
    beside = types.SimpleNamespace(a=1)
    assert not carries_code(bytes(encode([*many, beside]).stream))
    assert carries_code(bytes(encode([*many, beside, _defined("made = lambda: 1")]).stream))


def test_the_generator_of_the_process_comes_back_as_that() -> None:
    held = stats.norm(0, 1)
    encoded = encode([held, held.random_state])
    back, generator = decode(bytes(encoded.stream), encoded.buffers)
    assert back.random_state is generator is held.random_state
    assert back.cdf(0.0) == held.cdf(0.0)
