"""Single values of each type, in their plain form."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed import spans

SECRET_SOURCE = re.compile(r"env:[A-Za-z_]\w*|keyring:[^/\s]+/\S+|file:\S.*")
"""How the place of a secret is written."""

DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""How a decimal number is written."""

_TIME = re.compile(r"\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class UnfitError(ValueError):
    """A value is not what a parameter asks for; told as a `ParameterError`."""


def check_order(shape: Shape, value: Any) -> None:
    """Refuse what is beyond the bounds of a shape, or no multiple of what it says.

    Raises:
        UnfitError: it is.
    """
    key = _KEYS.get(shape.type, _itself)
    try:
        here = key(value)
        fits = (
            (shape.minimum is None or key(shape.minimum) <= here)
            and (shape.maximum is None or here <= key(shape.maximum))
            and (shape.above is None or key(shape.above) < here)
            and (shape.below is None or here < key(shape.below))
            and (shape.multiple is None or Decimal(str(value)) % Decimal(str(shape.multiple)) == 0)
        )
    except (TypeError, ValueError, DecimalException) as error:
        # one has a time zone, the other has none; or it is no number
        raise UnfitError(value) from error
    if not fits:
        raise UnfitError(value)


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
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise UnfitError(value) from error


def _time(shape: Shape, value: Any) -> str:
    del shape
    if isinstance(value, time):
        return value.isoformat()
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise UnfitError(value)
    try:
        return time.fromisoformat(value).isoformat()
    except ValueError as error:
        raise UnfitError(value) from error


def _span(shape: Shape, value: Any) -> str:
    del shape
    if isinstance(value, timedelta):
        return spans.written(value)
    try:
        return spans.written(spans.read(value))
    except (TypeError, ValueError) as error:
        raise UnfitError(value) from error


def _decimal(shape: Shape, value: Any) -> str:
    """A fraction that was read as binary is refused: it is not what was written."""
    del shape
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool | Enum):
        return str(value)
    if not isinstance(value, str) or DECIMAL.fullmatch(value) is None:
        raise UnfitError(value)
    return _decimal(Shape(type="decimal"), Decimal(value))


def _uuid(shape: Shape, value: Any) -> str:
    del shape
    if not isinstance(value, UUID) and (
        not isinstance(value, str) or _UUID.fullmatch(value) is None
    ):
        raise UnfitError(value)
    return str(value).lower()


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


def _itself(value: Any) -> Any:
    return value


FITS: dict[ParameterType, Callable[[Shape, Any], Any]] = {
    "int": _whole,
    "float": _number,
    "bool": _truth,
    "str": _text,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "timedelta": _span,
    "decimal": _decimal,
    "uuid": _uuid,
    "path": _path,
    "enum": _member,
    "secret": _secret,
}
"""Type → what makes the plain form of a value; raises `UnfitError` where it is of another."""

_KEYS: dict[ParameterType, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": spans.read,
    "decimal": lambda value: Decimal(str(value)),
}
"""Type → what its plain form is ordered by, where not by itself."""
