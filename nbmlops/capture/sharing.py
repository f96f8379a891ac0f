"""Which names see a change to one of them: parts in common, and views of the same memory."""

from __future__ import annotations

import enum
import gc
import types
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_MOST_PARTS = 2_000
"""Parts of one value that are looked at; what two larger values share deeper down is not seen."""

_WHOLE = (
    bool, int, float, complex, str, bytes, range, slice, type(None), enum.Enum, type,
    types.ModuleType, types.FunctionType, types.CodeType,
    types.FrameType,
)  # fmt: skip


class SharedParts:
    """Remembers the mutable parts of each name's value until a cell may have changed them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, frozenset[int]]] = {}

    def forget(self, names: Iterable[str] | None = None) -> None:
        """These values may have changed; all of them where no names are given."""
        if names is None:
            self._known.clear()
            return
        for name in names:
            self._known.pop(name, None)

    def sharing_with(self, names: Collection[str], values: Mapping[str, Any]) -> set[str]:
        """The names whose values change where one of the given names' values changes in place."""
        touched: set[int] = set()
        for name in names:
            touched |= self._parts(name, values[name])
        if not touched:
            return set()
        return {
            name
            for name, value in values.items()
            if not touched.isdisjoint(self._parts(name, value))
        }

    def _parts(self, name: str, value: Any) -> frozenset[int]:
        known = self._known.get(name)
        if known is not None and known[0] == id(value):
            return known[1]
        found = parts_of(value)
        self._known[name] = (id(value), found)
        return found


def parts_of(value: Any) -> frozenset[int]:
    """The identities of the mutable parts of a value; views count as the memory they look at."""
    found: set[int] = set()
    waiting = [value]
    while waiting and len(found) < _MOST_PARTS:
        part = waiting.pop()
        if isinstance(part, _WHOLE) or id(part) in found:
            continue
        found.add(id(part))
        waiting += _inside(part)
    return frozenset(found)


def _inside(part: Any) -> list[Any]:
    if isinstance(part, memoryview):
        return [part.obj]
    if type(part).__module__.partition(".")[0] == "numpy" and hasattr(part, "__array_interface__"):
        return _inside_array(part)
    return gc.get_referents(part)


def _inside_array(array: Any) -> list[Any]:
    """An array's memory, which the garbage collector does not tell, and the objects in it."""
    inside = [] if array.base is None else [array.base]
    if array.dtype.hasobject and array.size <= _MOST_PARTS:
        inside += array.ravel().tolist()
    return inside
