"""A NaN that a module has comes back as that very object: code asks for it by ``is``."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbmlops.errors import ValueTooLargeError
from nbmlops.store.objects.memory import MemoryObjectStore
from nbmlops.store.values import ValueStore
from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint
from nbmlops.values.mending import decode_into
from nbmlops.values.portions import is_in_portions
from nbmlops.values.signing import Signer

DEEP = 20_000
MANY = 21_000


class Row:
    """One with a missing number."""

    def __init__(self, held: Any) -> None:
        self.held = held


class Slotted:
    """The same, with a place for it."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held


def again(value: Any) -> Any:
    encoded = encode(value)
    return decode(encoded.stream, encoded.buffers)


def nested(nan: float) -> Any:
    value: Any = nan
    for _ in range(DEEP):
        value = [value]
    return value


def innermost(value: Any) -> Any:
    while type(value) is list:
        (value,) = value
    return value


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[float], Any]
    found: Callable[[Any], Any]


CASES = [
    Case("itself", lambda nan: nan, lambda value: value),
    Case("in a list", lambda nan: [1.0, nan], lambda value: value[1]),
    Case("in a tuple", lambda nan: (nan,), lambda value: value[0]),
    Case("as a value of a dict", lambda nan: {"a": {"b": nan}}, lambda value: value["a"]["b"]),
    Case("as a key of a dict", lambda nan: {nan: 1}, lambda value: next(iter(value))),
    Case("in a set", lambda nan: {nan}, lambda value: next(iter(value))),
    Case("in an object", Row, lambda value: value.held),
    Case("in an object with slots", Slotted, lambda value: value.held),
    Case("as a default", lambda nan: partial(Row, held=nan), lambda value: value().held),
    Case("in an array", lambda nan: np.array(["a", nan], object), lambda value: value[1]),
    Case("in a column", lambda nan: pd.Series(["a", nan], dtype=object), lambda value: value[1]),
    Case("in a frame", lambda nan: pd.DataFrame({"a": ["a", nan]}, dtype=object),
         lambda value: value["a"][1]),
    Case("beside a long text", lambda nan: ["x" * 300_000, nan], lambda value: value[1]),
    Case("deep down", nested, innermost),
    Case("among many", lambda nan: [[str(n), nan] for n in range(MANY)],
         lambda value: value[-1][1]),
]  # fmt: skip

NANS = {"numpy": np.nan, "math": math.nan, "json": json.loads("NaN")}


NAN = NANS["numpy"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_nan_of_a_module_comes_back_as_itself(case: Case) -> None:
    assert case.found(again(case.make(NAN))) is NAN


def test_each_module_has_its_own_back() -> None:
    back = again(NANS)
    assert all(back[module] is nan for module, nan in NANS.items())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_nan_of_its_own_comes_back_as_none_of_a_module(case: Case) -> None:
    found = case.found(again(case.make(float("nan"))))
    assert math.isnan(found)
    assert all(found is not known for known in NANS.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_value_with_a_nan_has_one_fingerprint(case: Case) -> None:
    assert fingerprint(again(case.make(np.nan))) == fingerprint(case.make(np.nan))


def test_a_list_finds_the_nan_that_it_holds() -> None:
    back = again({"row": [np.nan, 1.0, np.nan], "by": {np.nan: "missing"}})
    assert (back["row"].count(np.nan), back["by"][np.nan]) == (2, "missing")
    assert len(set(back["row"])) == 2


def test_other_bits_of_a_nan_are_kept() -> None:
    (odd,) = struct.unpack(">d", bytes.fromhex("fff8000000000123"))
    back = again([np.nan, odd])
    assert struct.pack(">d", back[1]).hex() == "fff8000000000123"


def test_other_signs_of_what_is_missing_are_one_object_as_well() -> None:
    signs = [pd.NaT, pd.NA, np.ma.masked, None]
    back = again({"list": signs, "column": pd.Series(signs[:2], dtype=object)})
    assert all(one is sign for one, sign in zip(back["list"], signs, strict=True))
    assert back["column"][0] is pd.NaT
    assert back["column"][1] is pd.NA


def test_many_values_in_portions_name_it_in_each() -> None:
    value = [{"text": str(n), "number": np.nan, "own": [n]} for n in range(MANY)]
    assert is_in_portions(encode(value).stream)
    assert all(row["number"] is NAN for row in again(value))


def test_whoever_mends_finds_it_too() -> None:
    there = {"a": 1}
    encoded = encode({"a": np.nan})
    for targets in ({}, {0: there}):
        assert decode_into(encoded.stream, (), targets).value["a"] is NAN
    assert there["a"] is NAN


def test_names_that_are_kept_as_one_have_it() -> None:
    store = ValueStore(MemoryObjectStore(), Signer(b"k" * 32))
    kept = store.save_group({"a": np.nan, "b": [np.nan]}, limit=10_000)
    back = {name: store.load(reference) for name, reference in kept.items()}
    assert back["a"] is back["b"][0] is NAN


def test_a_limit_holds_for_what_has_one() -> None:
    with pytest.raises(ValueTooLargeError):
        encode([np.nan, "x" * 1000], limit=500)


def test_what_is_looked_for_first_changes_no_byte() -> None:
    """The last value of a type tells whether the next one is asked for NaNs from the start."""
    values: list[list[Any]] = [[1.5, "a"], [1.5, np.nan], [float("nan"), math.nan, "b"], [[np.nan]]]
    known = [encode(value).stream for value in values]
    for _ in range(3):
        for number in (1, 1, 0, 0, 3, 2, 0, 1):
            assert encode(values[number]).stream == known[number]
