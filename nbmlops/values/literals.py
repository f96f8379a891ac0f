"""Small values that cannot change, read from the text that their record has of them anyway."""

from __future__ import annotations

import ast
import datetime as dt
import math
from typing import Any

_PREFIX = "literal:"
ANY = f"{_PREFIX}%"
"""The references to such values, as SQL's ``LIKE`` takes it."""
_KINDS = frozenset(
    ["bool", "complex", "float", "int", "NoneType", "str", "tuple"]
    + [f"datetime.{kind}" for kind in ("date", "datetime", "time", "timedelta")]
)
_PLAIN = (bool, float, int, str, type(None))
_LONGEST = 256
_DATES = ("date", "datetime", "time", "timedelta")
_NUMBERS = {"nan": math.nan, "inf": math.inf}


def may_be_literal(kind: str) -> bool:
    """Whether the text of a value of this class may say all of it."""
    return kind in _KINDS


def read(kind: str, text: str) -> Any:
    """The value that a text stands for.

    >>> read("tuple", "(1, 'x')")
    (1, 'x')

    Args:
        kind: its class, as records have it.
        text: its ``repr``, as records have it: a tuple of one is written as its item in brackets.

    Raises:
        ValueError: the text does not say all, such as one that was cut.
    """
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(text) from error
    if kind == "tuple" and not isinstance(node, ast.Tuple):
        return (_value(node),)
    return _value(node)


def reference_to(kind: str, text: str) -> str:
    """What stands for such a value where the manifests of others stand."""
    return f"{_PREFIX}{kind}:{text.encode('utf-8', 'surrogatepass').hex()}"


def reference_of(value: Any) -> str | None:
    """What stands for a short number or text as it is; ``None`` of everything else.

    >>> value_of(reference_of(2.5))
    2.5
    """
    kind = type(value)
    if not any(kind is plain for plain in _PLAIN):  # asks no class for its hash
        return None
    if kind is float and math.isnan(value):  # a NaN has bits of its own
        return None
    if (kind is str and len(value) > _LONGEST) or (kind is int and value.bit_length() > _LONGEST):
        return None
    return reference_to(kind.__name__, repr(value))


def is_reference(reference: str) -> bool:
    """Whether a reference stands for such a value."""
    return reference.startswith(_PREFIX)


def value_of(reference: str) -> Any:
    """The value for which a reference of `reference_to` stands."""
    kind, _, text = reference.removeprefix(_PREFIX).partition(":")
    return read(kind, bytes.fromhex(text).decode("utf-8", "surrogatepass"))


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=bool() | int() | float() | complex() | str() | None as value):
            return value
        case ast.Tuple(elts=items):
            return tuple(map(_value, items))
        case ast.Name(id="nan" | "inf" as name):
            return _NUMBERS[name]
        case ast.UnaryOp() | ast.BinOp():
            return _sum(node)
    return _date(node)


def _sum(node: ast.UnaryOp | ast.BinOp) -> Any:
    """A negative or a complex number."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _number(left) + _number(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _number(left) - _number(right)
    raise ValueError(ast.unparse(node))


def _date(node: ast.expr) -> Any:
    match node:
        case ast.Attribute(attr="utc", value=ast.Attribute(attr="timezone")):
            return dt.UTC
        case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="datetime"))) if (
            name in _DATES
        ):
            given = {str(keyword.arg): _value(keyword.value) for keyword in node.keywords}
            return getattr(dt, name)(*map(_value, node.args), **given)
    raise ValueError(ast.unparse(node))


def _number(node: ast.expr) -> Any:
    found = _value(node)
    if isinstance(found, int | float | complex):
        return found
    raise ValueError(ast.unparse(node))
