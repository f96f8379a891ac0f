"""Functions that are handed to others, which call them with what they are given beside."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbmlops.notebook.dataflow import known
from nbmlops.notebook.dataflow.doors import Doors
from nbmlops.notebook.dataflow.effects import Holds
from nbmlops.notebook.dataflow.expressions import dotted
from nbmlops.notebook.dataflow.state import union, weaker

_CALLING_BUILTINS = frozenset(["filter", "map", "max", "min", "sorted"])
_CALLING_PACKAGES = frozenset(["functools", "itertools"])
_CALLING_METHODS = frozenset(
    ["agg", "aggregate", "apply", "applymap", "filter", "map", "pipe", "sort", "transform"]
)
_CALLING_FUNCTIONS = frozenset(["numpy.apply_along_axis", "numpy.apply_over_axes"])
_TESTED_FIRST = frozenset(["filter", "map", "reduce", "starmap"])
"""Of these, the function is the first argument; of others it may be any."""


class Handed(Doors):
    """Walks the arguments of calls that call one of them."""

    def hand(self, node: ast.Call, full: str, receiver: Holds, arguments: Sequence[Holds]) -> None:
        """A call calls what it is given, with what it is given beside."""
        name = (full or getattr(node.func, "attr", getattr(node.func, "id", ""))).rpartition(".")[2]
        parts = [*node.args, *(word.value for word in node.keywords)]
        for at, part in enumerate(parts):
            first = at == 0 if name in _TESTED_FIRST and len(node.args) > 1 else True
            data = name in ("max", "min", "sorted") and at < len(node.args)
            if data or not first or not self._may_be_code(part):
                continue
            others = [held for other, held in enumerate(arguments) if parts[other] is not part]
            beside = weaker(union([receiver, *others]))
            beside = {thing: s for thing, s in beside.items() if not self.is_import(thing)}
            if isinstance(part, ast.Lambda):
                self._hand_lambda(part, beside)
            elif not self._leaves_alone(part):
                self.touch(beside)
                self.put(beside, into=beside)
                self.give(beside, to=arguments[at])

    def _may_be_code(self, part: ast.expr) -> bool:
        if isinstance(part, ast.Name):
            held = self.point.holds.get(self.scope.find(part.id), {})
            return not held.keys() & self.found.containers
        return isinstance(part, ast.Lambda | ast.Attribute | ast.Call)

    def _hand_lambda(self, part: ast.Lambda, beside: Holds) -> None:
        parameter = self.changed_by_lambda.get(id(part))
        if parameter is not None:
            self.touch(beside)
            self.put(self.found.contents.get(parameter, {}), into=beside)

    def _leaves_alone(self, part: ast.expr) -> bool:
        """Whether what is called is known to change nothing of what it is called with."""
        words = dotted(part)
        full = self.origin(words)
        if full:
            if not self.is_inert(full) or words[-1] in known.FILE_WRITERS:
                self.act(full)
            return self.is_inert(full) and words[-1] not in (
                known.MUTATORS | known.MUTATING_METHODS | known.MUTATING_FUNCTIONS
            )
        if isinstance(part, ast.Name):
            return self._named_leaves_alone(part.id)
        if isinstance(part, ast.Attribute) and part.attr not in known.KNOWN_METHODS:
            self.act(f".{part.attr}()")
        quiet = known.QUIET_RESULTS - known.ESTIMATOR_METHODS
        return isinstance(part, ast.Attribute) and part.attr in quiet

    def _named_leaves_alone(self, name: str) -> bool:
        if self.scope.find(name) != name:
            return False
        if name in known.BUILTINS and name not in self.found.writes:
            return name not in ("delattr", "next", "setattr")
        self.found.called.add(name)
        how = None if name in self.found.writes else self.harmless.get(name)
        return how is not None and not how.opens


def may_call(function: ast.expr, name: str, full: str) -> bool:
    """Whether a function of this name, and origin, may call what it is given."""
    if full:
        return full.partition(".")[0] in _CALLING_PACKAGES or full in _CALLING_FUNCTIONS
    return name in (_CALLING_METHODS if isinstance(function, ast.Attribute) else _CALLING_BUILTINS)
