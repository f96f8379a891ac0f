"""Functions of a notebook that leave what they are given as it is, as far as their code tells."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from nbmlops.notebook.dataflow.effects import Harmless, Holds
from nbmlops.notebook.dataflow.known import BUILTINS, CONVENTIONS
from nbmlops.notebook.dataflow.lasting import goes_on
from nbmlops.notebook.dataflow.scopes import own_names, parameters
from nbmlops.notebook.dataflow.state import Found
from nbmlops.notebook.dataflow.statements import Statements
from nbmlops.notebook.tree import walk


@dataclass(frozen=True, slots=True)
class _Function:
    """A function with names of its own, ``parameters`` among them."""

    node: ast.FunctionDef
    parameters: frozenset[str]
    own: frozenset[str]


def harmless(sources: Mapping[str, str]) -> Mapping[str, Harmless]:
    """The functions that change and keep nothing of what they are given, by name.

    A body is walked as if it were a cell and its parameters were names of the notebook: what
    that cell would leave alone, the function leaves alone.

    Args:
        sources: functions and classes, as `Definition.source` has them.
    """
    return _harmless(frozenset(sources.items()))


@lru_cache(maxsize=1024)
def _harmless(sources: frozenset[tuple[str, str]]) -> Mapping[str, Harmless]:
    found: dict[str, Harmless] = {}
    waiting = {name: function for name, source in sources if (function := _function(source))}
    while waiting:  # a function may call those that are known to be harmless by now
        known = frozenset(found.items())
        newer = {name: how for name, part in waiting.items() if (how := _judged(part, known))}
        if not newer:
            break
        found |= newer
        waiting = {name: part for name, part in waiting.items() if name not in newer}
    return found


@lru_cache(maxsize=1024)
def _function(source: str) -> _Function | None:
    """The function that a source makes, if the walk of its body alone tells what a call does."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    node = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or goes_on(node):
        return None
    if any(isinstance(part, ast.Global | ast.Nonlocal) for part in walk(node)):
        return None
    given = frozenset(parameters(node.args))
    own = own_names(node.body)[0] | given
    return None if own & BUILTINS else _Function(node, given, own)


@lru_cache(maxsize=1024)
def _judged(function: _Function, known: frozenset[tuple[str, Harmless]]) -> Harmless | None:
    imported = {name: full for name, full in CONVENTIONS.items() if name not in function.own}
    others = {name: how for name, how in known if name not in function.own}
    body = Statements(imported, "", others)
    try:
        body.body(function.node.body)
    except RecursionError:
        return None
    found, given = body.found, function.parameters
    if found.dynamic or _keeps(found, given):
        return None
    touched = {thing for thing in found.touched if _named([thing], given)}
    if not all(thing.startswith("~") for thing in touched):
        return None
    return Harmless(shares=_named(found.returns, given), opens=bool(touched))


def _keeps(found: Found, given: Collection[str]) -> bool:
    """Whether what is given becomes part of something, or is handed to what may keep it."""
    places: Iterable[Holds] = (*found.contents.values(), *found.given.values())
    return any(_named(holds, given) for holds in places) or _named(found.contents, given)


def _named(things: Iterable[str], given: Collection[str]) -> bool:
    return any(thing.lstrip("~") in given for thing in things)
