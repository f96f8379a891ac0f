"""What an annotation says of a parameter, without running it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed.literals import ComputedError, Enums, last_name, value_of

_KINDS: dict[str, ParameterType] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "date": "date",
    "datetime": "datetime",
    "Secret": "secret",
    **dict.fromkeys(("Path", "PurePath", "PosixPath", "WindowsPath"), "path"),
    **dict.fromkeys(("list", "List", "Sequence"), "list"),
    **dict.fromkeys(("tuple", "Tuple"), "tuple"),
    **dict.fromkeys(("dict", "Dict", "Mapping"), "dict"),
}
_ANY = Shape(type="any")
_BOUNDS = {
    "Ge": "minimum", "Le": "maximum", "Gt": "above", "Lt": "below",
    "ge": "minimum", "le": "maximum", "gt": "above", "lt": "below",
    "MinLen": "shortest", "MaxLen": "longest",
    "min_length": "shortest", "max_length": "longest",
}  # fmt: skip
"""Of annotated-types, and of pydantic's ``Field``."""


def shape_of(hint: ast.expr | None, enums: Enums) -> Shape:
    """The shape that an annotation asks for; anything where it is not understood.

    Args:
        hint: the annotation.
        enums: the enumerations that the notebook defines.
    """
    match hint:
        case ast.Constant(value=str(text)):
            return shape_of(expression(text), enums)
        case ast.Name(id=name) if name in enums:
            return Shape(type="enum", enum=name, choices=tuple(enums[name]))
        case ast.Name() | ast.Attribute():
            return Shape(type=_KINDS.get(last_name(hint), "any"))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([left, right], enums)
        case ast.Subscript(value=outer, slice=inner):
            return _generic(last_name(outer), inner, enums)
        case _:
            return _ANY


def expression(text: str) -> ast.expr | None:
    """A text as an expression; ``None`` where it is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _generic(name: str, inner: ast.expr, enums: Enums) -> Shape:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return replace(shape_of(inner, enums), optional=True)
    if name == "Union":
        return _either(parts, enums)
    if name == "Final":
        return shape_of(parts[0], enums)
    if name == "Annotated":
        return _annotated(shape_of(parts[0], enums), parts[1:], enums)
    if name == "Literal":
        return _literal(parts, enums)
    return _container(_KINDS.get(name, "any"), parts, enums)


def _container(kind: ParameterType, parts: Sequence[ast.expr], enums: Enums) -> Shape:
    item: ast.expr | None = None
    match kind, parts:
        case "list", [only]:
            item = only
        case "tuple", [only, ast.Constant(value=value)] if value is ...:
            item = only
        case "dict", [ast.Name(id="str"), values]:
            item = values
    inner = shape_of(item, enums) if item is not None else _ANY
    return Shape(type=kind, items=None if inner == _ANY else inner)


def _literal(parts: Sequence[ast.expr], enums: Enums) -> Shape:
    shapes, values = [], []
    for part in parts:
        try:
            shape, value = value_of(part, enums)
        except ComputedError:
            return _ANY
        shapes.append(shape)
        values.append(value)
    kinds = {shape.type for shape, value in zip(shapes, values, strict=True) if value is not None}
    members = {shape.enum for shape in shapes}
    if len(kinds) != 1 or len(members) != 1:
        return Shape(type="any", choices=tuple(values), optional=None in values)
    choices = tuple(value for value in values if value is not None)
    return replace(shapes[0], type=kinds.pop(), choices=choices, optional=None in values)


def _either(parts: Sequence[ast.expr], enums: Enums) -> Shape:
    none = [part for part in parts if isinstance(part, ast.Constant) and part.value is None]
    shapes = [shape_of(part, enums) for part in parts if part not in none]
    optional = bool(none) or any(shape.optional for shape in shapes)
    alike = {replace(shape, optional=False) for shape in shapes}
    return replace(alike.pop() if len(alike) == 1 else _ANY, optional=optional)


def _annotated(shape: Shape, notes: Sequence[ast.expr], enums: Enums) -> Shape:
    for note in notes:
        shape = replace(shape, **_note(note, enums))
    return shape


def _note(note: ast.expr, enums: Enums) -> dict[str, Any]:
    """What a part of ``Annotated[…]`` limits: ``Ge(1)``, ``Interval(ge=1, le=12)``, ``range``."""
    if not isinstance(note, ast.Call):
        return {}
    name = last_name(note.func)
    arguments = [_known(argument, enums) for argument in note.args]
    if name == "range" and all(isinstance(argument, int) for argument in arguments):
        steps = range(*arguments)
        return {"choices": tuple(steps)} if steps.step != 1 else _from_range(steps)
    if name in _BOUNDS and len(arguments) == 1:
        return {_BOUNDS[name]: arguments[0]}
    if name == "Len":
        return dict(zip(("shortest", "longest"), arguments, strict=False))
    named = ((word.arg or "", word.value) for word in note.keywords)
    found = {_BOUNDS[word]: _known(value, enums) for word, value in named if word in _BOUNDS}
    return {bound: value for bound, value in found.items() if value is not None}


def _from_range(steps: range) -> dict[str, Any]:
    return {"minimum": steps.start, "maximum": steps.stop - 1}


def _known(node: ast.expr, enums: Enums) -> Any:
    try:
        return value_of(node, enums)[1]
    except ComputedError:
        return None
