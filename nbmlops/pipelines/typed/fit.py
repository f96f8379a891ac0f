"""Whether a value is of a parameter's type, and its plain form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed import spans
from nbmlops.pipelines.typed.scalars import FITS, UnfitError, check_order

_BY_PYTHON = ("bool", "int", "float", "list", "tuple", "set", "frozenset", "dict")
"""Types of which a Python value, though not its plain form, tells which one it is."""

_ANY_TEXT = ("path", "str")
"""Types of a union that take any text, and so come last."""


def fit(shape: Shape, value: Any) -> Any:
    """The plain form of a value; see `Shape`.

    A whole number is fine where a number is asked for; true and false are no numbers. Dates,
    times, decimals and paths are fine as such and as text, a set as a list without repetition.

    Args:
        shape: what it must be like.
        value: a Python value, or its plain form.

    Raises:
        UnfitError: it is of another type, out of range, or none of the choices; or it is for a
            union, in whose plain form it would be of another type.
    """
    if value is None and shape.optional:
        return None
    fitting = _FITS[shape.type](shape, value)
    if shape.choices and not any(same(fitting, choice) for choice in shape.choices):
        raise UnfitError(value)
    _check_bounds(shape, fitting)
    return fitting


def chosen(shape: Shape, value: Any) -> Shape:
    """That of a union's shapes which a value is of.

    A text is of the first type that reads it; what takes any text comes last. Where several read
    it, that one comes first in whose plain form it is already.

    Raises:
        UnfitError: of none.
    """
    found = []
    for member in sorted(shape.members, key=_rank):
        try:
            found.append((member, fit(member, value)))
        except UnfitError:
            continue
    if not found:
        raise UnfitError(value)
    kind = type(value).__name__
    here = _plain_or_itself(value)

    def nearness(one: tuple[Shape, Any]) -> tuple[bool, bool]:
        member, plain_ = one
        of_kind = member.type == kind and kind in _BY_PYTHON
        return of_kind, member.type not in _ANY_TEXT and same(plain_, here)

    return max(found, key=nearness)[0]  # the first of those that are as near


def _plain_or_itself(value: Any) -> Any:
    try:
        return plain(value)
    except TypeError:
        return value


def key_of(shape: Shape, text: str) -> Any:
    """The plain form of a mapping's name, of which its JSON has a text.

    Args:
        shape: what each name must be like.
        text: as the JSON has it.

    Raises:
        UnfitError: it is of another type.
    """
    if shape.type not in _ANY_TEXT:
        try:
            return fit(shape, json.loads(text))
        except (ValueError, RecursionError):
            pass  # it is no JSON, or of another type: it is itself
    return fit(shape, text)


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are equal and of one type: 1, 1.0 and true are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def plain(value: Any) -> Any:
    """A Python value in its plain form.

    Raises:
        TypeError: it has none.
    """
    if value is None or isinstance(value, bool | int | float | str | Enum):
        return value.name if isinstance(value, Enum) else value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return in_order(map(plain, value))
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    return _text_of(value)


def _text_of(value: Any) -> str:
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, timedelta):
        return spans.written(value)
    if isinstance(value, PurePath | Decimal | UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def in_order(items: Iterable[Any]) -> list[Any]:
    """The plain items of a set, so that equal sets have equal plain forms."""
    found = list(items)
    try:
        return sorted(found, key=lambda item: (item, type(item).__name__))
    except TypeError:  # of several types
        return sorted(found, key=json.dumps)


def _rank(shape: Shape) -> tuple[int, bool, bool]:
    """What says more of a value comes before what says less."""
    order = _ANY_TEXT.index(shape.type) + 1 if shape.type in _ANY_TEXT else 0
    open_ = shape.items is None and not shape.members
    return (0 if shape.choices else order), not shape.choices, open_


def _union(shape: Shape, value: Any) -> Any:
    member = chosen(shape, value)
    fitting = fit(member, value)
    if chosen(shape, fitting) != member:
        raise UnfitError(value)  # a record of it would be read as something else
    return fitting


def _list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise UnfitError(value)
    if not shape.members:
        return [_inner(shape, item) for item in value]
    if len(value) != len(shape.members):
        raise UnfitError(value)
    return [fit(member, item) for member, item in zip(shape.members, value, strict=True)]


def _set(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise UnfitError(value)
    items = in_order(_inner(shape, item) for item in value)
    if shape.items is None and any(isinstance(item, list | dict) for item in items):
        raise UnfitError(value)  # a set holds none
    if len(set(map(_hashable, items))) != len(items):
        raise UnfitError(value)
    return items


def _hashable(item: Any) -> Any:
    return tuple(map(_hashable, item)) if isinstance(item, list) else item


def _mapping(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise UnfitError(value)
    found = {_key(shape.keys, key): _inner(shape, item) for key, item in value.items()}
    if len(found) != len(value):
        raise UnfitError(value)
    return found


def _key(shape: Shape | None, key: Any) -> str:
    """The text of a mapping's name, from which `key_of` makes it again."""
    if shape is None:
        if not isinstance(key, str):
            raise UnfitError(key)
        return key
    fitting = key_of(shape, key) if isinstance(key, str) else fit(shape, key)
    written = json.dumps(fitting, ensure_ascii=False)
    for text in [fitting, written] if isinstance(fitting, str) else [written]:
        if same(key_of(shape, text), fitting):
            return str(text)
    raise UnfitError(key)


def _inner(shape: Shape, value: Any) -> Any:
    return _any(shape, value) if shape.items is None else fit(shape.items, value)


def _any(shape: Shape, value: Any) -> Any:
    """Of a type that nobody has said only what its plain form does not make something else."""
    del shape
    if isinstance(value, set | frozenset | time | timedelta | Decimal | UUID):
        raise UnfitError(value)
    try:
        return plain(value)
    except TypeError as error:
        raise UnfitError(value) from error


_FITS: dict[ParameterType, Callable[[Shape, Any], Any]] = {
    **FITS,
    "list": _list,
    "tuple": _list,
    "set": _set,
    "frozenset": _set,
    "dict": _mapping,
    "union": _union,
    "any": _any,
}


def _check_bounds(shape: Shape, value: Any) -> None:
    bounds = (shape.minimum, shape.maximum, shape.above, shape.below, shape.multiple)
    if any(bound is not None for bound in bounds):
        check_order(shape, value)
    lengths = (shape.shortest, shape.longest)
    if all(length is None for length in lengths):
        return
    if not isinstance(value, str | list | dict):
        raise UnfitError(value)
    if shape.shortest is not None and len(value) < shape.shortest:
        raise UnfitError(value)
    if shape.longest is not None and len(value) > shape.longest:
        raise UnfitError(value)
