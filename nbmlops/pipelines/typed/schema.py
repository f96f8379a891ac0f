"""The parameters of a pipeline as JSON Schema, from which a form can be made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbmlops.domain.parameters import Parameter, ParameterType, Shape
from nbmlops.pipelines.typed.scalars import DECIMAL, SECRET_SOURCE

_TYPES: dict[ParameterType, dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "list": {"type": "array"},
    "tuple": {"type": "array"},
    "dict": {"type": "object"},
    "set": {"type": "array", "uniqueItems": True},
    "frozenset": {"type": "array", "uniqueItems": True},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "timedelta": {"type": "string", "format": "duration"},
    "decimal": {
        "type": ["string", "integer"],
        "format": "decimal",
        "pattern": f"^({DECIMAL.pattern})$",
    },
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string", "format": "path"},
    "enum": {"type": "string"},
    "secret": {"type": "string", "format": "secret", "pattern": f"^({SECRET_SOURCE.pattern})$"},
    "union": {},
    "any": {},
}
_NAMES: dict[ParameterType, dict[str, Any]] = {
    "int": {"pattern": "^-?[0-9]+$"},
    "bool": {"enum": ["true", "false"]},
}
"""What the names of an object are where JSON, which has only texts there, has none of the type."""
_TEXTS = ("str", "path", "date", "datetime", "time", "timedelta", "uuid", "enum")
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
    result = {**_TYPES[shape.type], **_bounds(shape), **_lengths(shape), **_inside(shape)}
    if shape.choices:
        result["enum"] = list(shape.choices)
    if shape.optional and "type" in result:
        types = result["type"]
        result["type"] = [*(types if isinstance(types, list) else [types]), "null"]
        if shape.choices and None not in shape.choices:
            result["enum"].append(None)
    return result


def _inside(shape: Shape) -> dict[str, Any]:
    """What a container holds, and what a union may be."""
    if shape.type == "union":
        nothing = [{"type": "null"}] if shape.optional else []
        return {"anyOf": [*map(_shape, shape.members), *nothing]}
    result: dict[str, Any] = {}
    if shape.members:
        count = len(shape.members)
        result["prefixItems"] = [_shape(member) for member in shape.members]
        result |= {"items": False, "minItems": count, "maxItems": count}
    if shape.keys is not None and (names := _name(shape.keys)):
        result["propertyNames"] = names
    if shape.items is not None:
        result["additionalProperties" if shape.type == "dict" else "items"] = _shape(shape.items)
    return result


def _name(keys: Shape) -> dict[str, Any]:
    if keys.type in _TEXTS:
        found = _shape(keys)
        del found["type"]  # a name is always a text
        return found
    if keys.type == "int" and keys.choices:
        return {"enum": [str(choice) for choice in keys.choices]}
    return _NAMES.get(keys.type, {})


def _bounds(shape: Shape) -> dict[str, Any]:
    numbers = shape.type in _NUMBERS
    names = (
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        if numbers
        else (
            "formatMinimum",
            "formatMaximum",
            "formatExclusiveMinimum",
            "formatExclusiveMaximum",
        )
    )
    bounds = (shape.minimum, shape.maximum, shape.above, shape.below)
    found = {name: bound for name, bound in zip(names, bounds, strict=True) if bound is not None}
    return found | ({"multipleOf": shape.multiple} if shape.multiple and numbers else {})


def _lengths(shape: Shape) -> dict[str, int]:
    word = "Length" if shape.type in ("str", "path") else "Items"
    word = "Properties" if shape.type == "dict" else word
    lengths = {f"min{word}": shape.shortest, f"max{word}": shape.longest}
    return {name: length for name, length in lengths.items() if length is not None}
