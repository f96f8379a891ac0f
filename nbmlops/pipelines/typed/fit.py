"""Whether a value is of a parameter's type, and its plain form."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any

from nbmlops.domain.parameters import ParameterType, Shape

SECRET_SOURCE = re.compile(r"env:[A-Za-z_]\w*|keyring:[^/\s]+/\S+|file:\S.*")
"""How the place of a secret is written."""


class UnfitError(ValueError):
    """A value is not what a parameter asks for; told as a `ParameterError`."""


def fit(shape: Shape, value: Any) -> Any:
    """The plain form of a value; see `Shape`.

    A whole number is fine where a number is asked for; true and false are no numbers. Dates and
    paths are fine as such and as text.

    Args:
        shape: what it must be like.
        value: a Python value, or its plain form.

    Raises:
        UnfitError: it is of another type, out of range, or none of the choices.
    """
    if value is None and shape.optional:
        return None
    fitting = _FITS[shape.type](shape, value)
    if shape.choices and not any(same(fitting, choice) for choice in shape.choices):
        raise UnfitError(value)
    _check_bounds(shape, fitting)
    return fitting


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
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    raise TypeError(type(value).__name__)


def moment_of(text: str) -> datetime:
    """A plain datetime as Python knows it.

    Raises:
        UnfitError: it is none.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UnfitError(text) from error


def _whole(shape: Shape, value: Any) -> int:
    del shape
    if not isinstance(value, int) or isinstance(value, bool | Enum):
        raise UnfitError(value)
    return value


def _number(shape: Shape, value: Any) -> float:
    del shape
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UnfitError(value)
    try:
        number = float(value)
    except OverflowError as error:
        raise UnfitError(value) from error
    if not math.isfinite(number):
        raise UnfitError(value)
    return number


def _truth(shape: Shape, value: Any) -> bool:
    del shape
    if not isinstance(value, bool):
        raise UnfitError(value)
    return value


def _text(shape: Shape, value: Any) -> str:
    del shape
    if not isinstance(value, str) or isinstance(value, Enum):
        raise UnfitError(value)
    return value


def _date(shape: Shape, value: Any) -> str:
    del shape
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise UnfitError(value) from error


def _datetime(shape: Shape, value: Any) -> str:
    del shape
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        raise UnfitError(value)
    return moment_of(value).isoformat()


def _path(shape: Shape, value: Any) -> str:
    del shape
    if not isinstance(value, str | PurePath) or "\0" in str(value):
        raise UnfitError(value)
    return str(value)


def _member(shape: Shape, value: Any) -> str:
    name = value.name if isinstance(value, Enum) else value
    if not isinstance(name, str):
        raise UnfitError(value)
    near = [choice for choice in shape.choices if choice.lower() == name.lower()]
    return str(near[0]) if len(near) == 1 else name


def _secret(shape: Shape, value: Any) -> str:
    del shape
    source = getattr(value, "source", value)
    if not isinstance(source, str) or SECRET_SOURCE.fullmatch(source) is None:
        raise UnfitError
    return source


def _list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise UnfitError(value)
    return [_inner(shape, item) for item in value]


def _mapping(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise UnfitError(value)
    return {key: _inner(shape, item) for key, item in value.items()}


def _inner(shape: Shape, value: Any) -> Any:
    return _any(shape, value) if shape.items is None else fit(shape.items, value)


def _any(shape: Shape, value: Any) -> Any:
    del shape
    try:
        return plain(value)
    except TypeError as error:
        raise UnfitError(value) from error


_FITS: dict[ParameterType, Callable[[Shape, Any], Any]] = {
    "int": _whole,
    "float": _number,
    "bool": _truth,
    "str": _text,
    "list": _list,
    "tuple": _list,
    "dict": _mapping,
    "date": _date,
    "datetime": _datetime,
    "path": _path,
    "enum": _member,
    "secret": _secret,
    "any": _any,
}


def _check_bounds(shape: Shape, value: Any) -> None:
    bounds = (shape.minimum, shape.maximum, shape.above, shape.below)
    if any(bound is not None for bound in bounds):
        _check_order(shape, value)
    if shape.shortest is not None and len(value) < shape.shortest:
        raise UnfitError(value)
    if shape.longest is not None and len(value) > shape.longest:
        raise UnfitError(value)


def _check_order(shape: Shape, value: Any) -> None:
    key = moment_of if shape.type == "datetime" else _itself
    here = key(value)
    try:
        fits = (
            (shape.minimum is None or key(shape.minimum) <= here)
            and (shape.maximum is None or here <= key(shape.maximum))
            and (shape.above is None or key(shape.above) < here)
            and (shape.below is None or here < key(shape.below))
        )
    except TypeError as error:  # one has a time zone, the other has none
        raise UnfitError(value) from error
    if not fits:
        raise UnfitError(value)


def _itself(value: Any) -> Any:
    return value
