"""What pickles name is asked about once, and again when something about it is other."""

from __future__ import annotations

import datetime as dt
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from cloudpickle import cloudpickle

from nbmlops.values import by_name
from nbmlops.values.codec import decode, encode


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_name, "_known", {})


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of a known library, with a class and a function."""
    module = types.ModuleType("pandas.of_a_test")
    source = "class Thing:\n    def __init__(self): self.n = 1\n\ndef make(): return 'made'\n"
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "pandas.of_a_test", module)
    return module


def _stream(value: Any) -> bytes:
    return bytes(encode(value).stream)


def test_what_libraries_have_is_known_after_the_first_time(library: Any) -> None:
    for value in (library.Thing, library.make, len, OrderedDict, dt.timedelta):
        first = _stream([value])
        assert by_name.is_named(value)
        assert _stream([value]) == first
        assert decode(first, []) == [value]


def test_code_of_the_notebook_is_never_known() -> None:
    main = types.ModuleType("__main__")
    exec("class Own:\n    pass\n\ndef own(): pass\n", vars(main))
    for value in (main.Own, main.own, lambda: 1):
        _stream([value])
        assert not by_name.is_named(value)


def test_a_method_is_not_known_as_what_it_is_called() -> None:
    for value in ([].append, dict.fromkeys, OrderedDict.fromkeys):
        _stream([value])
        assert not by_name.is_named(value)


def test_what_was_replaced_in_its_module_goes_along_by_value(library: Any) -> None:
    old = library.make
    _stream([old])
    exec("def make(): return 'anew'\n", vars(library))
    assert not by_name.is_named(old)
    (back,) = decode(_stream([old]), [])
    assert back() == "made"


def test_a_module_that_is_to_go_along_by_value_does(library: Any) -> None:
    _stream([library.make])
    cloudpickle.register_pickle_by_value(library)
    try:
        assert not by_name.is_named(library.make)
        stream = _stream([library.make])
    finally:
        cloudpickle.unregister_pickle_by_value(library)
    del sys.modules["pandas.of_a_test"]
    (back,) = decode(stream, [])
    assert back() == "made"


def test_the_bytes_of_a_frame_are_the_same() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "t": pd.to_datetime(["2026-01-01"] * 2)})
    first = encode(frame)
    again = encode(frame)
    assert by_name.is_named(pd.DataFrame)
    assert first.stream == again.stream
    assert decode(bytes(again.stream), again.buffers).equals(frame)
