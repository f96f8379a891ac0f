"""Whether something runs code of the notebook or of its project, and not of libraries."""

from __future__ import annotations

import functools
import types
from pathlib import Path
from typing import Any

from nbmlops.values.homes import is_local

_OURS = str(Path(__file__).parent.parent)
"""Where the code lies that records."""

_CELL = "<ipython-input"


def is_cell_code(code: types.CodeType) -> bool:
    """Whether a code object was written in a cell, as IPython and its kernel name their files."""
    return code.co_filename.startswith(_CELL) or "ipykernel_" in code.co_filename


def is_local_code(code: Any) -> bool:
    """Whether a code object was written in the notebook, or in the project."""
    return _is_local_file(str(getattr(code, "co_filename", "")))


@functools.lru_cache(maxsize=4096)  # asked for all that may be called, three times a cell
def _is_local_file(name: str) -> bool:
    if name.startswith(_OURS):
        return False
    return name.startswith(_CELL) or (Path(name).is_absolute() and is_local(name))


def local_function(callback: Any) -> types.FunctionType | None:
    """The function that runs where something is called, if that is local code.

    >>> local_function(len)
    """
    while isinstance(callback, functools.partial):
        callback = callback.func
    if isinstance(callback, types.MethodType):
        callback = callback.__func__
    if not isinstance(callback, types.FunctionType):
        callback = getattr(type(callback), "__call__", None)  # noqa: B004 (what it runs)
    if not isinstance(callback, types.FunctionType):
        return None
    return callback if is_local_code(callback.__code__) else None
