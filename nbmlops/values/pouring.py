"""The content of an object that can change, taken out of one and put into another of its type.

Never by the code of the object's class: subclasses of containers are filled as what they extend,
attributes are set where they are kept, past ``__setattr__`` and properties.
"""

from __future__ import annotations

import functools
import random
import types
from array import array
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.values.kinds import ancestry, module_of, name_of, package_of

_HEAP_TYPE = 1 << 9
"""Set for classes that were made while Python ran (``Py_TPFLAGS_HEAPTYPE``)."""
_OF_EACH = frozenset(["__dict__", "__weakref__"])
"""What classes of Python code get that is not written in Python."""
_IN_C = (
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
_FRAMES = frozenset(["DataFrame", "Series"])


class NotPourableError(Exception):
    """The content of an object cannot be put into the other one."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an object holds: its items, its attributes, and those of its slots that are set."""

    items: Any
    attributes: dict[str, Any] | None
    slots: tuple[tuple[types.MemberDescriptorType, Any], ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a built-in type gives its items away, and takes others instead of them."""

    take: Callable[[Any], Any]
    fill: Callable[[Any, Any], None]


def is_pourable(kind: Any) -> bool:
    """Whether content can be put into instances of a type, arrays of numpy aside."""
    if package_of(kind) == "pandas" and not _is_frame(kind):
        return False  # indexes are shared by frames that do not know of it
    return layout_of(kind) in _KINDS and _keeps_attributes_as_usual(kind)


def pickles_by_default(kind: type) -> bool:
    """Whether no class of Python code says what of its instances is pickled; frames say all."""
    return _is_frame(kind) or not any(
        name in _own(one)
        for one in ancestry(kind)
        if _is_made_by_code(one)
        for name in ("__getstate__", "__reduce__", "__reduce_ex__")
    )


def content_of(value: Any) -> Content:
    """What an object of such a type holds now, apart from it."""
    kind: Any = type(value)
    attributes = attributes_of(value)
    return Content(
        items=_KINDS[layout_of(kind)].take(value),
        attributes=None if attributes is None else dict(attributes),
        slots=tuple(filled_slots(value)),
    )


def pour(content: Content, value: Any) -> None:
    """Put content into an object of the type that it was taken from.

    Raises:
        NotPourableError: the object refuses; it is as it was.
    """
    kind: Any = type(value)
    try:
        _KINDS[layout_of(kind)].fill(value, content.items)
    except BufferError as error:  # somebody looks at its memory
        raise NotPourableError(str(error)) from error
    attributes = attributes_of(value)
    if attributes is not None and content.attributes is not None:
        attributes.clear()
        attributes.update(content.attributes)
    there = dict(content.slots)
    for slot in slots_of(kind):
        if slot in there:
            slot.__set__(value, there[slot])
        elif _is_set(slot, value):
            slot.__delete__(value)


def filled_slots(value: Any) -> Iterator[tuple[types.MemberDescriptorType, Any]]:
    """The slots of an object that were set, and what is in them."""
    kind: Any = type(value)
    for slot in slots_of(kind):
        if _is_set(slot, value):
            yield slot, slot.__get__(value)


def items_of(value: Any) -> Any:
    """The items of an object of such a type, apart from it."""
    kind: Any = type(value)
    return _KINDS[layout_of(kind)].take(value)


def fill(value: Any, items: Any) -> None:
    """Give an object of such a type these items, instead of its own."""
    kind: Any = type(value)
    _KINDS[layout_of(kind)].fill(value, items)


def _is_frame(kind: type) -> bool:
    return (
        any(
            name_of(one) in _FRAMES and module_of(one).startswith("pandas.core")
            for one in ancestry(kind)
        )
        or name_of(kind) in _FRAMES
    )


@functools.lru_cache(maxsize=1024)
def layout_of(kind: type) -> type:
    """The nearest ancestor that no Python code made: what instances consist of."""
    return next(one for one in ancestry(kind) if not _is_made_by_code(one))


@functools.lru_cache(maxsize=1024)
def _is_made_by_code(kind: type) -> bool:
    """Whether a class is of Python code; those of libraries in C keep what nobody sees."""
    flags: Any = type.__dict__["__flags__"]
    return bool(flags.__get__(kind) & _HEAP_TYPE) and not any(
        isinstance(part, _IN_C) and part.__objclass__ is kind and name not in _OF_EACH
        for name, part in _own(kind).items()
    )


def _own(kind: type) -> Mapping[str, Any]:
    found: Mapping[str, Any] = type.__dict__["__dict__"].__get__(kind)
    return found


def _finder(kind: type) -> Any:
    """What finds the ``__dict__`` of an instance; ``None`` where there is none."""
    return next((_own(one)["__dict__"] for one in ancestry(kind) if "__dict__" in _own(one)), None)


@functools.lru_cache(maxsize=1024)
def _keeps_attributes_as_usual(kind: type) -> bool:
    finder = _finder(kind)
    return finder is None or isinstance(
        finder, (types.GetSetDescriptorType, types.MemberDescriptorType)
    )


def attributes_of(value: Any) -> dict[str, Any] | None:
    """The dict in which an object keeps its attributes; ``None`` where it has none."""
    finder = _finder(type(value))
    return None if finder is None else finder.__get__(value)


@functools.lru_cache(maxsize=1024)
def slots_of(kind: type) -> tuple[types.MemberDescriptorType, ...]:
    """The slots that Python classes declare; those of built-in types are a part of their items."""
    return tuple(
        found
        for one in ancestry(kind)
        if _is_made_by_code(one)
        for name, found in _own(one).items()
        if isinstance(found, types.MemberDescriptorType) and name != "__dict__"
    )


def _is_set(slot: types.MemberDescriptorType, value: Any) -> bool:
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True


def _fill_list(value: list[Any], items: list[Any]) -> None:
    list.__setitem__(value, slice(None), items)


def _fill_dict(value: dict[Any, Any], items: dict[Any, Any]) -> None:
    dict.clear(value)
    dict.update(value, items)


def _take_ordered(value: OrderedDict[Any, Any]) -> list[Any]:
    return [(key, dict.__getitem__(value, key)) for key in OrderedDict.__iter__(value)]


def _fill_ordered(value: OrderedDict[Any, Any], items: list[Any]) -> None:
    OrderedDict.clear(value)
    for key, item in items:
        OrderedDict.__setitem__(value, key, item)


def _take_default(value: defaultdict[Any, Any]) -> tuple[Any, dict[Any, Any]]:
    return value.default_factory, dict.copy(value)


def _fill_default(value: defaultdict[Any, Any], items: tuple[Any, dict[Any, Any]]) -> None:
    defaultdict.__dict__["default_factory"].__set__(value, items[0])
    _fill_dict(value, items[1])


def _take_set(value: set[Any]) -> set[Any]:
    return set(set.__iter__(value))


def _fill_set(value: set[Any], items: set[Any]) -> None:
    set.clear(value)
    set.update(value, items)


def _take_deque(value: deque[Any]) -> tuple[int | None, list[Any]]:
    return value.maxlen, list(deque.__iter__(value))


def _fill_deque(value: deque[Any], items: tuple[int | None, list[Any]]) -> None:
    if value.maxlen != items[0]:
        told = "the length of a deque cannot be set anew"
        raise NotPourableError(told)
    deque.clear(value)
    deque.extend(value, items[1])


def _fill_bytes(value: bytearray, items: bytes) -> None:
    bytearray.__setitem__(value, slice(None), items)


def _take_array(value: array[Any]) -> array[Any]:
    return array(value.typecode, value)


def _fill_array(value: array[Any], items: array[Any]) -> None:
    if value.typecode != items.typecode:
        told = "the type of an array's elements cannot be set anew"
        raise NotPourableError(told)
    array.__setitem__(value, slice(None), items)


def _nothing(*_: Any) -> None:
    """Objects without items."""


def _take_function(value: types.FunctionType) -> tuple[Any, ...]:
    return (value.__closure__, value.__globals__, {name: getattr(value, name) for name in _CODE})


def _fill_function(value: types.FunctionType, items: tuple[Any, ...]) -> None:
    closure, names, parts = items
    if closure is not value.__closure__ or names is not value.__globals__:
        told = "what a function is bound to cannot be set anew"
        raise NotPourableError(told)
    for name, part in parts.items():
        setattr(value, name, part)


_CODE = (
    "__code__", "__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__doc__",
    "__module__", "__annotations__",
)  # fmt: skip


_GENERATOR: Any = random.Random.__base__
"""What `random.Random` and its subclasses draw from."""

_KINDS: dict[type, _Kind] = {
    object: _Kind(_nothing, _nothing),
    types.SimpleNamespace: _Kind(_nothing, _nothing),
    list: _Kind(list.copy, _fill_list),
    dict: _Kind(dict.copy, _fill_dict),
    OrderedDict: _Kind(_take_ordered, _fill_ordered),
    defaultdict: _Kind(_take_default, _fill_default),
    set: _Kind(_take_set, _fill_set),
    deque: _Kind(_take_deque, _fill_deque),
    bytearray: _Kind(bytes, _fill_bytes),
    array: _Kind(_take_array, _fill_array),
    _GENERATOR: _Kind(_GENERATOR.getstate, _GENERATOR.setstate),
    types.FunctionType: _Kind(_take_function, _fill_function),
}
