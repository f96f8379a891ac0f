"""Functions and classes of libraries, which pickles name: each is asked about at length once."""

from __future__ import annotations

import sys
import types
from typing import Any

from cloudpickle import cloudpickle  # type: ignore[import-untyped]  # it has none

from nbmlops.values.kinds import identity

KINDS = frozenset([type, types.FunctionType, types.BuiltinFunctionType])
"""The types of what may be known."""

_LIBRARIES = frozenset(["lightgbm", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "xgboost"])
_LIBRARIES |= frozenset(["builtins", "collections", "copyreg", "datetime", "nbmlops"])
_MOST = 4096

_known: dict[int, tuple[Any, str, str]] = {}
"""By identity: what is named, its module, and its name there. Held, so that it stays that one."""


def is_named(obj: Any) -> bool:
    """Whether pickles name a function or class, as was found before; false where that is open.

    It has to be at its place still, and nobody may have asked for its module's code as copies.
    """
    found = _known.get(identity(obj))
    if found is None or cloudpickle._PICKLE_BY_VALUE_MODULES:  # noqa: SLF001  asked on each pickle
        return False
    _, module, name = found
    return _is_there(obj, module, name)


def note(obj: Any) -> None:
    """A function or class has no other way than to be named: know it, if it is a library's."""
    module, name = obj.__module__, obj.__qualname__
    if type(module) is not str or module.partition(".")[0] not in _LIBRARIES:
        return
    if len(_known) < _MOST and _is_there(obj, module, name):
        _known[identity(obj)] = (obj, module, name)


def _is_there(obj: Any, module: str, name: str) -> bool:
    found = sys.modules.get(module)
    return type(found) is types.ModuleType and vars(found).get(name) is obj
