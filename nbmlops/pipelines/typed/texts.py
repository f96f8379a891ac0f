"""The text of a parameter, as it is typed on a command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed.fit import fit, same
from nbmlops.pipelines.typed.scalars import UnfitError

_TRUE, _FALSE = frozenset(["true", "yes", "1", "on"]), frozenset(["false", "no", "0", "off"])
_NONE = frozenset(["null", "none"])
_AS_THEY_ARE = frozenset(
    ["str", "date", "datetime", "time", "timedelta", "decimal", "uuid", "path", "enum", "secret"]
)


def read(shape: Shape, text: str) -> Any:
    """The value that a text stands for; `fit` has yet to check it.

    Raises:
        UnfitError: it stands for none.
    """
    word = text.strip().lower()
    if shape.optional and word in _NONE:
        return None
    if shape.type in _AS_THEY_ARE:
        return text if shape.type in ("str", "path") else text.strip()
    if shape.type == "bool":
        return _truth(word)
    reader = _READERS.get(shape.type)
    return reader(shape, text) if reader is not None else _json(text)


def _truth(word: str) -> bool:
    if word not in _TRUE | _FALSE:
        raise UnfitError(word)
    return word in _TRUE


def _number(shape: Shape, text: str) -> float:
    try:
        return int(text) if shape.type == "int" else float(text)
    except ValueError as error:
        raise UnfitError(text) from error


def _anything(shape: Shape, text: str) -> Any:
    """JSON where it is, else the text; a choice that is written like this comes first."""
    if any(same(text, choice) for choice in shape.choices):
        return text
    try:
        return _json(text)
    except UnfitError:
        return text


def _of_several(shape: Shape, text: str) -> Any:
    """JSON where one of the types takes it, else the text: ``"3"`` in quotes is a text."""
    word = text.strip().lower()
    for written in (word,) if word in ("true", "false") else (text,):
        try:
            return fit(shape, _json(written))
        except UnfitError:
            continue
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UnfitError(text) from error


def _no_number(word: str) -> float:
    """JSON has no NaN and no infinity, though Python's reader takes them."""
    raise UnfitError(word)


_READERS: dict[ParameterType, Callable[[Shape, str], Any]] = {
    "int": _number,
    "float": _number,
    "any": _anything,
    "union": _of_several,
}
"""Types whose text is not just JSON."""
