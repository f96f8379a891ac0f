"""A value written in a cell, in its plain form, without running the cell."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from nbmlops.domain.parameters import Shape
from nbmlops.pipelines.typed.fit import plain

Enums = Mapping[str, Sequence[str]]
"""The enumerations of a notebook: name → the names of the members."""

_UTC = ("UTC", "utc")
_DATES: dict[str, type[date]] = {"date": date, "datetime": datetime}


class ComputedError(ValueError):
    """The value of an expression is not known before it runs."""


def value_of(node: ast.expr, enums: Enums) -> tuple[Shape, Any]:
    """The shape that a value has by itself, and its plain form.

    Args:
        node: a literal, ``date(2026, 1, 31)``, ``Path("data")``, a member of an enumeration, a
            secret by its place, or a list, tuple or mapping of those.
        enums: the enumerations that the notebook defines.

    Raises:
        ComputedError: it is anything else.
    """
    special = secret(node) or _member(node, enums)
    if special is not None:
        return special
    try:
        value = _python(node)
        return shape_of(value), plain(value)
    except (ValueError, TypeError, MemoryError, RecursionError, OverflowError) as error:
        raise ComputedError from error


def shape_of(value: Any) -> Shape:
    """The shape of a Python value; of a list's items only where they are dates or paths."""
    if isinstance(value, datetime):
        return Shape(type="datetime")
    if isinstance(value, date):
        return Shape(type="date")
    if isinstance(value, Path):
        return Shape(type="path")
    for kind in (bool, int, float, str, list, tuple, dict):
        if type(value) is kind:
            return Shape(type=kind.__name__, items=_items(value))  # type: ignore[arg-type] # a literal
    return Shape(type="any")


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


def _python(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=func, args=args, keywords=keywords):
            return _called(func, args, keywords)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined(_python(left), _python(right))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            made = list if isinstance(node, ast.List) else tuple
            return made(_python(item) for item in items)
        case ast.Dict(keys=keys, values=values) if all(key is not None for key in keys):
            texts = [_python(key) for key in keys if key is not None]
            return dict(zip(texts, map(_python, values), strict=True))
        case ast.Attribute() | ast.Name() if last_name(node) in _UTC:
            return UTC
        case _:
            return ast.literal_eval(node)


def _joined(folder: Any, name: Any) -> Path:
    if not isinstance(folder, Path):
        raise ComputedError
    return folder.joinpath(name)


def _called(func: ast.expr, args: list[ast.expr], keywords: list[ast.keyword]) -> Any:
    """``date(…)``, ``datetime(…)``, ``date.fromisoformat(…)``, ``Path(…)``."""
    values = [_python(argument) for argument in args]
    named = {word.arg: _python(word.value) for word in keywords if word.arg is not None}
    if len(named) != len(keywords):
        raise ComputedError
    name = last_name(func)
    if name in _DATES:
        return _DATES[name](*values, **named)
    if name == "Path" and not named:
        return Path(*values)
    if name == "fromisoformat" and isinstance(func, ast.Attribute) and len(values) == 1:
        kind = last_name(func.value)
        if kind in _DATES:
            return _DATES[kind].fromisoformat(values[0])
    raise ComputedError


def _items(value: Any) -> Shape | None:
    """What the items of a container are, where their plain form does not tell."""
    if not isinstance(value, list | tuple | dict) or not value:
        return None
    shapes = [shape_of(item) for item in (value.values() if isinstance(value, dict) else value)]
    told = shapes[0].type in ("date", "datetime", "path")
    if any(shape.type in ("date", "datetime", "path", "tuple") for shape in shapes) and not (
        told and all(shape == shapes[0] for shape in shapes)
    ):
        raise ComputedError  # a mixture, whose types a plain form would lose
    return shapes[0] if told else None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
