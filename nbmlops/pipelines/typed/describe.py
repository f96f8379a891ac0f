"""A parameter in words: what it may be, and an example."""

from __future__ import annotations

import json
from typing import Any

from nbmlops.domain.parameters import ParameterType, Shape

_WORDS: dict[ParameterType, tuple[str, str]] = {
    "int": ("a whole number", "3"),
    "float": ("a number", "0.5"),
    "bool": ("true or false", "true"),
    "str": ("a text", "abc"),
    "list": ("a list", "[1, 2]"),
    "tuple": ("a list", "[1, 2]"),
    "dict": ("a mapping", '{"a": 1}'),
    "date": ("a date", "2026-01-31"),
    "datetime": ("a date and time", "2026-01-31T06:00:00"),
    "path": ("a path", "data/flights.csv"),
    "enum": ("a member", "NAME"),
    "secret": ("a secret", "env:NAME"),
    "any": ("a value", "1"),
}


_INNER = {"dict": "[str, {}]", "tuple": "[{}, ...]"}
"""How the type of what is inside is written, where not alone."""


def kind(shape: Shape) -> str:
    """A type as tables show it: ``list[int] or None``, ``dict[str, int]``, ``tuple[int, ...]``."""
    inner = _INNER.get(shape.type, "[{}]").format(kind(shape.items)) if shape.items else ""
    name = shape.enum or shape.type
    return f"{name}{inner}{' or None' if shape.optional else ''}"


def words(shape: Shape) -> str:
    """What a value may be: ``a whole number from 1 to 12``."""
    if shape.choices:
        return f"one of {', '.join(map(_shown, shape.choices))}"
    if shape.type == "secret":
        return "a secret, given by its place: env:NAME, keyring:SERVICE/NAME or file:PATH"
    parts = [_WORDS[shape.type][0], limits(shape)]
    if shape.items is not None:
        place = "under each name" if shape.type == "dict" else "in each place"
        parts.append(f"with {words(shape.items)} {place}")
    return " ".join(filter(None, parts))


def allowed(shape: Shape) -> str:
    """The choices or the range as tables show them; empty where any value of the type is."""
    return ", ".join(map(_shown, shape.choices)) or limits(shape)


def limits(shape: Shape) -> str:
    """The allowed range: ``from 1 to 12``; empty where there is none."""
    if shape.minimum is not None and shape.maximum is not None:
        said = [f"from {shape.minimum} to {shape.maximum}"]
    else:
        bounds = (
            ("from {} up", shape.minimum),
            ("up to {}", shape.maximum),
        )
        said = [text.format(bound) for text, bound in bounds if bound is not None]
    strict = (("above {}", shape.above), ("below {}", shape.below))
    said += [text.format(bound) for text, bound in strict if bound is not None]
    return " ".join([*said, *_lengths(shape)])


def example(shape: Shape) -> str:
    """A value that is allowed, as it is typed."""
    if shape.choices:
        first = shape.choices[0]
        return first if isinstance(first, str) else json.dumps(first)
    if shape.items is not None:
        inner = _in_json(shape.items)
        return f'{{"a": {inner}}}' if shape.type == "dict" else f"[{inner}]"
    for bound in (shape.minimum, shape.maximum):
        if bound is not None:
            return str(bound)
    if shape.above is not None and shape.type in ("int", "float"):
        return str(shape.above + 1)
    return _WORDS[shape.type][1]


def _in_json(shape: Shape) -> str:
    text = example(shape)
    return text if shape.type in ("int", "float", "bool", "list", "dict", "any") else f'"{text}"'


def _lengths(shape: Shape) -> list[str]:
    what = "characters" if shape.type in ("str", "path") else "items"
    if shape.shortest is not None and shape.longest is not None:
        return [f"of {shape.shortest} to {shape.longest} {what}"]
    if shape.shortest is not None:
        return [f"of at least {shape.shortest} {what}"]
    return [f"of at most {shape.longest} {what}"] if shape.longest is not None else []


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.isidentifier() else repr(value)
