"""The parameters of a pipeline as JSON Schema, from which a form can be made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbmlops.domain.parameters import Parameter, ParameterType, Shape
from nbmlops.pipelines.typed.fit import SECRET_SOURCE

_TYPES: dict[ParameterType, dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "list": {"type": "array"},
    "tuple": {"type": "array"},
    "dict": {"type": "object"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "path": {"type": "string", "format": "path"},
    "enum": {"type": "string"},
    "secret": {"type": "string", "format": "secret", "pattern": f"^({SECRET_SOURCE.pattern})$"},
    "any": {},
}
_NUMBERS = ("int", "float")


def json_schema(schema: Sequence[Parameter], *, title: str = "") -> dict[str, Any]:
    """The parameters as JSON Schema, draft 2020-12.

    Dates and bounds of dates, for which the standard has no words, are ``formatMinimum`` and
    ``formatMaximum``. A ``secret`` takes its place, never itself.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **({"title": title} if title else {}),
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in schema},
        "required": [parameter.name for parameter in schema if parameter.required],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    result = _shape(parameter)
    if parameter.help:
        result["description"] = parameter.help
    if not parameter.required:
        result["default"] = parameter.default
    return result


def _shape(shape: Shape) -> dict[str, Any]:
    result = {**_TYPES[shape.type], **_bounds(shape), **_lengths(shape)}
    if shape.items is not None:
        result["additionalProperties" if shape.type == "dict" else "items"] = _shape(shape.items)
    if shape.choices:
        result["enum"] = list(shape.choices)
    if shape.optional and "type" in result:
        result["type"] = [result["type"], "null"]
        if shape.choices and None not in shape.choices:
            result["enum"].append(None)
    return result


def _bounds(shape: Shape) -> dict[str, Any]:
    names = (
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        if shape.type in _NUMBERS
        else (
            "formatMinimum",
            "formatMaximum",
            "formatExclusiveMinimum",
            "formatExclusiveMaximum",
        )
    )
    bounds = (shape.minimum, shape.maximum, shape.above, shape.below)
    return {name: bound for name, bound in zip(names, bounds, strict=True) if bound is not None}


def _lengths(shape: Shape) -> dict[str, int]:
    word = "Length" if shape.type in ("str", "path") else "Items"
    word = "Properties" if shape.type == "dict" else word
    lengths = {f"min{word}": shape.shortest, f"max{word}": shape.longest}
    return {name: length for name, length in lengths.items() if length is not None}
