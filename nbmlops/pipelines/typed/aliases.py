"""The names that a notebook gives to types: ``Horizon = Literal[1, 7]``, ``type Horizon = …``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from nbmlops.pipelines.typed.declared import expression
from nbmlops.pipelines.typed.literals import last_name

Aliases = Mapping[str, ast.expr]
"""The name of a type → what it stands for."""

_OPAQUE = ("Literal",)
"""Whose arguments are values."""

_TYPES = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)
"""How types are written that are not put in quotes."""

_NOTED = ("Annotated",)
"""Of whose arguments the first is a type."""


def aliases_in(trees: Sequence[ast.Module]) -> dict[str, ast.expr]:
    """What the top level of cells gives names to; the last one of a name holds.

    Whether it is a type, shows where it is used as one.
    """
    found: dict[str, ast.expr] = {}
    for tree in trees:
        for node in tree.body:
            for name, value in _bound(node):
                found.pop(name, None)
                if isinstance(value, _TYPES):
                    found[name] = value
    return found


def resolved(hint: ast.expr | None, aliases: Aliases) -> ast.expr | None:
    """An annotation with what its names stand for in their place."""
    if hint is None or not aliases:
        return hint
    return _Resolver(aliases)(hint)


def used_in(hints: Sequence[ast.expr | None], aliases: Aliases) -> frozenset[str]:
    """The names that annotations use as types, directly or by way of each other."""
    resolver = _Resolver(aliases)
    for hint in hints:
        if hint is not None:
            resolver(hint)
    return frozenset(resolver.used)


def _bound(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a line binds, with the type that each may be."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), annotation=hint, value=value):
            yield name, (_unquoted(value) if last_name(hint) == "TypeAlias" else None)
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            yield name, None
        case _ if type(node).__name__ == "TypeAlias" and not getattr(node, "type_params", None):
            yield getattr(node, "name").id, getattr(node, "value")  # noqa: B009 (of Python 3.12)


def _unquoted(value: ast.expr | None) -> ast.expr | None:
    match value:
        case ast.Constant(value=str(text)):
            return expression(text)
        case _:
            return value


class _Resolver(ast.NodeTransformer):
    """Puts what names stand for in their place; one that stands for itself stays.

    Args:
        aliases: the names.
    """

    def __init__(self, aliases: Aliases) -> None:
        self.used: set[str] = set()
        self._aliases = aliases
        self._inside: list[str] = []

    def __call__(self, hint: ast.expr) -> ast.expr:
        """The annotation, made anew where a name in it stands for something."""
        copied = ast.parse(ast.unparse(hint), mode="eval").body
        found: ast.expr = self.visit(copied)
        return found

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name, or what it stands for."""
        value = self._aliases.get(node.id)
        if value is None or node.id in self._inside:
            return node
        self.used.add(node.id)
        self._inside.append(node.id)
        try:
            return self(value)
        finally:
            self._inside.pop()

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A type that is written as a text."""
        inside = _unquoted(node)
        return node if inside is node or inside is None else self(inside)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """A type of types; values and notes stay as they are, but for names."""
        name = last_name(node.value)
        if name in _OPAQUE:
            return node
        if name in _NOTED and isinstance(node.slice, ast.Tuple):
            first, *notes = node.slice.elts
            named = [self.visit(note) if isinstance(note, ast.Name) else note for note in notes]
            node.slice.elts = [self.visit(first), *named]
        else:
            node.slice = self.visit(node.slice)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call is no type."""
        return node
