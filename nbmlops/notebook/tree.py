"""The nodes of a tree of code, found several times as fast as `ast` finds them."""

from __future__ import annotations

import ast

_NO_NODES = frozenset([
    "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level",
    "module", "op", "ops", "rest", "simple", "type_comment", "type_ignores",
])  # fmt: skip
"""Fields that hold texts and numbers, or what has no parts and stands for an operator."""


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of each kind of node that may hold others."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        names = () if kind is ast.Constant else kind._fields
        self[kind] = tuple(name for name in names if name not in _NO_NODES)
        return self[kind]


_FIELDS = _Fields()
_BLOCKS = ("body", "cases", "handlers", "orelse", "finalbody")
_LATER = frozenset([ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef])


def children(node: ast.AST) -> list[ast.AST]:
    """The parts of a node in their order, as `ast.iter_child_nodes` has them.

    Operators are left out, and whether a name is read or bound.

    >>> [type(part).__name__ for part in children(ast.parse("f(x) + 1", mode="eval").body)]
    ['Call', 'Constant']
    """
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, in the order of `ast.walk`, without what `children` leaves out."""
    found = [node]
    fields = _FIELDS
    for one in found:
        for name in fields[type(one)]:
            value = getattr(one, name, None)
            if type(value) is list:
                found += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


def statements(tree: ast.Module, *, later: bool = True) -> list[ast.AST]:
    """The statements of a module in the order of `walk`, with the blocks that they are in.

    Args:
        tree: the module.
        later: whether those count that run later, as they are in a function or class.

    >>> [type(one).__name__ for one in statements(ast.parse("if a: b = 1"))]
    ['Module', 'If', 'Assign']
    """
    found: list[ast.AST] = [tree]
    for one in found:
        for name in _BLOCKS:
            block: list[ast.AST] = getattr(one, name, [])
            found += block if later else [part for part in block if type(part) not in _LATER]
    return found
