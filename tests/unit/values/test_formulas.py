"""Models of formulas come back with what of the notebook their formula calls."""

from __future__ import annotations

import sys
import types
from typing import Any

import pandas as pd
import pytest

from nbmlops.values.codec import decode, encode
from nbmlops.values.fingerprint import fingerprint

_MODULE = '''
import sys

class ModelData:
    """Reads its formula among the names of whoever unpickles it, as statsmodels does."""

    def __init__(self, formula, frame):
        self.formula, self.frame = formula, frame
        self.spec = self._read(2)

    def _read(self, depth):
        return eval(self.formula, {**sys._getframe(depth).f_globals, "x": self.frame["x"]})

    def __getstate__(self):
        return {name: part for name, part in vars(self).items() if name != "spec"}

    def __setstate__(self, state):
        vars(self).update(state)
        failed = None
        for depth in (2, 3, 1):
            try:
                self.spec = self._read(depth)
                return
            except NameError as error:
                failed = error
        raise failed
'''


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """An empty notebook, and the module that makes models."""
    module = types.ModuleType("statsmodels")
    exec(_MODULE, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    return main


def _kept(value: Any) -> Any:
    encoded = encode(value)
    return decode(encoded.stream, [memoryview(bytearray(one)) for one in encoded.buffers])  # type: ignore[arg-type]


def _model(notebook: types.ModuleType, formula: str) -> Any:
    notebook.__dict__["data"] = pd.DataFrame({"x": [1.0, 2.0]})
    made = "__import__('sys').modules['statsmodels'].ModelData"
    exec(f"model = {made}({formula!r}, data)", notebook.__dict__)
    return notebook.__dict__.pop("model")


def test_a_model_comes_back_where_what_its_formula_calls_is_not(
    notebook: types.ModuleType,
) -> None:
    exec("rate = 3\ndef curve(x): return rate * x", notebook.__dict__)
    model = _model(notebook, "curve(x)")
    encoded = encode([model, model])
    before = fingerprint(model)
    del notebook.curve, notebook.rate
    back, same = decode(encoded.stream, encoded.buffers)  # type: ignore[arg-type]
    assert back is same
    assert list(back.spec) == [3.0, 6.0]
    assert fingerprint(back) == before


def test_of_a_formula_without_calls_nothing_more_is_kept(notebook: types.ModuleType) -> None:
    """A name of the notebook that is a column of the data is that column."""
    notebook.x = [0] * 10_000
    model = _model(notebook, "x")
    assert len(encode(model).stream) < 10_000
    assert list(_kept(model).spec) == [1.0, 2.0]


def test_a_model_whose_formula_calls_what_cannot_be_kept_comes_back_beside_it(
    notebook: types.ModuleType,
) -> None:
    exec("import threading\nlock = threading.Lock()", notebook.__dict__)
    model = _model(notebook, "x if lock else x")
    assert list(_kept(model).spec) == [1.0, 2.0]
