"""The values of a run as Python source, for the cell that puts them in.

Values are written as literals, never pasted as code. What a literal needs is imported under a
name of its own and taken away again, so that the cell binds the parameters and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbmlops.domain.parameters import Parameter, Shape

_PREFIX = "_nbmlops_"
_MODULES = ("datetime", "pathlib", "nbmlops")


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
    modules = [module for module in _MODULES if module in map(_module, kinds)]
    return "\n".join(
        [
            "# Parameters",
            *(f"import {module} as {_PREFIX}{module}" for module in modules),
            *lines,
            *(f"del {_PREFIX}{module}" for module in modules),
        ]
    )


def expression(shape: Shape, value: Any) -> str:
    """A plain value as a Python expression of its type."""
    if value is None:
        return "None"
    if shape.type in ("list", "tuple", "dict"):
        return _container(shape, value)
    if shape.type == "enum":
        return f"{shape.enum}.{value}"
    makers = {
        "date": "datetime.date.fromisoformat",
        "datetime": "datetime.datetime.fromisoformat",
        "path": "pathlib.Path",
        "secret": "nbmlops.Secret",
    }
    maker = makers.get(shape.type)
    return f"{_PREFIX}{maker}({value!r})" if maker is not None else repr(value)


def _container(shape: Shape, value: Any) -> str:
    inner = shape.items or Shape(type="any")
    if shape.type == "dict":
        pairs = (f"{key!r}: {expression(inner, item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    items = [expression(inner, item) for item in value]
    if shape.type == "list":
        return f"[{', '.join(items)}]"
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _kinds(shape: Shape) -> Iterable[str]:
    yield shape.type
    if shape.items is not None:
        yield from _kinds(shape.items)


def _module(kind: str) -> str | None:
    modules = {
        "date": "datetime",
        "datetime": "datetime",
        "path": "pathlib",
        "secret": "nbmlops",
    }
    return modules.get(kind)
