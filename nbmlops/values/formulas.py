"""Models made by formulas: they come back with what of the notebook their formula calls.

``ols("y ~ curve(x)", data)`` looks for ``curve`` where it is called. A model that comes back reads
its formula again, and looks among whoever unpickles it: there is no ``curve``, least of all in
another kernel.
"""

from __future__ import annotations

import pickle
import re
import sys
import types
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from nbmlops.values.kinds import is_a

_NAME = re.compile(r"[^\W\d]\w*")


def reduce(value: Any) -> Any:
    """How the data of a model is pickled; ``NotImplemented`` where its own way will do."""
    names = _called(value)
    if not names:
        return NotImplemented
    maker, arguments, state, *_ = value.__reduce_ex__(5)
    return maker, arguments, (state, _kept(names)), None, None, set_among_names


def set_among_names(value: Any, state: tuple[Any, dict[str, bytes]]) -> None:
    """Give a model's data its state, where the names of its formula are; pickles name this one."""
    own, kept = state
    names = {name: pickle.loads(part) for name, part in kept.items()}
    types.FunctionType(_set.__code__, {**vars(sys.modules["__main__"]), **names})(value, own)


def _kept(names: Mapping[str, Any]) -> dict[str, bytes]:
    """What can be kept of them; the others have to be there when the model comes back."""
    dumps, found = import_module("cloudpickle").dumps, {}
    for name, part in names.items():
        with suppress(Exception):  # code of its own class runs
            found[name] = dumps(part, 5)
    return found


def _set(value: Any, state: Any) -> None:
    value.__setstate__(state)


def _called(value: Any) -> dict[str, Any]:
    """What the notebook holds under the names of a formula that are no columns of the data."""
    inside = vars(value)
    formula = inside.get("formula")
    if not is_a(formula, str):
        return {}
    there = vars(sys.modules["__main__"])
    columns = set(getattr(inside.get("frame"), "columns", ()))
    return {name: there[name] for name in _NAME.findall(formula) if name in there.keys() - columns}
