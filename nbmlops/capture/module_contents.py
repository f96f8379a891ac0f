"""What a namespace of the project's own holds, at any depth, so that it can be compared later.

Level by level, and up to a number of parts: what lies beyond is told, as nothing says then whether
it changed.
"""

from __future__ import annotations

import threading
import types
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import xxhash

from nbmlops.capture.part_kinds import is_bare
from nbmlops.capture.process_state import Token, token
from nbmlops.values.beside import attributes_of
from nbmlops.values.homes import is_own, is_own_module
from nbmlops.values.kinds import (
    ancestry,
    identity,
    is_a,
    is_among,
    is_dunder,
    name_of,
    namespace_of,
    package_of,
)

_MOST = 10_000
"""Parts of a module that are compared."""

_LARGEST = 2**20
"""Bytes of an array, or of bytes that can change, that are compared."""

_ROW = 8
"""How many plain values of a collection take as long as one part."""

_OF_PANDAS = frozenset(["_mgr", "_data", "_ndarray", "_pa_array", "_mask", "_codes", "attrs"])
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
_STILL: frozenset[type] = frozenset(
    [bool, int, float, complex, str, bytes, type(None), property, classmethod, staticmethod]
)
_PLAIN: frozenset[type] = frozenset([bool, int, float, complex, str, bytes, type(None)])
_COLLECTIONS: frozenset[type] = frozenset(
    [list, tuple, dict, set, frozenset, OrderedDict, defaultdict, Counter, deque]
)
_PARTS_OF: tuple[tuple[Any, Callable[[Any], Iterable[Any]]], ...] = (
    (dict, dict.items),
    (list, list.__iter__),
    (set, set.__iter__),
    (deque, deque.__iter__),
    (tuple, tuple.__iter__),
    (frozenset, frozenset.__iter__),
    (weakref.WeakKeyDictionary, lambda value: list(value.items())),
    (weakref.WeakValueDictionary, lambda value: list(value.items())),
    (weakref.WeakSet, list),
)
"""Collections whose heirs are as well, and what is in them, without code of the heirs."""

_OF_OTHERS = frozenset(["asyncio", "logging", "sqlalchemy", "threading"])
"""Packages whose objects lead to all of a process, and are told by themselves."""

_of_thread: Callable[[Any, str], Mapping[str, Any]] = threading.local.__getattribute__


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What names hold, and those of which something is too much to be compared."""

    held: Mapping[str, Token]
    partly: frozenset[str] = frozenset()


def contents(
    names: Mapping[str, Any], most: int = _MOST, *, apart: Container[int] = frozenset()
) -> Contents:
    """What a namespace of the project's own holds.

    Args:
        names: the namespace.
        most: the parts that are compared.
        apart: identities of what is looked into otherwise, and here only told by who it is.
    """
    return _Walk(most, apart).over(_named(names))


def inside_code(value: Any) -> Contents | None:
    """What a function or class of the notebook holds that can change; ``None`` for nothing."""
    if is_a(value, type):
        held = {name: one for name, one in namespace_of(value).items() if _can_change(one)}
    else:
        held = {str(at): one for at, one in enumerate(filter(_can_change, _held_by(value)))}
    return contents(held) if held else None


class _Walk:
    """Goes through what names hold, one level after the other.

    Each part is told by who it is, or by what it holds where it is a collection: what is equal and
    another object is no change there.

    Args:
        most: the parts that are compared.
        apart: identities of what is not looked into.
    """

    def __init__(self, most: int, apart: Container[int] = frozenset()) -> None:
        self._left = most
        self._apart = apart
        self._waiting: deque[tuple[str, Any]] = deque()
        self._met: dict[tuple[str, int], tuple[int, Any]] = {}
        self._partly: set[str] = set()

    def over(self, names: Mapping[str, Any]) -> Contents:
        """What the names hold."""
        found: dict[str, list[Token]] = {}
        for name, value in names.items():
            self._tell(name, [value], found.setdefault(name, []))
        while self._waiting:
            name, value = self._waiting.popleft()
            key = name, identity(value)
            if key in self._met:
                found[name].append(("met", self._met[key][0]))
                continue
            self._met[key] = len(found[name]), value  # kept, so that no other one is taken for it
            told, parts = self._look(name, value)
            found[name].append(told)
            if len(parts) > self._left:
                self._partly.add(name)
                continue
            self._left -= len(parts)
            self._tell(name, parts, found[name])
        return Contents(held=found, partly=frozenset(self._partly))

    def _tell(self, name: str, parts: Iterable[Any], told: list[Token]) -> None:
        """Tell at once the parts in which nothing is, as most are; the others are looked into."""
        for part in parts:
            kind = type(part)
            if is_among(kind, _PLAIN):
                told.append(part)
            elif identity(part) in self._apart:
                told.append(identity(part))
            elif is_bare(part):
                told.append((identity(part), part.__defaults__))
            elif kind is types.ModuleType or (kind is type and not is_own(part)):
                told.append(identity(part))
            else:
                self._waiting.append((name, part))

    def _look(self, name: str, value: Any) -> tuple[Token, list[Any]]:
        """What tells a part, and the parts of it."""
        kind = type(value)
        if is_a(value, type):
            names = _named(namespace_of(value)) if is_own(value) else {}
            return (identity(value), *names), list(names.values())
        if is_a(value, _CODE) or package_of(kind) in _OF_OTHERS:
            kept = _held_by(value) if _is_of_project(value) else []
            return (identity(value), *map(token, kept)), list(filter(_can_change, kept))
        if is_among(kind, _COLLECTIONS):
            return self._collection(name, value)
        if kind is types.GeneratorType:
            return (token(value), value.gi_frame and value.gi_frame.f_lasti), []
        if kind is bytearray or (package_of(kind) == "numpy" and name_of(kind) == "ndarray"):
            return self._digest(name, value), []
        held = _attributes(value)
        own = next((parts for base, parts in _PARTS_OF if _descends(kind, base)), None)
        inside = [one for part in own(value) for one in _pair(part)] if own is not None else []
        return (token(value), tuple(held), len(inside)), [*held.values(), *inside]

    def _collection(self, name: str, value: Any) -> tuple[Token, list[Any]]:
        told = name_of(type(value)), len(value)
        if len(value) > _ROW * self._left:
            self._partly.add(name)
            return told, []
        if is_a(value, dict):
            parts = [one for pair in list(value.items()) for one in pair]
        elif is_a(value, (set, frozenset)):
            parts = sorted(value, key=lambda one: repr(token(one)))
        else:
            parts = list(value)
        if len(parts) <= _ROW * self._left and _are_plain(parts):
            self._left -= len(parts) // _ROW
            return (told, tuple(parts)), []
        return told, parts

    def _digest(self, name: str, value: Any) -> Token:
        """What is in an array; of one that is large, nothing is known."""
        size = len(value) if type(value) is bytearray else value.nbytes
        if size > _LARGEST:
            self._partly.add(name)
            return token(value), size
        if type(value) is bytearray:
            return xxhash.xxh3_64_digest(value)
        if value.dtype.hasobject:
            return tuple(map(token, value.ravel().tolist()))
        return str(value.dtype), value.shape, xxhash.xxh3_64_digest(value.tobytes())


def _attributes(value: Any) -> Mapping[str, Any]:
    """What an object holds; of pandas, its data, and not what it has looked up in them."""
    kind = type(value)
    if kind is threading.local:
        return _of_thread(value, "__dict__")
    if package_of(kind) != "pandas":
        return attributes_of(value)
    if name_of(kind) in ("BlockManager", "SingleBlockManager"):
        blocks = {str(at): block.values for at, block in enumerate(value.blocks)}
        return {**blocks, **{f"axis {at}": one for at, one in enumerate(value.axes)}}
    return {name: one for name, one in attributes_of(value).items() if name in _OF_PANDAS}


def _named(names: Mapping[str, Any]) -> dict[str, Any]:
    """What a namespace holds, but for what Python or a library puts there."""
    return {str(name): value for name, value in list(names.items()) if not is_dunder(name)}


def _descends(kind: type, base: type) -> bool:
    """Whether a type is made from another, of which no metaclass is asked."""
    return any(one is base for one in ancestry(kind))


def _are_plain(parts: list[Any]) -> bool:
    try:
        return _PLAIN.issuperset(map(type, parts))
    except Exception:  # noqa: BLE001 (a metaclass may not let its classes be hashed)
        return False


def _pair(part: Any) -> Iterable[Any]:
    return part if type(part) is tuple and len(part) == 2 else (part,)  # noqa: PLR2004


def _can_change(value: Any) -> bool:
    return not is_a(value, _CODE) and not is_among(type(value), _STILL)


def _is_of_project(code: Any) -> bool:
    home = code.__module__ if is_a(code, types.FunctionType) else None
    return type(home) is str and is_own_module(home)


def _held_by(function: Any) -> list[Any]:
    """What a function has at hand: what it was made with, its defaults and its attributes."""
    if not is_a(function, types.FunctionType):
        return []
    held = [*map(_content, function.__closure__ or ()), *(function.__defaults__ or ())]
    held += (function.__kwdefaults__ or {}).values()
    held += [one for name, one in vars(function).items() if name != "__wrapped__"]
    return held


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # it is empty
