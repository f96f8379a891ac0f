"""Functions of the project's own modules that seed a global random generator, by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from nbmlops.notebook.dataflow.known import SEEDS

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_RUN_LATER = (*_FUNCTIONS, ast.Lambda)
_IMPORTING = re.compile(r"\s*(?:import|from)\b")
_ALIAS = re.compile(r"\b(\w+)\s+as\s+(\w+)")
_WORD = re.compile(r"\w+")
_SEED = re.compile(rf"\b(?:{'|'.join(sorted(SEEDS))})\b")


@dataclass(frozen=True, slots=True)
class _Body:
    """What runs under some names.

    Those of a function, and of its class where that calls it; of what a module or class assigns.
    """

    names: frozenset[str]
    words: frozenset[str]


class Seeders:
    """Tells which cells may seed by what modules of the project do, the cells in their order.

    A method is known by its name alone, as nobody knows which class an object is of; so is what a
    module assigns, which may be called by that name.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def seeds(self, texts: Iterable[str], modules: Collection[str], binds: Iterable[str]) -> bool:
        """Whether a cell may seed a generator through a module.

        Args:
            texts: the cell, and the notebook's functions that it uses.
            modules: the sources of the project's modules that it uses.
            binds: the names that it binds.
        """
        found = seeders_in(frozenset(modules))
        self._names |= found
        if not self._names:
            return False
        lines = [line for text in texts for line in text.splitlines()]
        imports = [line for line in lines if _IMPORTING.match(line)]
        code = "\n".join(line for line in lines if not _IMPORTING.match(line))
        for line in imports:
            self._names |= {alias for name, alias in _ALIAS.findall(line) if name in self._names}
        named = self._names.intersection(_WORD.findall(code))
        if any(re.search(rf"\b{name}\b(?!\s*\()", code) for name in named):
            self._names.update(binds)  # what is not called here may be called by another name
        return bool(named) or (bool(imports) and _IMPORT in found)


_IMPORT = "import "
"""Stands for the import of a module among the names of what seeds."""


@lru_cache(maxsize=256)
def seeders_in(modules: frozenset[str]) -> frozenset[str]:
    r"""The functions, methods and classes in modules that may seed, through others as well.

    >>> sorted(seeders_in(frozenset(["def a():\n    np.random.seed(1)\ndef b():\n    a()"])))
    ['a', 'b']
    """
    if not any(_SEED.search(text) for text in modules):
        return frozenset()
    bodies = [body for text in modules for body in _bodies(text)]
    found: set[str] = set()
    seeding = set(SEEDS)
    while more := [body for body in bodies if body.words & seeding and not body.names <= found]:
        found.update(*(body.names for body in more))
        seeding |= found
    return frozenset(found)


@lru_cache(maxsize=1024)
def _bodies(source: str) -> tuple[_Body, ...]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    whole = _Body(frozenset([_IMPORT]), frozenset(_words(_outside(tree))))
    return (whole, *_within(tree, ""))


def _within(node: ast.AST, owner: str) -> Iterator[_Body]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS):
            names = {child.name, *([owner] if owner and child.name.startswith("__") else [])}
            yield _Body(frozenset(names), frozenset(_words(ast.walk(child))) - {child.name})
        elif isinstance(child, ast.Assign | ast.AnnAssign) and not isinstance(node, _FUNCTIONS):
            yield _assigned(child)
        yield from _within(child, child.name if isinstance(child, ast.ClassDef) else owner)


def _assigned(node: ast.Assign | ast.AnnAssign) -> _Body:
    """What may be called by the names that an assignment binds."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = _words((part for target in targets for part in ast.walk(target)), bound=True)
    value = ast.walk(node.value) if node.value is not None else ()
    return _Body(frozenset(names), frozenset(_words(value)))


def _outside(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported; that something gets another name runs nothing."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            continue
        waiting += [one for one in ast.iter_child_nodes(node) if not isinstance(one, _RUN_LATER)]


def _words(nodes: Iterable[ast.AST], *, bound: bool = False) -> Iterator[str]:
    """The names that code uses; those that it binds as well where that is asked for."""
    for node in nodes:
        if isinstance(node, ast.Name) and (bound or isinstance(node.ctx, ast.Load)):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
