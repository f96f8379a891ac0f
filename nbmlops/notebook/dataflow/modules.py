"""Which modules a cell imports, or uses through what earlier cells imported."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook import syntax
from nbmlops.notebook.dataflow.definitions import names_in
from nbmlops.notebook.dataflow.effects import Effects
from nbmlops.notebook.dataflow.scopes import own_names
from nbmlops.notebook.tree import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What a source imports, dotted: ``pkg.sub`` for the module or for a name in ``pkg``.

    ``bound`` holds what each name at the top level stands for; ``every`` all of it, what is
    imported inside functions included; ``stars`` the modules of ``from x import *``.
    """

    bound: Mapping[str, tuple[str, ...]]
    every: frozenset[str]
    stars: frozenset[str]


_NONE = Imports(bound={}, every=frozenset(), stars=frozenset())


class ImportsInForce:
    """The imports of a notebook, while cells run one after the other."""

    def __init__(self, bound: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._modules: dict[str, tuple[str, ...]] = dict(bound or {})
        self._names: set[str] = set(self._modules)
        self._stars: frozenset[str] = frozenset()

    @property
    def bound(self) -> frozenset[str]:
        """The names that an import has bound, and nothing since."""
        return frozenset(self._modules)

    def used_by(
        self, source: str, effects: Effects, definitions: Mapping[str, str]
    ) -> frozenset[str]:
        """The modules that a cell uses, dotted.

        Args:
            source: the cell.
            effects: what it does.
            definitions: the notebook's functions and classes that it uses, name → source.
        """
        sources = (source, *definitions.values())
        found = {name for text in sources for name in imports_in(text).every}
        names = _names(effects, definitions)
        for name in names & self._modules.keys():
            found.update(self._modules[name])
        if self._stars and not (names & effects.reads) <= self._names:
            found |= self._stars
        return frozenset(found)

    def follow(self, source: str, effects: Effects, bound: Collection[str] | None = None) -> None:
        """A cell has run.

        Args:
            source: the cell.
            effects: what it does.
            bound: the names that it bound, where it did not run to its end.
        """
        imports = imports_in(source)
        for name in effects.writes | effects.deletes:
            if bound is None or name in bound:
                self._modules.pop(name, None)
                self._names.add(name)
        for name, modules in imports.bound.items():
            if bound is None or name in bound:
                self._modules[name] = modules
        self._stars |= imports.stars


@lru_cache(maxsize=4096)
def imports_in(source: str, package: str = "") -> Imports:
    """What a source imports; of one that is not Python, nothing.

    Args:
        source: a cell, a function, or a module's text.
        package: the package of a module, for its relative imports.
    """
    if "import" not in source:
        return _NONE
    try:
        tree = syntax.parse(source).tree
    except CellSyntaxError:
        return _NONE
    bound: dict[str, tuple[str, ...]] = {}
    for node in statements(tree, later=False):
        bound.update(_bound(node, package))
    every: set[str] = set()
    stars: set[str] = set()
    for node in statements(tree):
        every.update(name for names in _bound(node, package).values() for name in names)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            stars.add(_origin(node, package))
    return Imports(bound=bound, every=frozenset(every | stars), stars=frozenset(stars))


def starred(stars: Iterable[str], sources: Mapping[str, str]) -> dict[str, str]:
    """What names stand for that ``from x import *`` binds, where the module is the project's own.

    Args:
        stars: the modules, dotted.
        sources: the project's own modules that are used, file → source.
    """
    found: dict[str, str] = {}
    waiting, done = list(stars), set[str]()
    while waiting:
        module = waiting.pop()
        path = module.replace(".", "/")
        ends = (f"/{path}.py", f"/{path}/__init__.py")
        file = next((file for file in sources if f"/{file}".endswith(ends)), None)
        if file is None or module in done:
            continue
        done.add(module)
        package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
        imports = imports_in(sources[file], package)
        waiting += imports.stars
        for name in _public_names(sources[file]):
            full = imports.bound.get(name, (f"{module}.{name}",))[-1]
            found[name] = name if full.startswith(f"{name}.") else full
    return found


@lru_cache(maxsize=1024)
def _public_names(source: str) -> frozenset[str]:
    try:
        body: list[ast.AST] = [*ast.parse(source).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(name for name in own_names(body)[0] if not name.startswith("_"))


@lru_cache(maxsize=1024)
def methods_in(source: str) -> frozenset[str]:
    """The names of the methods that classes of a module have; of one that is no Python, none."""
    if "class " not in source:
        return frozenset()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(
        part.name
        for node in statements(tree)
        if isinstance(node, ast.ClassDef)
        for part in node.body
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _names(effects: Effects, definitions: Mapping[str, str]) -> frozenset[str]:
    inner: Iterable[frozenset[str]] = (names_in(text) for text in definitions.values())
    own = (body for part in effects.definitions for body in _reads(part.effects))
    return effects.uses.union(effects.reads, *inner, *own)


def _reads(effects: Effects) -> Iterator[frozenset[str]]:
    yield effects.uses
    for inner in effects.definitions:
        yield from _reads(inner.effects)


def _bound(node: ast.AST, package: str) -> dict[str, tuple[str, ...]]:
    """The names that an import statement binds, with what they stand for."""
    if isinstance(node, ast.Import):
        found: dict[str, tuple[str, ...]] = {}
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            found[name] = (*found.get(name, ()), alias.name)
        return found
    if isinstance(node, ast.ImportFrom):
        origin = _origin(node, package)
        return {
            alias.asname or alias.name: (f"{origin}.{alias.name}".strip("."),)
            for alias in node.names
            if alias.name != "*"
        }
    return {}


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    base = package.split(".")[: len(package.split(".")) - (node.level - 1)]
    return ".".join([*base, *([node.module] if node.module else [])])
