"""What an annotation says of a parameter, without running it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed.literals import ComputedError, Enums, last_name, value_of
from nbmlops.pipelines.typed.notes import limits_of, parts, said_in
from nbmlops.pipelines.typed.unions import union

_KINDS: dict[str, ParameterType] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
    "timedelta": "timedelta",
    "Decimal": "decimal",
    "UUID": "uuid",
    "Secret": "secret",
    **dict.fromkeys(("Path", "PurePath", "PosixPath", "WindowsPath"), "path"),
    **dict.fromkeys(("list", "List", "Sequence"), "list"),
    **dict.fromkeys(("tuple", "Tuple"), "tuple"),
    **dict.fromkeys(("dict", "Dict", "Mapping"), "dict"),
    **dict.fromkeys(("set", "Set", "AbstractSet"), "set"),
    **dict.fromkeys(("frozenset", "FrozenSet"), "frozenset"),
}
_UNHASHABLE = ("list", "dict", "set")
_ANY = Shape(type="any")
_PYDANTIC = {
    "conint": Shape(type="int"), "confloat": Shape(type="float"), "constr": Shape(type="str"),
    "condecimal": Shape(type="decimal"), "conlist": Shape(type="list"),
    "PositiveInt": Shape(type="int", above=0), "NonNegativeInt": Shape(type="int", minimum=0),
    "NegativeInt": Shape(type="int", below=0), "NonPositiveInt": Shape(type="int", maximum=0),
    "PositiveFloat": Shape(type="float", above=0),
    "NonNegativeFloat": Shape(type="float", minimum=0),
    "NegativeFloat": Shape(type="float", below=0),
    "NonPositiveFloat": Shape(type="float", maximum=0),
}  # fmt: skip
"""Pydantic's names of types with limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What an annotation says beside its limits: the help, and the notes nobody understands."""

    help: str = ""
    unknown: tuple[str, ...] = ()


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
            name = last_name(hint)
            return _PYDANTIC.get(name) or Shape(type=_KINDS.get(name, "any"))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([left, right], enums)
        case ast.Subscript(value=outer, slice=inner):
            return _generic(last_name(outer), inner, enums)
        case _:
            return _called(hint, enums) if isinstance(hint, ast.Call) else _ANY


def remarks(hint: ast.expr | None, enums: Enums) -> Remarks:
    """What an annotation says beside its limits.

    Args:
        hint: the annotation.
        enums: the enumerations that the notebook defines.
    """
    said: list[str] = []
    unknown: list[str] = []
    for node in ast.walk(hint) if hint is not None else ():
        if isinstance(node, ast.Subscript) and last_name(node.value) == "Annotated":
            first, *notes = parts(node.slice)
            shape = shape_of(first, enums)
            said += [text for note in notes for text in said_in(note)]
            unknown += [
                ast.unparse(note) for note in notes if limits_of(note, shape, enums) is None
            ]
    if isinstance(hint, ast.Call) and _called(hint, enums) in (
        _ANY,
        _PYDANTIC.get(last_name(hint.func)),
    ):
        unknown.append(ast.unparse(hint))
    return Remarks(help="; ".join(dict.fromkeys(said)), unknown=tuple(unknown))


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
    match kind, parts:
        case "list" | "set" | "frozenset", [item]:
            return _holding(Shape(type=kind, items=_told(item, enums)))
        case "tuple", [item, ast.Constant(value=value)] if value is ...:
            return Shape(type="tuple", items=_told(item, enums))
        case "tuple", [_, *_]:
            return Shape(type="tuple", members=tuple(shape_of(part, enums) for part in parts))
        case "dict", [names, values]:
            keys = shape_of(names, enums)
            if keys.type in (*_UNHASHABLE, "any"):
                return Shape(type="dict")
            free = keys == Shape(type="str")
            return Shape(type="dict", keys=None if free else keys, items=_told(values, enums))
        case _:
            return Shape(type=kind)


def _told(item: ast.expr, enums: Enums) -> Shape | None:
    shape = shape_of(item, enums)
    return None if shape == _ANY else shape


def _holding(shape: Shape) -> Shape:
    """The shape, unless it is a set of what no set can hold."""
    inside = shape.items.type if shape.items is not None else ""
    return Shape(type=shape.type) if shape.type != "list" and inside in _UNHASHABLE else shape


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
    flat = [
        replace(member, optional=False)
        for shape in shapes
        for member in (shape.members if shape.type == "union" else (shape,))
    ]
    return replace(union(flat), optional=optional)


def _annotated(shape: Shape, notes: Sequence[ast.expr], enums: Enums) -> Shape:
    for note in notes:
        shape = replace(shape, **(limits_of(note, shape, enums) or {}))
    return shape


def _called(call: ast.Call, enums: Enums) -> Shape:
    """``conint(ge=1, le=12)``; anything where it is another call or says what is not understood."""
    base = _PYDANTIC.get(last_name(call.func), _ANY)
    limits = limits_of(
        ast.Call(func=ast.Name(id="Field"), args=[], keywords=call.keywords), base, enums
    )
    return base if base == _ANY or call.args or limits is None else replace(base, **limits)
