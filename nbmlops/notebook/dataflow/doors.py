"""Ways to the names of a notebook that pass by its code: modules, frames, names of builtins."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import lru_cache

from nbmlops.notebook.dataflow.effects import NAMESPACE, SAME, Harmless, Holds
from nbmlops.notebook.dataflow.expressions import BELONGING, Expressions, dotted

_MAIN = "__main__"
_RUNNING = frozenset(["eval", "exec", "execfile", "globals"])
"""Builtins that reach all names, wherever their mention leads to."""

_PLACES = frozenset(
    ["__globals__", "f_globals", "f_locals", "user_global_ns", "user_module", "user_ns"]
)
"""Attributes that hold the names of a notebook."""

_LEADING = _RUNNING | {_MAIN}
_GIVING = frozenset(["__import__", "get", "globals", "import_module", "vars"])
_REACHING = frozenset(
    ["cProfile.run", "doctest.testmod", "gc.get_objects", "gc.get_referents", "gc.get_referrers",
     "pdb.run", "pdb.runeval", "profile.run"]
)  # fmt: skip
"""Functions that find all objects, or run a text with the names of the notebook."""

_TEXTS = _PLACES - {"user_module"} | {_MAIN}
_ASKING = frozenset(["dict", "len", "list", "set", "sorted", "tuple"])
_ASKING_METHODS = frozenset(["__contains__", "get", "keys", "pop", "setdefault"])
_GETTING = _ASKING_METHODS | {"__getitem__"}
_WORDS = re.compile(rf"\b({'|'.join(sorted(_TEXTS))}|getclosurevars|python_scan_all_frames)\b")
_IMPORT = re.compile(rf"\b(from|import)\s+{_MAIN}\b")
_AS_SCRIPT = re.compile(rf"__name__\s*[!=]=\s*[\"']{_MAIN}[\"']|[\"']{_MAIN}[\"']\s*[!=]=")


@lru_cache(maxsize=512)
def looks_around(source: str) -> str | None:
    """What in the source of a module may reach the names of the notebook that imports it."""
    found = _WORDS.search(_AS_SCRIPT.sub("", source))
    return found[1] if found is not None else None


class Doors(Expressions):
    """Walks what may lead to the namespace."""

    def __init__(self, imported: Mapping[str, str], harmless: Mapping[str, Harmless]) -> None:
        super().__init__(imported, harmless)
        self._asked: set[int] = set()
        self._doors: set[int] = set()

    def look(self, node: ast.Call, words: list[str], full: str) -> None:
        """A call that only asks which modules there are, or for one whose name is written there.

        Args:
            node: the call.
            words: what it calls, where that is a dotted name.
            full: the origin of that.
        """
        called, first = node.func, node.args[:1]
        if isinstance(called, ast.Name) and called.id in _ASKING:
            self._asked.update(map(id, first))
        if not isinstance(called, ast.Attribute):
            return
        self._follow(called, words, full)
        if called.attr in _ASKING_METHODS and all(isinstance(part, ast.Constant) for part in first):
            self._asked.add(id(called.value))

    def opened(self, node: ast.Call) -> Holds:
        """What a call gives that leads to all names: ``globals()``, ``vars(__main__)``."""
        called, first = node.func, node.args[:1]
        word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if word not in _GIVING:
            return {}
        main = any(isinstance(part, ast.Constant) and part.value == _MAIN for part in first)
        gives = word == "globals" or (main and word in ("import_module", "get", "__import__"))
        gives = gives or (word == "vars" and any(id(part) in self._doors for part in first))
        return {NAMESPACE: SAME} if gives else {}

    def _opens(self, node: ast.expr, holds: Holds) -> Holds:
        self._doors.add(id(node))
        return {**holds, NAMESPACE: SAME}

    def imports_main(self, module: str) -> None:
        """A module is imported, which may be the notebook's own."""
        if module == _MAIN:
            self.unknown(f"import {_MAIN}")

    def place(self, node: ast.expr) -> Holds:
        """See `Expressions.place`."""
        self._ask_for_items(node)
        return super().place(node)

    def _ask_for_items(self, node: ast.expr) -> None:
        """``sys.modules["json"]`` is that module."""
        while isinstance(node, BELONGING):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                self._asked.add(id(node.value))
            node = node.value

    def _subscript(self, node: ast.Subscript) -> Holds:
        self._ask_for_items(node)
        holds = super()._subscript(node)
        main = isinstance(node.slice, ast.Constant) and node.slice.value == _MAIN
        return self._opens(node, holds) if main else holds

    def _name(self, node: ast.Name) -> Holds:
        if not self.imported.get(node.id) and node.id not in _LEADING:
            return self.load(node.id)  # as most names
        full = self._refer(node)
        holds = self.load(node.id)
        runs = node.id in _RUNNING and self._is_builtin(node.id)
        return self._opens(node, holds) if runs or full == _MAIN else holds

    def _attribute(self, node: ast.Attribute) -> Holds:
        holds = super()._attribute(node)
        reads = node.attr in _GETTING and _calls_globals(node.value)
        return self._opens(node, holds) if reads or node.attr in _PLACES else holds

    def _is_builtin(self, name: str) -> bool:
        return self.scope.find(name) == name and name not in self.found.writes

    def mention(self, node: ast.Name | ast.Attribute, words: list[str], full: str) -> None:
        """See `Expressions.mention`."""
        super().mention(node, words, full)
        self._follow(node, words, full)

    def _follow(self, node: ast.Name | ast.Attribute, words: list[str], full: str) -> None:
        full = full or ".".join(words)
        root = full.partition(".")[0]
        if isinstance(node, ast.Name):
            if node.id in _RUNNING and self._is_builtin(node.id):
                self.unknown(f"{node.id}()")
        elif node.attr in _PLACES or node.attr == "getclosurevars":
            self.unknown(f".{node.attr}")
        elif full in _REACHING:
            self.unknown(f"{full}()")
        elif root == "builtins" and node.attr in _RUNNING:
            self.unknown(f"{node.attr}()")
        if root == _MAIN:
            self.unknown(_MAIN)
        if full == "sys.modules" and id(node) not in self._asked:
            self.unknown(full)

    def _constant(self, node: ast.Constant) -> Holds:
        if isinstance(node.value, str) and node.value in _TEXTS:
            self.unknown(node.value)
        elif isinstance(node.value, str) and _IMPORT.search(node.value):
            self.unknown(_MAIN)  # in a text that `timeit` runs
        return super()._constant(node)

    def _compare(self, node: ast.Compare) -> Holds:
        """To compare with a text, or to ask whether a module is there, leads nowhere."""
        parts = [node.left, *node.comparators]
        self._asked.update(map(id, parts))
        texts = [part for part in parts if isinstance(part, ast.Constant) and part.value in _TEXTS]
        if not texts:
            return super()._compare(node)
        for part in parts:
            if part not in texts:
                self.value(part)
        return {}


def _calls_globals(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func)[-1:] == ["globals"]
