"""Functions of a notebook that keep something from call to call, and who has called them; pure.

What ``functools.cache`` remembers is no value that is kept or compared. A result that was made with
it holds where the same cells have called the function before, in this order, on the same values.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.pipelines import reasons
from nbmlops.pipelines.evidence import SessionEntry
from nbmlops.pipelines.judgement import Held, Names, Objection

_KEY = "<remembered> "
WRAPPER = "._lru_cache_wrapper"
"""How the kind of a function ends that remembers its results."""

_REMEMBERING = frozenset(["cache", "cached", "cachedmethod", "lru_cache", "memoize", "memoized"])

_STATELESS = {
    *("abstractmethod", "asynccontextmanager", "classmethod", "contextmanager", "dataclass"),
    *("deleter", "final", "getter", "overload", "override", "property", "setter", "staticmethod"),
    *("total_ordering", "unique", "wraps"),
}
"""Decorators after which each call is as the first one."""


class Memories:
    """Says for a cell whether what functions remember is what it was.

    Args:
        flows: the cells, in the order in which they run.
    """

    def __init__(self, flows: Sequence[CellFlow]) -> None:
        self._flows = flows
        self._places = {flow.digest: at for at, flow in enumerate(flows)}
        self._keepers = {
            name
            for flow in flows
            for name, definition in flow.effects.defines.items()
            if not keeps_nothing(definition.source)
        }
        self._names_of: dict[str, set[str]] = {}
        for flow in flows:
            for file in flow.modules:
                self._names_of.setdefault(file, set()).update(flow.effects.imports)

    def followed(self, position: int, names: Names, reads: Iterable[str]) -> dict[str, Held]:
        """What a cell that calls such a function has read, by keys that are no names of a notebook.

        Args:
            position: that of the cell.
            names: what names stand for before it.
            reads: those that it may read.
        """
        if not self._kept(position, names):
            return {}
        return {_key(position, name): names[name] for name in reads}

    def objections(
        self, position: int, entries: Sequence[SessionEntry], names: Names
    ) -> Iterator[Objection]:
        """What speaks against an execution: a function that it calls remembers something else.

        Args:
            position: that of the cell.
            entries: what its kernel had run before it.
            names: what names stand for before it.
        """
        for name in self._kept(position, names):
            now = [at for at in range(position) if self._uses(at, name)]
            then = [entry for entry in entries if self._used(entry, name)]
            if [entry.digest for entry in then] != [self._flows[at].digest for at in now]:
                yield Objection(reason=reasons.asked_otherwise(name))
                continue
            for at, entry in zip(now, then, strict=True):
                if name in self._flows[at].effects.defines:
                    continue  # it remembers nothing yet
                for read, fingerprint in entry.inputs.items():
                    held = names.get(_key(at, read))
                    if held is not None and not held.known:
                        yield Objection(reason=reasons.may_remember(name, read), waits=True)
                    elif held is None or fingerprint is None or held.fingerprint != fingerprint:
                        yield Objection(reason=reasons.remembers(name, read))

    def _kept(self, position: int, names: Names) -> list[str]:
        """The functions with a memory that a cell uses, and the modules that have some."""
        flow = self._flows[position]
        used = {*flow.reads, *flow.definitions, *flow.writes}
        known = {name for name in used if name in names and names[name].kind.endswith(WRAPPER)}
        return [*sorted(known | (used & self._keepers)), *modules_that_remember(flow)]

    def _uses(self, position: int, name: str) -> bool:
        flow = self._flows[position]
        known = name in flow.definitions or name in flow.modules
        return known or name in flow.reads | flow.writes | flow.may_mutate

    def _used(self, entry: SessionEntry, name: str) -> bool:
        position = self._places.get(entry.digest)
        if position is not None:
            return self._uses(position, name)
        words = self._names_of.get(name, {name})
        return any(re.search(rf"\b{re.escape(word)}\b", entry.source) for word in words)


def modules_that_remember(flow: CellFlow) -> list[str]:
    """The project's modules that a cell uses, and whose functions remember results: files."""
    return sorted(file for file, source in flow.modules.items() if _remembers(source))


@lru_cache(maxsize=4096)
def keeps_nothing(source: str) -> bool:
    """Whether no decorator of a function or class may keep something from call to call."""
    return all(
        _last_word(decorator) in _STATELESS
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
    )


def _last_word(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@lru_cache(maxsize=256)
def _remembers(source: str) -> bool:
    """Whether a module makes a function that remembers its results."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    for node in ast.walk(tree):
        made_by = node.func if isinstance(node, ast.Call) else None
        for one in [*getattr(node, "decorator_list", ()), *filter(None, [made_by])]:
            last = one.func if isinstance(one, ast.Call) else one
            owner = getattr(getattr(last, "value", None), "id", "functools")
            if _last_word(one) in _REMEMBERING and (owner == "functools" or one is not made_by):
                return True
    return False


def _key(position: int, name: str) -> str:
    return f"{_KEY}{position} {name}"
