"""A value written in a cell, in its plain form, without running the cell."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any
from uuid import UUID

from nbmlops.domain.parameters import ParameterType, Shape
from nbmlops.pipelines.typed.fit import fit
from nbmlops.pipelines.typed.unions import union

Enums = Mapping[str, Sequence[str]]
"""The enumerations of a notebook: name → the names of the members."""

_UTC = ("UTC", "utc")
_DATES: dict[str, type[date | time]] = {"date": date, "datetime": datetime, "time": time}
_CALLED = {**_DATES, "timedelta": timedelta, "Decimal": Decimal, "UUID": UUID}
_KINDS: dict[type[Any], ParameterType] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    date: "date",
    datetime: "datetime",
    time: "time",
    timedelta: "timedelta",
    Decimal: "decimal",
    UUID: "uuid",
    type(Path()): "path",
}
_NATIVE = ("bool", "int", "float", "str", "list", "dict", "any")
"""Types that the plain form of a value tells by itself."""


class ComputedError(ValueError):
    """The value of an expression is not known before it runs."""


_UNKNOWN = (
    ValueError, TypeError, AttributeError, DecimalException, MemoryError, RecursionError,
    OverflowError,
)  # fmt: skip
"""What making a value raises that is not one."""


def value_of(node: ast.expr, enums: Enums) -> tuple[Shape, Any]:
    """The shape that a value has by itself, and its plain form.

    Of what is inside a container the shape is told only where the plain form does not tell it.

    Args:
        node: a literal, ``date(2026, 1, 31)``, ``Path("data")``, ``Decimal("0.1")``, a member of
            an enumeration, a secret by its place, or a list, tuple, set or mapping of those.
        enums: the enumerations that the notebook defines.

    Raises:
        ComputedError: it is anything else.
    """
    special = secret(node) or _member(node, enums)
    if special is not None:
        return special
    try:
        container = _container(node, enums)
        if container is not None:
            return container
        value = _python(node)
        shape = Shape(type=_KINDS.get(type(value), "any"))
        return shape, fit(shape, value) if value is not None else None
    except _UNKNOWN as error:
        raise ComputedError from error


def tells(shape: Shape) -> bool:
    """Whether a plain value needs its shape, for it does not tell the type by itself."""
    return shape.type not in _NATIVE or shape.items is not None or shape.keys is not None


def secret(node: ast.expr) -> tuple[Shape, str | None] | None:
    """The place from which an expression takes a secret; ``None`` where it takes none.

    ``Secret("env:NAME")``, ``os.environ["NAME"]``, ``os.getenv("NAME")`` and
    ``keyring.get_password("SERVICE", "NAME")`` are known.
    """
    if isinstance(node, ast.Call) and last_name(node.func) == "Secret" and len(node.args) == 1:
        return Shape(type="secret"), _text(node.args[0])
    return None


def place_of(node: ast.expr) -> str | None:
    """The place that ordinary code takes a secret from, as the comment ``# secret`` says."""
    if isinstance(node, ast.Subscript) and last_name(node.value) == "environ":
        name = _text(node.slice)
        return f"env:{name}" if name else None
    if not isinstance(node, ast.Call) or not node.args:
        return None
    texts = [_text(argument) for argument in node.args]
    gets = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    if gets and last_name(node.func.value) == "environ":  # type: ignore[attr-defined] # it gets
        return f"env:{texts[0]}" if texts[0] and len(texts) == 1 else None
    if last_name(node.func) == "getenv":
        return f"env:{texts[0]}" if texts[0] and len(texts) == 1 else None
    if last_name(node.func) == "get_password" and all(texts):
        return f"keyring:{'/'.join(map(str, texts))}"
    return None


def last_name(node: ast.expr) -> str:
    """``date`` of ``date`` and of ``datetime.date``; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def enums_in(trees: Sequence[ast.Module]) -> dict[str, tuple[str, ...]]:
    """The enumerations that cells define at their top level; the last one of a name holds."""
    found: dict[str, tuple[str, ...]] = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                is_enum = any(last_name(base).endswith(("Enum", "Flag")) for base in node.bases)
                found.pop(node.name, None)
                if is_enum and (members := _members(node)):
                    found[node.name] = members
    return found


def _members(node: ast.ClassDef) -> tuple[str, ...]:
    names: list[str] = []
    for line in node.body:
        if isinstance(line, ast.Assign):
            names += [target.id for target in line.targets if isinstance(target, ast.Name)]
        elif isinstance(line, ast.AnnAssign) and line.value and isinstance(line.target, ast.Name):
            names.append(line.target.id)
    return tuple(dict.fromkeys(name for name in names if not name.startswith("_")))


def _member(node: ast.expr, enums: Enums) -> tuple[Shape, str] | None:
    """``Color.RED`` and ``Color["RED"]``."""
    name: str | None = None
    if isinstance(node, ast.Attribute):
        name = node.attr
    elif isinstance(node, ast.Subscript):
        name = _text(node.slice)
    if name is None or not isinstance(node, ast.Attribute | ast.Subscript):
        return None
    enum = node.value.id if isinstance(node.value, ast.Name) else ""
    if name not in enums.get(enum, ()):
        return None
    return Shape(type="enum", enum=enum, choices=tuple(enums[enum])), name


def _container(node: ast.expr, enums: Enums) -> tuple[Shape, Any] | None:
    """A list, tuple, set or mapping; ``None`` where the expression is none of them."""
    match node:
        case ast.List(elts=items):
            return _items("list", items, enums)
        case ast.Tuple(elts=items):
            return _items("tuple", items, enums)
        case ast.Set(elts=items):
            return _items("set", items, enums)
        case ast.Dict(keys=keys, values=values) if all(key is not None for key in keys):
            return _mapping([key for key in keys if key is not None], values, enums)
        case ast.Call(func=ast.Name(id="set" | "frozenset" as kind), args=args, keywords=[]):
            return _items(kind, _elements(args), enums)
        case _:
            return None


def _elements(args: list[ast.expr]) -> list[ast.expr]:
    """The items of ``set()`` and ``frozenset([1, 2])``."""
    match args:
        case []:
            return []
        case [ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items)]:
            return items
        case _:
            raise ComputedError


def _items(kind: ParameterType, nodes: Sequence[ast.expr], enums: Enums) -> tuple[Shape, Any]:
    shapes, values = _both(nodes, enums)
    shape = Shape(type=kind, items=_common(shapes))
    if kind not in ("set", "frozenset"):
        return shape, fit(shape, values)
    once = [value for at, value in enumerate(values) if value not in values[:at]]
    return shape, fit(shape, once)


def _mapping(
    keys: Sequence[ast.expr], values: Sequence[ast.expr], enums: Enums
) -> tuple[Shape, Any]:
    names, texts = _both(keys, enums)
    shapes, inside = _both(values, enums)
    free = all(shape == Shape(type="str") for shape in names)
    shape = Shape(type="dict", keys=None if free else union(names), items=_common(shapes))
    if not free and union(names).type == "any":
        raise ComputedError
    return shape, fit(shape, dict(zip(map(_hashable, texts), inside, strict=True)))


def _both(nodes: Sequence[ast.expr], enums: Enums) -> tuple[list[Shape], list[Any]]:
    found = [value_of(node, enums) for node in nodes]
    return [shape for shape, _ in found], [value for _, value in found]


def _common(shapes: Sequence[Shape]) -> Shape | None:
    """What all are, where their plain forms do not tell.

    Raises:
        ComputedError: they are a mixture that has no shape.
    """
    if not any(map(tells, shapes)):
        return None
    found = union(shapes)
    if found.type == "any":
        raise ComputedError
    return found


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _python(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=func, args=args, keywords=keywords):
            return _called(func, args, keywords)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined(_python(left), _python(right))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Call() as called):
            return -_python(called)
        case ast.Attribute() | ast.Name() if last_name(node) in _UTC:
            return UTC
        case _:
            return ast.literal_eval(node)


def _joined(folder: Any, name: Any) -> Path:
    if not isinstance(folder, Path):
        raise ComputedError
    return folder.joinpath(name)


def _called(func: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]) -> Any:
    """``date(…)``, ``timedelta(…)``, ``date.fromisoformat(…)``, ``Path(…)``."""
    values = [_python(argument) for argument in args]
    named = {word.arg: _python(word.value) for word in keywords if word.arg is not None}
    if len(named) != len(keywords):
        raise ComputedError
    name = last_name(func)
    if name in _CALLED:
        return _CALLED[name](*values, **named)
    if name == "Path" and not named:
        return Path(*values)
    if name == "fromisoformat" and isinstance(func, ast.Attribute) and len(values) == 1:
        kind = last_name(func.value)
        if kind in _DATES:
            return _DATES[kind].fromisoformat(values[0])
    raise ComputedError


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
