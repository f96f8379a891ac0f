"""What the notes of ``Annotated[…]`` say: limits, help, or what is not understood."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from nbmlops.domain.parameters import Shape
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.literals import ComputedError, Enums, last_name, value_of
from nbmlops.pipelines.typed.scalars import UnfitError

_BOUNDS = {
    "Ge": "minimum", "Le": "maximum", "Gt": "above", "Lt": "below",
    "ge": "minimum", "le": "maximum", "gt": "above", "lt": "below",
    "MinLen": "shortest", "MaxLen": "longest",
    "min_length": "shortest", "max_length": "longest",
    "MultipleOf": "multiple", "multiple_of": "multiple",
}  # fmt: skip
"""Of annotated-types, and of pydantic's ``Field``, ``conint`` and the like."""

_SAYING = ("description", "title", "documentation")
_LOOSE = (*_SAYING, "default", "alias", "examples", "deprecated", "frozen", "repr", "strict")
"""Words of ``Field`` that limit no value."""

_MANY = 1000
"""The most choices that a range with steps makes."""


def limits_of(note: ast.expr, shape: Shape, enums: Enums) -> dict[str, Any] | None:
    """What a note limits, by the attribute of a `Shape`; ``None`` where it is not understood.

    ``Ge(1)``, ``Interval(ge=1, le=12)``, ``Field(gt=0)`` and ``range(1, 13)`` limit a range or a
    length; ``Literal["a", "b"]``, a list, a tuple and a set of values are choices.

    Args:
        note: the note.
        shape: that of the annotated type.
        enums: the enumerations that the notebook defines.
    """
    match note:
        case ast.Constant(value=str()):
            return {}
        case ast.Subscript(value=outer, slice=inner) if last_name(outer) == "Literal":
            return _chosen(parts(inner), shape, enums)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _chosen(items, shape, enums)
        case ast.Call(func=ast.Name(id="frozenset" | "set"), args=[ast.expr() as items]):
            return limits_of(items, shape, enums)
        case ast.Call():
            return _called(note, enums)
        case _:
            return None


def said_in(note: ast.expr) -> list[str]:
    """The help in a note: a text, ``Doc("…")``, ``Field(description="…")``."""
    match note:
        case ast.Constant(value=str(text)):
            return [text.strip()]
        case ast.Call(func=func, args=[ast.Constant(value=str(text))]) if last_name(func) == "Doc":
            return [text.strip()]
        case ast.Call(keywords=words):
            told = {word.arg: word.value for word in words}
            found = [told[name] for name in _SAYING if name in told]
            texts = [node.value for node in found if isinstance(node, ast.Constant)]
            return [text.strip() for text in texts if isinstance(text, str)][:1]
        case _:
            return []


def parts(inner: ast.expr) -> Sequence[ast.expr]:
    """What is between the brackets of a type."""
    return inner.elts if isinstance(inner, ast.Tuple) else [inner]


def _chosen(items: Sequence[ast.expr], shape: Shape, enums: Enums) -> dict[str, Any] | None:
    try:
        values = [value_of(item, enums)[1] for item in items]
        given = [value for value in values if value is not None]
        choices = tuple(fit(shape, value) for value in given)
    except (ComputedError, UnfitError):
        return None
    if not choices:
        return None
    return {"choices": choices, "optional": shape.optional or len(given) < len(values)}


def _called(note: ast.Call, enums: Enums) -> dict[str, Any] | None:
    name = last_name(note.func)
    if name in ("Doc", "Unit", "doc"):
        return {}
    try:
        arguments = [value_of(argument, enums)[1] for argument in note.args]
        named = {word.arg or "": value_of(word.value, enums)[1] for word in note.keywords}
    except ComputedError:
        return None
    if name == "range":
        return _stepped(arguments)
    if name in _BOUNDS and len(arguments) == 1 and not named:
        return {_BOUNDS[name]: arguments[0]}
    if name == "Len":
        named |= dict(zip(("min_length", "max_length"), arguments, strict=False))
    return named_limits(named) if named or name == "Field" else None


def named_limits(words: Mapping[str, Any]) -> dict[str, Any] | None:
    """``ge=1, le=5``; ``None`` where a word is among them that limits in another way."""
    if not words.keys() <= {*_BOUNDS, *_LOOSE}:
        return None
    return {_BOUNDS[word]: value for word, value in words.items() if word in _BOUNDS}


def _stepped(arguments: Sequence[Any]) -> dict[str, Any] | None:
    try:
        steps = range(*arguments)
    except (TypeError, ValueError):
        return None
    if not steps or (steps.step != 1 and len(steps) > _MANY):
        return None
    if steps.step != 1:
        return {"choices": tuple(steps)}
    return {"minimum": steps.start, "maximum": steps.stop - 1}
