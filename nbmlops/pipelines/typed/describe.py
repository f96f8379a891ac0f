"""A parameter in words: what it may be, and an example."""

from __future__ import annotations

import json
from typing import Any

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.scalars import UnfitError

_WORDS: dict[ParameterType, tuple[str, str]] = {
    "int": ("a whole number", "3"),
    "float": ("a number", "0.5"),
    "bool": ("true or false", "true"),
    "str": ("a text", "abc"),
    "list": ("a list", "[1, 2]"),
    "tuple": ("a list", "[1, 2]"),
    "dict": ("a mapping", '{"a": 1}'),
    "set": ("a list without repetition", "[1, 2]"),
    "frozenset": ("a list without repetition", "[1, 2]"),
    "date": ("a date", "2026-01-31"),
    "datetime": ("a date and time", "2026-01-31T06:00:00"),
    "time": ("a time of day", "06:30:00"),
    "timedelta": ("a length of time", "PT1H30M"),
    "decimal": ("a decimal number", "0.10"),
    "uuid": ("a UUID", "12345678-1234-5678-1234-567812345678"),
    "path": ("a path", "data/flights.csv"),
    "enum": ("a member", "NAME"),
    "secret": ("a secret", "env:NAME"),
    "union": ("a value", "1"),
    "any": ("a value", "1"),
}


_JSON = (
    "int", "float", "bool", "list", "tuple", "dict", "set", "frozenset", "any",
)  # fmt: skip
"""Types of which an example is JSON as it is."""


def kind(shape: Shape) -> str:
    """A type as tables show it: ``list[int] or None``, ``dict[str, int]``, ``tuple[int, ...]``."""
    name = shape.enum or shape.type
    if shape.type == "union":
        name = " or ".join(map(kind, shape.members))
    return f"{name}{_inside(shape)}{' or None' if shape.optional else ''}"


def _inside(shape: Shape) -> str:
    """What a container holds, as an annotation has it."""
    if shape.type == "union":
        return ""
    if shape.members:
        return f"[{', '.join(map(kind, shape.members))}]"
    if shape.items is None and shape.keys is None:
        return ""
    inner = kind(shape.items) if shape.items is not None else "any"
    if shape.type == "dict":
        return f"[{kind(shape.keys) if shape.keys is not None else 'str'}, {inner}]"
    return f"[{inner}, ...]" if shape.type == "tuple" else f"[{inner}]"


def words(shape: Shape) -> str:
    """What a value may be: ``a whole number from 1 to 12``, ``a text or null``."""
    return f"{_words(shape)} or null" if shape.optional else _words(shape)


def _words(shape: Shape) -> str:
    if shape.choices:
        return f"one of {', '.join(map(_shown, shape.choices))}"
    if shape.type == "secret":
        return "a secret, given by its place: env:NAME, keyring:SERVICE/NAME or file:PATH"
    if shape.type == "union":
        return " or ".join(map(words, shape.members))
    parts = [_WORDS[shape.type][0], limits(shape)]
    if shape.type == "tuple" and shape.members:
        parts.append(f"of {len(shape.members)}: {', '.join(map(words, shape.members))}")
    if shape.keys is not None:
        parts.append(f"whose names are each {words(shape.keys)},")
    if shape.items is not None:
        place = "under each name" if shape.type == "dict" else "in each place"
        parts.append(f"with {words(shape.items)} {place}")
    return " ".join(filter(None, parts)).rstrip(",")


def allowed(shape: Shape) -> str:
    """The choices or the range as tables show them; empty where any value of the type is."""
    return ", ".join(map(_shown, shape.choices)) or limits(shape)


def limits(shape: Shape) -> str:
    """The allowed range: ``from 1 to 12``; empty where there is none."""
    upward = "from {}" if shape.maximum is not None or shape.below is not None else "from {} up"
    bounds = (
        (upward, shape.minimum),
        ("above {}", shape.above),
        (
            "to {}" if shape.minimum is not None or shape.above is not None else "up to {}",
            shape.maximum,
        ),
        ("below {}", shape.below),
        ("in steps of {}", shape.multiple),
    )
    said = [text.format(_short(bound)) for text, bound in bounds if bound is not None]
    return " ".join([*said, *_lengths(shape)])


def example(shape: Shape) -> str:
    """A value that is allowed, as it is typed."""
    if shape.choices:
        first = shape.choices[0]
        return first if isinstance(first, str) else json.dumps(first)
    if shape.type == "union":
        return example(shape.members[0])
    if shape.members or shape.items is not None or shape.keys is not None:
        return _filled(shape)
    return next(
        (str(_short(one)) for one in _bounds(shape) if _fits(shape, one)), _WORDS[shape.type][1]
    )


def _short(bound: Any) -> Any:
    """A bound as people write it: ``0`` for ``0.0``."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _bounds(shape: Shape) -> list[Any]:
    """Values at the bounds of a range, beside them and in its middle."""
    found = [bound for bound in (shape.minimum, shape.maximum) if bound is not None]
    if shape.type not in ("int", "float"):
        return found
    low = shape.minimum if shape.minimum is not None else shape.above
    high = shape.maximum if shape.maximum is not None else shape.below
    found += [bound for bound in (shape.multiple,) if bound is not None]
    found += [low + 1] if low is not None else []
    found += [high - 1] if high is not None else []
    return found + ([(low + high) / 2] if low is not None and high is not None else [])


def _fits(shape: Shape, value: Any) -> bool:
    try:
        fit(shape, value)
    except UnfitError:
        return False
    return True


def _filled(shape: Shape) -> str:
    """A container with something in it."""
    if shape.members:
        return f"[{', '.join(map(_in_json, shape.members))}]"
    inner = _in_json(shape.items or Shape(type="int"))
    return f"{{{_name(shape.keys)}: {inner}}}" if shape.type == "dict" else f"[{inner}]"


def _in_json(shape: Shape) -> str:
    text = example(shape)
    inner = shape.members[0] if shape.type == "union" else shape
    return text if inner.type in _JSON and not _is_text(inner) else json.dumps(text)


def _is_text(shape: Shape) -> bool:
    return bool(shape.choices) and isinstance(shape.choices[0], str)


def _name(keys: Shape | None) -> str:
    return json.dumps("a" if keys is None else example(keys))


def _lengths(shape: Shape) -> list[str]:
    what = "characters" if shape.type in ("str", "path") else "items"
    if shape.shortest is not None and shape.longest is not None:
        return [f"of {shape.shortest} to {shape.longest} {what}"]
    if shape.shortest is not None:
        return [f"of at least {shape.shortest} {what}"]
    return [f"of at most {shape.longest} {what}"] if shape.longest is not None else []


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.isidentifier() else repr(value)
