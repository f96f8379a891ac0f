"""Whether the code of a cell says itself what it sets for the process."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.known import CONVENTIONS, PROCESS
from nbmlops.notebook.labels import strip_commands, strip_label

_LITERAL = (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.UnaryOp, ast.unaryop)
_SHELL = "get_ipython"
_OF_LIBRARIES = frozenset(CONVENTIONS).union(vars(builtins))


@lru_cache(maxsize=1024)
def settings_are_written_out(source: str) -> bool | None:
    """Whether all that a cell sets for the process is made of literals and of libraries' names.

    Returns:
        ``pd.set_option("display.precision", 3)``: yes, ``pd.set_option(*options)``: no; ``None``
        where the code does not show what sets something.
    """
    try:
        if PROCESS not in analyze(source).writes:
            return None
        parsed = _parsed(source)
    except CellSyntaxError:
        return None
    plain, others = _divided(parsed.tree.body)
    if any(_sets(node, parsed.text) for node in others):
        return False
    return any(_sets(node, parsed.text) for node in plain) or None


@lru_cache(maxsize=1024)
def settings_in(source: str) -> tuple[str, ...] | None:
    """The statements of a cell that set something for the process, without what surrounds them.

    Returns:
        ``None`` where the code does not show what sets something, or cannot be read.
    """
    try:
        parsed = _parsed(source)
    except CellSyntaxError:
        return None
    return tuple(ast.unparse(node) for node in _setting(parsed)) or None


def not_written_out(source: str) -> tuple[list[ast.stmt], list[ast.stmt] | None]:
    """The statements of a cell, and those of them that set something that is made of other values.

    Returns:
        No statements for a cell in another language; ``None`` instead of the second where the code
        does not show what sets something.

    Raises:
        CellSyntaxError: the cell cannot be read.
    """
    parsed = _parsed(source)
    setting = _setting(parsed)
    return parsed.tree.body, _divided(setting)[1] if setting else None


def _parsed(source: str) -> syntax.Parsed:
    """A cell; one in another language has no statements."""
    return syntax.parse(strip_commands(strip_label(source)))


def _divided(body: Iterable[ast.stmt]) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements that are written out, if they set something, and the others."""
    found: tuple[list[ast.stmt], list[ast.stmt]] = [], []
    for node in body:
        found[not _is_written_out(node)].append(node)
    return found


def _setting(parsed: syntax.Parsed) -> list[ast.stmt]:
    return [node for node in parsed.tree.body if _sets(node, parsed.text)]


def _sets(node: ast.stmt, text: str) -> bool:
    """Whether a statement of a text, by itself, sets something for the process."""
    from nbmlops.notebook.dataflow.statements import Statements

    alone = Statements(CONVENTIONS, text, {})
    with suppress(RecursionError):
        alone.body([node])
    return PROCESS in alone.found.writes


def _is_written_out(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is None or _is_literal(node.value)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if _SHELL in ast.dump(call.func) and any(map(_is_filled_in, call.args)):
            return False
        return all(map(_is_literal, (*call.args, *(one.value for one in call.keywords))))
    return False


def _is_filled_in(node: ast.expr) -> bool:
    """Whether IPython puts values of names into what a magic is given, as ``{n}`` or ``$n``."""
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and ("{" in text or "$" in text)


def _is_literal(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        return node.id in _OF_LIBRARIES
    if not isinstance(node, _LITERAL):
        return False
    inside = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)]
    return all(map(_is_literal, inside))
