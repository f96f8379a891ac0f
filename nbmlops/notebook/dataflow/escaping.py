"""Code of a notebook that gets out of it: to whom a cell hands its functions and classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from nbmlops.notebook.dataflow.effects import INNER, PART, SAME, Harmless, Holds
from nbmlops.notebook.dataflow.expressions import SHELL, dotted
from nbmlops.notebook.dataflow.settings import Call, Settings
from nbmlops.notebook.dataflow.state import held, union, weaker
from nbmlops.notebook.dataflow.takers import Taker, taker_by_attribute, taker_by_name, taker_of

_CHAINED = (ast.Attribute, ast.Subscript, ast.Call)
_SET = (ast.Attribute, ast.Subscript)
_NO_CODE = frozenset([ast.Compare, ast.Constant, ast.JoinedStr])
"""Expressions that are no function or class, nor hold one."""
_WEAK = frozenset(f"weakref.{name}" for name in ("ref", "proxy", "WeakMethod", "WeakSet"))
"""What refers to an object and, unless it is given more, calls nothing when that ends."""


class Escaping(Settings):
    """Walks what may keep code: calls, decorators, base classes, attributes of modules.

    ``inner_code`` are the functions and classes that functions make; ``made_by`` is the class at
    the top level whose body is walked.
    """

    def __init__(self, imported: Mapping[str, str], harmless: Mapping[str, Harmless]) -> None:
        super().__init__(imported, harmless)
        self.inner_code: set[str] = set()
        self.made_by = ""

    def hand_out(self, call: Call) -> None:
        """A call may keep what it is given."""
        if call.name == "setattr" and not call.full:
            self._set_by_name(call)
        elif not _NO_CODE.issuperset(map(type, call.given)):
            taker = self._taker(call.node)
            if taker is None:
                return
            if not (call.alone or taker.everywhere):
                taker = replace(taker, gives=True)
            self._escape(taker, union(call.arguments), call.given)

    def decorate(self, decorators: Iterable[ast.expr], thing: str, takers: Holds) -> None:
        """What is decorated is handed to the decorators, which may keep it.

        Args:
            decorators: as they are written.
            thing: the function or class.
            takers: what the decorators hold.
        """
        if self.scope.in_function:
            self.inner_code.add(thing)
        for decorator in decorators:
            taker = self._taker(ast.Call(func=decorator, args=[], keywords=[]))
            self._escape(taker, {self.made_by or thing: PART})
            if isinstance(decorator, ast.Name) and taker is None:
                self._decorate_by_name(decorator.id, self.made_by or thing)
        own = {other: sure for other, sure in takers.items() if not self.is_import(other)}
        self.give({thing: SAME}, to=own)

    def _decorate_by_name(self, name: str, thing: str) -> None:
        """A name may stand for a member of a module."""
        for other in held(self.point, self.scope.find(name)):
            if self.is_import(other):
                full = self.imported.get(other) or other.removeprefix("pkg:")
                self._escape(taker_by_name(full), {thing: PART})

    def inherit(self, bases: Iterable[ast.expr], thing: str) -> None:
        """A class of a library may know its subclasses."""
        for base in bases:
            full = self.origin(dotted(base))
            taker = taker_by_name(full) if full else None
            told = replace(taker, gives=True) if taker is not None else None
            self._escape(told, {self.made_by or thing: PART})

    def assign(self, target: ast.expr, holds: Holds, *, constant: bool = False) -> None:
        """See `Expressions.assign`; what is set on a module may be called from there."""
        super().assign(target, holds, constant=constant)
        self.leave(target, holds)

    def leave(self, target: ast.expr, holds: Holds) -> None:
        """An attribute or item is bound to a value, or gets it added."""
        if not isinstance(target, _SET):
            return
        if self.names_shell(target):
            self._escape(Taker(SHELL, everywhere=True), holds)
        named = target.attr if isinstance(target, ast.Attribute) else ""
        words = dotted(self._without_items(target))
        owner = (words[:-1] if named else words) or dotted(_root(target))
        if not self.origin(owner):
            return
        self._escape(taker_by_attribute(self.origin(owner), named), holds)

    def _set_by_name(self, call: Call) -> None:
        if not call.node.args:
            return
        owner, *others = call.node.args
        full = self.origin(dotted(owner))
        name = others[0].value if others and isinstance(others[0], ast.Constant) else ""
        if full:
            self._escape(taker_by_attribute(full, str(name)), union(call.arguments), others)

    def _taker(self, node: ast.Call) -> Taker | None:
        """What a call is, if it is one of something imported, of the shell, or of a method."""
        called = node.func
        first = node.args[0] if node.args else None
        if isinstance(called, ast.Call):  # such as register_accessor("x")(X)
            return self._taker(called)
        words = dotted(called)
        full = self.origin(words)
        if full:
            only = full in _WEAK and node.args[:1] == node.args and not node.keywords
            return None if only else taker_of(full, first=first)
        if not isinstance(called, ast.Attribute):
            return None
        if self.names_shell(called):
            return Taker(SHELL, everywhere=True)
        if words:
            return taker_of(".".join(words), method=True)
        made_by = self.origin(dotted(_root(called)))
        method = taker_of(called.attr, method=True)
        return method or (taker_of(f"{made_by}.{called.attr}") if made_by else None)

    def _escape(self, taker: Taker | None, holds: Holds, parts: Iterable[ast.expr] = ()) -> None:
        if taker is None:
            return
        kept = {thing: sure for thing, sure in weaker(holds).items() if not self.is_import(thing)}
        inner = any(isinstance(part, ast.Lambda) for part in parts) and self.scope.in_function
        if inner or holds.keys() & self.inner_code:
            kept[INNER] = PART
        self.found.escapes[taker] = union([self.found.escapes.get(taker, {}), kept])


def _root(node: ast.expr) -> ast.expr:
    """The name at the beginning of a chain of calls, attributes and items."""
    while isinstance(node, _CHAINED):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node
