"""Which tasks a Ploomber source says that it needs; its code is read, never run."""

from __future__ import annotations

import ast

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax


class UpstreamProblemError(Exception):
    """What a source needs cannot be told; the message says why, as half a sentence."""


def of_cell(source: str) -> tuple[str, ...]:
    """What the parameters cell of a notebook assigns to ``upstream``.

    Raises:
        UpstreamProblemError: it assigns nothing, or what is not written out.
    """
    try:
        body = syntax.parse(source).tree.body
    except CellSyntaxError as error:
        raise UpstreamProblemError(f"its parameters cell is no Python ({error.message})") from error
    values = [value for statement in body if (value := _assigned(statement)) is not None]
    if not values:
        raise UpstreamProblemError(
            "its parameters cell says nothing of upstream; write upstream = None, or name the tasks"
        )
    try:
        found = ast.literal_eval(values[-1])
    except ValueError as error:
        raise UpstreamProblemError("its upstream is computed; write the names of tasks") from error
    if found is None:
        return ()
    if not isinstance(found, list | tuple | set | dict) or not all(
        isinstance(name, str) for name in found
    ):
        raise UpstreamProblemError("its upstream is neither None nor a list of names")
    return tuple(sorted(found)) if isinstance(found, set) else tuple(found)


def of_function(source: str, name: str) -> tuple[str, ...]:
    """The keys with which a function looks into ``upstream``.

    Raises:
        UpstreamProblemError: the module has no such function.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise UpstreamProblemError(f"its module is no Python ({error.msg})") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            keys = [_key(part) for part in ast.walk(node)]
            return tuple(dict.fromkeys(key for key in keys if key is not None))
    raise UpstreamProblemError(f"its module has no function {name!r}")


def _assigned(statement: ast.stmt) -> ast.expr | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    return statement.value if isinstance(target, ast.Name) and target.id == "upstream" else None


def _key(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return None
    is_text = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    return node.slice.value if node.value.id == "upstream" and is_text else None  # type: ignore[attr-defined] # is_text says so
