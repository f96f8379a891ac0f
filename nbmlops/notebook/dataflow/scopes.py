"""Which names a function, lambda or class binds as its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from nbmlops.notebook.tree import children, walk

ScopeKind = Literal["module", "class", "function", "comprehension"]

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One scope; ``own`` are the names that it binds, ``serial`` tells scopes apart."""

    kind: ScopeKind
    own: frozenset[str]
    globals: frozenset[str]
    serial: int
    parent: Scope | None

    def find(self, name: str) -> str:
        """The key of a name as seen from here; a name of the notebook is its own key."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "module":
            if name in scope.globals:
                return name
            visible = scope.kind != "class" or scope is self
            if visible and name in scope.own:
                return f"{name}@{scope.serial}"
            scope = scope.parent
        return name

    @property
    def in_function(self) -> bool:
        """Whether code in this scope runs only when a function is called."""
        inherited = self.parent is not None and self.parent.in_function
        return self.kind == "function" or inherited

    @property
    def parent_in_function(self) -> bool:
        """Whether the code around this scope runs only when a function is called."""
        return self.parent is not None and self.parent.in_function


def parameters(arguments: ast.arguments) -> list[str]:
    """The names of a function's parameters."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return [argument.arg for argument in every]


def own_names(body: Iterable[ast.AST]) -> tuple[frozenset[str], frozenset[str]]:
    """The names that a body binds in its own scope, and those that it declares global."""
    bound: set[str] = set()
    declared: set[str] = set()
    outer: set[str] = set()
    for node in _inside(body):
        if isinstance(node, ast.Global):
            declared.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            outer.update(node.names)
        else:
            bound.update(bound_by(node))
    return frozenset(bound - declared - outer), frozenset(declared)


def bound_by(node: ast.AST) -> Iterator[str]:
    """The names that one node binds by itself."""
    match node:
        case ast.Name(id=name, ctx=ctx):
            if not isinstance(ctx, ast.Load):
                yield name
        case ast.expr():
            return
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case _:
            return


def _inside(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of the scopes inside it."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, _COMPREHENSIONS):
            waiting += [part for part in walk(node) if _is_walrus_target(part, node)]
        else:
            waiting += children(node)


def _is_walrus_target(part: ast.AST, comprehension: ast.AST) -> bool:
    """A walrus in a comprehension binds in the scope around it."""
    return isinstance(part, ast.NamedExpr) and part is not comprehension
