"""Which names see a change to one of them: parts in common, and views of the same memory."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import gc
import logging
import pathlib
import re
import sys
import types
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from nbmlops.values.opaque import opaque_reason

_MOST_PARTS = 2_000
"""Parts of one value that are looked at; what two larger values share deeper down is not seen."""

_WHOLE = (
    bool, int, float, complex, str, bytes, range, slice, type(None), enum.Enum, type,
    types.ModuleType, types.FunctionType, types.CodeType,
    types.FrameType,
)  # fmt: skip


def _inside_array(array: Any) -> list[Any]:
    """An array's memory, which the garbage collector does not tell, and the objects in it."""
    inside = [] if array.base is None else [array.base]
    if array.dtype.hasobject and array.size <= _MOST_PARTS:
        inside += array.ravel().tolist()
    return inside


class Components:
    """Which names hold mutable parts or memory in common, kept from cell to cell.

    What is looked at is what can come back shared: not what libraries keep for themselves, such
    as the blocks of a frame, which is copied when it is written to.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, frozenset[int]]] = {}
        self._holders: dict[int, set[str]] = {}

    def forget(self) -> None:
        """Any value may have changed."""
        self._held.clear()
        self._holders.clear()

    def around(self, changed: Collection[str], values: Mapping[str, Any]) -> list[tuple[str, ...]]:
        """The changed names, each with all names that hold something in common with it.

        Args:
            changed: names whose values may have changed since this was asked last.
            values: all that there are, by name.
        """
        for name in self._held.keys() - values.keys():
            self._drop(name)
        for name, value in values.items():
            known = self._held.get(name)
            if known is None or known[0] != id(value) or name in changed:
                self._hold(name, value)
        found, waiting = [], sorted(changed)
        while waiting:
            component = self._component(waiting[0])
            waiting = [name for name in waiting if name not in component]
            found.append(tuple(sorted(component)))
        return found

    def is_one_part(self, name: str) -> bool:
        """Whether a value has no parts of its own that could be shared within it."""
        return len(self._held[name][1]) <= 1

    def _component(self, name: str) -> set[str]:
        component, waiting = {name}, [name]
        while waiting:
            for part in self._held[waiting.pop()][1]:
                more = self._holders[part] - component
                component |= more
                waiting += more
        return component

    def _hold(self, name: str, value: Any) -> None:
        self._drop(name)
        parts = frozenset(id(part) for part in _walk(value) if not isinstance(part, _FIXED))
        self._held[name] = (id(value), parts)
        for part in parts:
            self._holders.setdefault(part, set()).add(name)

    def _drop(self, name: str) -> None:
        for part in self._held.pop(name, (0, frozenset[int]()))[1]:
            holders = self._holders[part]
            holders.discard(name)
            if not holders:
                del self._holders[part]


def views_in(values: Iterable[Any]) -> dict[int, Any]:
    """The arrays that look at the memory of another one, by identity, with that one.

    Only where several arrays look at the same memory: one alone is kept without the rest of it.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return {}
    arrays = {id(part): part for value in values for part in _walk(value, memory=False)
              if type(part) is numpy.ndarray}  # fmt: skip
    roots = {key: _memory_of(array, numpy) for key, array in arrays.items()}
    seen = Counter(id(root) for root in roots.values())
    return {
        key: root
        for key, root in roots.items()
        if seen[id(root)] > 1 and _is_plain(root) and _is_plain(arrays[key])
    }


def _memory_of(array: Any, numpy: Any) -> Any:
    while type(array.base) is numpy.ndarray:
        array = array.base
    return array


def _is_plain(array: Any) -> bool:
    return not array.dtype.hasobject and (array.flags.contiguous or array.base is not None)


_FIXED = (tuple, frozenset)
"""Hold others, and cannot change themselves."""
_LEAVES: Any = (
    *({*_WHOLE} - {types.FunctionType}),
    dt.date, dt.time, dt.timedelta, dt.tzinfo, decimal.Decimal,
    logging.Logger, pathlib.PurePath, re.Pattern, types.BuiltinFunctionType,
)  # fmt: skip
_OWN_MEMORY = {"pandas", "polars", "pyarrow"}
"""Libraries that copy what is written to, or never write."""


def _walk(value: Any, *, memory: bool = True) -> Iterator[Any]:
    """The parts of a value that its library does not keep for itself, the value first.

    Args:
        value: anything.
        memory: whether what an array looks at is a part of it.
    """
    seen: set[int] = set()
    waiting = [value]
    while waiting and len(seen) < _MOST_PARTS:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, _LEAVES):
            continue
        held = _held_by(part, memory=memory)
        if held is None:
            continue
        seen.add(id(part))
        yield part
        waiting += held


def _held_by(part: Any, *, memory: bool) -> list[Any] | None:
    """What a part holds; ``None`` where it is nothing that could be shared."""
    if isinstance(part, types.FunctionType):
        if part.__module__ != "__main__":
            return None
        return [*(part.__closure__ or ()), *(part.__defaults__ or ()), *vars(part).values()]
    library = type(part).__module__.partition(".")[0]
    if library in _OWN_MEMORY or opaque_reason(part) is not None:
        return []
    if library == "numpy" and type(part).__name__ in _ARRAYS:
        return _inside_array(part) if memory or part.dtype.hasobject else []
    if hasattr(part, "__array_interface__") or type(part).__module__ == "numpy.dtypes":
        return None  # a single number, or a type of elements
    return gc.get_referents(part)


_ARRAYS = {"ndarray", "memmap", "matrix", "recarray", "MaskedArray"}
