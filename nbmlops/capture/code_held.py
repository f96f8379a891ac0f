"""The functions and classes of a notebook inside of the values that a cell uses."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from nbmlops.capture.part_kinds import is_plain_kind
from nbmlops.values.kinds import is_a, module_of

_MAIN = "__main__"
_MOST = 500
"""Values that are looked at: a cell must not wait for a large collection of plain ones."""


def code_in(values: Iterable[Any]) -> frozenset[str]:
    """The names of the functions and classes that values are, hold, or were made by.

    Looked into are what Python's own collections hold, what a function has taken along, and the
    attributes of what classes of the notebook made.
    """
    found: set[str] = set()
    waiting = list(values)
    seen: set[int] = set()
    for _ in range(_MOST):
        if not waiting:
            break
        value = waiting.pop()
        if is_plain_kind(type(value)) or id(value) in seen:
            continue
        seen.add(id(value))
        found.update(_names(value))
        waiting += _inside(value)
    return frozenset(found)


def _names(value: Any) -> Iterator[str]:
    if is_a(value, types.FunctionType):
        code, home = value.__qualname__, value.__module__
    else:
        kind = value if is_a(value, type) else type(value)
        code, home = type.__dict__["__qualname__"].__get__(kind), module_of(kind)
    if home == _MAIN:
        yield code.partition(".")[0]


def _inside(value: Any) -> Iterator[Any]:
    if type(value) is dict:
        yield from list(islice(value.values(), _MOST))
    elif type(value) in (list, tuple, set, frozenset):
        yield from list(islice(value, _MOST))
    elif type(value) is functools.partial:
        yield from (value.func, *value.args)
    elif type(value) is types.MethodType:
        yield from (value.__self__, value.__func__)
    elif is_a(value, types.FunctionType):
        yield from (cell.cell_contents for cell in value.__closure__ or () if _is_full(cell))
    elif module_of(type(value)) == _MAIN:
        yield from _attributes(value)


def _is_full(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # asks whether it holds anything
    except ValueError:
        return False
    return True


def _attributes(value: Any) -> list[Any]:
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    return list(islice(held.values(), _MOST)) if type(held) is dict else []
