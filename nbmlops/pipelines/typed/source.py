"""The values of a run as Python source, for the cell that puts them in.

Values are written as literals, never pasted as code. What a literal needs is imported under a
name of its own and taken away again, so that the cell binds the parameters and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbmlops.domain.parameters import Parameter, ParameterType, Shape
from nbmlops.pipelines.typed import spans
from nbmlops.pipelines.typed.fit import chosen, key_of

_PREFIX = "_nbmlops_"
_MODULES = ("builtins", "datetime", "decimal", "pathlib", "uuid", "nbmlops")
_MAKERS: dict[ParameterType, str] = {
    "date": "datetime.date.fromisoformat",
    "datetime": "datetime.datetime.fromisoformat",
    "time": "datetime.time.fromisoformat",
    "timedelta": "datetime.timedelta",
    "decimal": "decimal.Decimal",
    "uuid": "uuid.UUID",
    "path": "pathlib.Path",
    "frozenset": "builtins.frozenset",
    "secret": "nbmlops.Secret",
}
"""Type → what makes its values of their plain form."""


def assignments(schema: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """The source of a cell that gives parameters these values.

    Args:
        schema: the parameters.
        values: those to assign, checked and in their plain form.

    Returns:
        One line for each value, between the imports that they need and their removal.
    """
    lines = [
        f"{parameter.name} = {expression(parameter, values[parameter.name])}"
        for parameter in schema
        if parameter.name in values
    ]
    kinds = [kind for parameter in schema if parameter.name in values for kind in _kinds(parameter)]
    needed = {_MAKERS[kind].partition(".")[0] for kind in kinds if kind in _MAKERS}
    modules = [module for module in _MODULES if module in needed]
    return "\n".join(
        [
            "# Parameters",
            *(f"import {module} as {_PREFIX}{module}" for module in modules),
            *lines,
            *(f"del {_PREFIX}{module}" for module in modules),
        ]
    )


_BRACKETS: dict[ParameterType, str] = {
    "list": "[{}]",
    "tuple": "({})",
    "set": "{{{}}}",
    "frozenset": f"{_PREFIX}{_MAKERS['frozenset']}([{{}}])",
}


def expression(shape: Shape, value: Any) -> str:
    """A plain value as a Python expression of its type."""
    if value is None:
        return "None"
    if shape.type == "union":
        return expression(chosen(shape, value), value)
    if shape.type in _BRACKETS:
        return _container(shape, value)
    if shape.type == "dict":
        return _mapping(shape, value)
    return f"{shape.enum}.{value}" if shape.type == "enum" else _single(shape, value)


def _single(shape: Shape, value: Any) -> str:
    maker = _MAKERS.get(shape.type)
    if maker is None:
        return repr(value)
    return f"{_PREFIX}{maker}({_parts(value) if shape.type == 'timedelta' else repr(value)})"


def _container(shape: Shape, value: Any) -> str:
    inner = shape.members or [shape.items or Shape(type="any")] * len(value)
    items = ", ".join(map(expression, inner, value))
    if shape.type == "tuple" and len(value) == 1:
        items += ","
    if shape.type == "set" and not value:
        items = "*()"  # {} is a mapping, and the notebook may have named something set
    return _BRACKETS[shape.type].format(items)


def _mapping(shape: Shape, value: Any) -> str:
    inner = shape.items or Shape(type="any")
    pairs = (f"{_key(shape.keys, key)}: {expression(inner, item)}" for key, item in value.items())
    return f"{{{', '.join(pairs)}}}"


def _key(shape: Shape | None, key: str) -> str:
    return repr(key) if shape is None else expression(shape, key_of(shape, key))


def _parts(text: str) -> str:
    span = spans.read(text)
    named = {"days": span.days, "seconds": span.seconds, "microseconds": span.microseconds}
    return ", ".join(f"{name}={number}" for name, number in named.items() if number)


def _kinds(shape: Shape) -> Iterator[ParameterType]:
    yield shape.type
    for inner in (shape.items, shape.keys, *shape.members):
        if inner is not None:
            yield from _kinds(inner)
