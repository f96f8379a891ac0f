"""Cells that name an index of a table in place, which other tables may have as well; pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.labels import strip_commands, strip_label

_NAMES = frozenset(["name", "names"])
_NAMING = frozenset(["rename", "set_names"])
_OWN = frozenset(["cls", "self"])


def names_axes(flow: CellFlow) -> bool:
    """Whether a cell, or what it calls, may name an index of a table that was there before."""
    return _may_name(frozenset((flow.cell.source, *flow.definitions.values())))


@lru_cache(maxsize=1024)  # cells are judged again and again
def _may_name(sources: Iterable[str]) -> bool:
    return any(map(_names, (node for source in sources for node in _nodes(source))))


def _nodes(source: str) -> Iterator[ast.AST]:
    if not any(word in source for word in _NAMES | _NAMING):
        return
    try:
        yield from ast.walk(syntax.parse(strip_commands(strip_label(source))).tree)
    except CellSyntaxError:
        return


def _names(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name, ctx=ast.Store(), value=owner) if name in _NAMES:
            return not (isinstance(owner, ast.Name) and owner.id in _OWN)
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=name), _]):
            return name in _NAMES
        case ast.Call(func=ast.Attribute(attr=called), keywords=words) if called in _NAMING:
            return any(word.arg == "inplace" for word in words)
        case _:
            return False
