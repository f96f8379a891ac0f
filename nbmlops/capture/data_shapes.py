"""What code keeps beside code, noted so that it is soon told whether it stayed.

The garbage collector tells in one go what many objects refer to. Noted is which objects these
were, level by level, and none of them is kept alive but for plain constants: as each level is
compared from the first one on, what has another one's address and type, and refers to what that
did, holds the same.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import gc
import logging
import operator
import re
import types
import weakref
from _thread import LockType, RLock
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import gt, is_, not_
from typing import Any, NamedTuple

from nbmlops.values.kinds import (
    ancestry,
    has,
    identity,
    is_a,
    is_among,
    name_of,
    namespace_of,
    package_of,
)

_PLAIN: frozenset[type] = frozenset([
    bool, int, float, complex, str, bytes, range, type(None), type(Ellipsis), type(NotImplemented),
    types.CodeType, types.GetSetDescriptorType, types.MemberDescriptorType, re.Pattern,
])  # fmt: skip
_CONSTANTS = (dt.date, dt.time, dt.timedelta, dt.tzinfo, decimal.Decimal)

_MOST = 20_000
"""Parts of one value that are noted; a larger one is looked into each time."""

_SIZERS: Mapping[type, Callable[[Any], int]] = {
    dict: dict.__len__, list: list.__len__, set: set.__len__, deque: deque.__len__,
}  # fmt: skip
"""What tells how many parts there are, also of heirs that say otherwise."""

_BASES = (*_SIZERS, frozenset)
_OPEN = frozenset([
    *_BASES, defaultdict, tuple, types.CellType, types.FunctionType, types.BuiltinFunctionType,
    types.MappingProxyType, types.MethodType, types.MethodWrapperType, types.GenericAlias,
    types.UnionType, functools.partial, operator.attrgetter, operator.itemgetter,
    operator.methodcaller, staticmethod, classmethod, property,
])  # fmt: skip
"""Types of which the collector tells all that counts."""


class _Row(NamedTuple):
    field: int


_FIELD: type = type(vars(_Row)["field"])
_CLOSED = frozenset([
    types.ModuleType, types.MethodDescriptorType, types.ClassMethodDescriptorType,
    types.WrapperDescriptorType, _FIELD, object, weakref.ref, LockType, type(RLock()),
])  # fmt: skip
"""Types of what is told by its being the same."""

_OF_ABSTRACT_CLASSES = ("_abc", "_abc_data")
"""`abc.get_cache_token` tells whether what such a one knows is another."""

_LEADING_ON = frozenset(["asyncio", "pandas", "sqlalchemy", "threading"])
"""Packages whose objects are looked into each time, in their own ways."""

_POINTER, _COLLECTED = 8, 1 << 14
"""Bytes of an attribute; the flag of types of which the collector can be asked."""


@dataclass(frozen=True, slots=True)
class _Level:
    """What is referred to from one level, and which of that is looked into for the next one.

    Code and constants are kept. Of what is looked into it is noted which are dicts, with their
    keys, which have constants as keys, what can grow, and what gives attributes.
    """

    are_kept: bytes
    kept: list[Any]
    are_others: bytes
    which: list[int]
    kinds: list[type]
    opened: bytes
    are_named: bytes
    names: list[Any]
    are_keyed: bytes
    keys: list[int]
    are_sized: bytes
    sizers: list[Callable[[Any], int]]
    sizes: list[int]
    with_attributes: bytes
    getters: list[Callable[..., Any]]

    def below(self, level: list[Any]) -> list[Any] | None:
        """What comes after the same level; ``None`` where it is not the same."""
        if not self._has_what_is_kept(level):
            return None
        others = list(compress(level, self.are_others))
        nodes = list(compress(others, self.opened))
        names = _keys_of(compress(nodes, self.are_named))
        if not (
            list(map(identity, others)) == self.which
            and all(map(is_, map(type, others), self.kinds))
            and _sizes(self.sizers, compress(nodes, self.are_sized)) == self.sizes
            and all(map(is_, names, self.names))
            and list(map(identity, _keys_of(compress(nodes, self.are_keyed)))) == self.keys
        ):
            return None
        found = gc.get_referents(*nodes)
        found += map(operator.call, self.getters, compress(nodes, self.with_attributes))
        return found

    def _has_what_is_kept(self, level: list[Any]) -> bool:
        return len(level) == len(self.are_kept) and all(
            map(is_, compress(level, self.are_kept), self.kept)
        )


class DataShape:
    """What values hold, as it was when it was looked at.

    Args:
        way: of code, whether it can be told by its being the same: true where that is so, false
            where it has to be looked into each time, and ``None`` of all else.
    """

    def __init__(self, way: Callable[[Any], bool | None]) -> None:
        self._way = way
        self._opened: dict[int, bool] = {}
        self._levels: list[_Level] = []
        self._around: set[int] = set()
        self._keys: list[Any] = []
        self._is_whole = True

    def leave(self, value: Any) -> None:
        """What a value holds is told otherwise."""
        self._opened[identity(value)] = False

    def what_moves(self, value: Any) -> int | None:
        """What in a value cannot be told, or of what it is too much; ``None`` for nothing."""
        waiting, met = [value], dict[int, bool]()
        while waiting:
            one = waiting.pop()
            which = identity(one)
            if which in met or which in self._opened:
                continue
            opens = self._opens(one)
            if opens is None or len(met) >= _MOST:
                return which if opens is None else identity(value)
            met[which] = opens
            if opens:
                around = _around(one)
                self._around |= around
                inside = gc.get_referents(one)
                waiting += (each for each in inside if identity(each) not in around)
                waiting += [getter(one) for getter in _getters(type(one))]
        self._opened |= met
        return None

    def note(self, values: Iterable[Any]) -> None:
        """Note how these values are, in each of which nothing moves."""
        level, met = list(values), set[int]()
        while level:
            made = self._level(level, met)
            self._levels.append(made)
            level = made.below(level) or []
        self._opened.clear()
        self._around.clear()

    def is_same(self, values: Iterable[Any]) -> bool:
        """Whether the values are the same, and hold the same."""
        found: list[Any] | None = list(values) if self._is_whole else None
        for level in self._levels:
            if found is not None:
                found = level.below(found)
        return found == []

    def _level(self, level: Sequence[Any], met: set[int]) -> _Level:
        kept = bytes(map(self._is_kept, level))
        others = [one for one, is_kept in zip(level, kept, strict=True) if not is_kept]
        opened = bytearray()
        for which in map(identity, others):
            is_known = which in self._opened or which in self._around
            self._is_whole = self._is_whole and is_known
            opened.append(self._opened.get(which, False) and which not in met)
            met.add(which)
        nodes = list(compress(others, opened))
        dicts = bytes(_base_of(type(node)) is dict for node in nodes)
        sizers = [_SIZERS.get(_base_of(type(node))) for node in nodes]
        sized = bytes(sizer is not None for sizer in sizers)
        plainly = [
            is_dict and all(map(is_constant, dict.__iter__(one)))
            for one, is_dict in zip(nodes, dicts, strict=True)
        ]
        named, keyed = bytes(plainly), bytes(map(gt, dicts, plainly))
        getters = [_getters(type(node)) for node in nodes]
        self._keys += filter(is_constant, _keys_of(compress(nodes, keyed)))
        return _Level(
            are_kept=kept,
            kept=list(compress(level, kept)),
            are_others=bytes(map(not_, kept)),
            which=list(map(identity, others)),
            kinds=list(map(type, others)),
            opened=bytes(opened),
            are_named=named,
            names=list(_keys_of(compress(nodes, named))),
            are_keyed=keyed,
            keys=list(map(identity, _keys_of(compress(nodes, keyed)))),
            are_sized=sized,
            sizers=list(filter(None, sizers)),
            sizes=_sizes(filter(None, sizers), compress(nodes, sized)),
            with_attributes=bytes(map(bool, getters)),
            getters=list(chain.from_iterable(getters)),
        )

    def _is_kept(self, value: Any) -> bool:
        """Whether a part is code or a constant."""
        kind = type(value)
        if is_constant(value) or kind is types.ModuleType or is_a(value, type):
            return True
        return kind is types.FunctionType and not self._opened.get(identity(value), True)

    def _opens(self, value: Any) -> bool | None:
        """Whether a part has to be looked into; ``None`` where the collector does not tell it."""
        kind = type(value)
        if is_constant(value):
            return False
        way = self._way(value)
        if way is not None:
            return False if way else None
        if is_among(kind, _CLOSED) or is_a(value, logging.Logger):
            return False
        if is_among(kind, _OPEN):
            return True if kind is not types.CellType or gc.get_referents(value) else None
        if (package_of(kind), name_of(kind)) == _OF_ABSTRACT_CLASSES:
            return False
        return _opens_instance(value, kind)


def _opens_instance(value: Any, kind: type) -> bool | None:
    """The same of an instance: of attributes, and of what the base of its class holds."""
    if package_of(kind) in _LEADING_ON:
        return None
    if is_a(value, (tuple, enum.Enum)):
        return True
    if not kind.__flags__ & _COLLECTED:
        return None if has(kind, "__array_interface__") or is_a(value, bytearray) else False
    slots = [
        part
        for ancestor in ancestry(kind)
        for part in namespace_of(ancestor).values()
        if type(part) is types.MemberDescriptorType
    ]
    offsets = kind.__dictoffset__, kind.__weakrefoffset__
    base = _base_of(kind)
    size = base.__basicsize__ + _POINTER * (len(slots) + sum(offset > 0 for offset in offsets))
    if kind.__itemsize__ != base.__itemsize__ or kind.__basicsize__ != size:
        return None
    return True if len(slots) == sum(_is_filled(slot, value) for slot in slots) else None


def _base_of(kind: type) -> type:
    """The collection that a type is made from; `object` for none."""
    return next((one for one in ancestry(kind) if any(one is base for base in _BASES)), object)


def _sizes(sizers: Iterable[Callable[[Any], int]], nodes: Iterable[Any]) -> list[int]:
    return list(map(operator.call, sizers, nodes))


def _is_filled(slot: types.MemberDescriptorType, value: Any) -> bool:
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True


def _around(value: Any) -> set[int]:
    """The namespaces that a function has around itself, which are not looked into from there."""
    if type(value) is not types.FunctionType:
        return set()
    return set(map(identity, (value.__globals__, getattr(value, "__builtins__", None))))


def _getters(kind: type) -> list[Callable[..., Any]]:
    """What gives the dict of attributes of an instance, without code of its own."""
    if is_among(kind, _OPEN):
        return []
    spaces = (namespace_of(ancestor).get("__dict__") for ancestor in ancestry(kind))
    return [one.__get__ for one in spaces if type(one) is types.GetSetDescriptorType][:1]


def _keys_of(dicts: Iterable[Any]) -> Iterator[Any]:
    return chain.from_iterable(map(dict.__iter__, dicts))


def is_constant(value: Any) -> bool:
    """Whether a value cannot change, and holds nothing."""
    kind = type(value)
    if is_among(kind, _PLAIN) or is_a(value, _CONSTANTS):
        return True
    return package_of(kind) == "numpy" and not kind.__flags__ & _COLLECTED and _is_number(kind)


def _is_number(kind: type) -> bool:
    return any(name_of(ancestor) == "generic" for ancestor in ancestry(kind))
