"""Functions and classes that take values of the notebook when they are made.

A default, an attribute of a class or an argument of a decorator is looked up once, when the
definition runs: the source, which is a part of the version, does not say what it was. Nor does it
say what a decorator has read, or what cells had changed in a base class.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.definitions import names_in
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.graph import CellFlow

_HOOK = "__init_subclass__"


class ToldBySource:
    """Tells which functions and classes of a notebook their source says all about.

    Args:
        flows: those of its cells.
    """

    def __init__(self, flows: Sequence[CellFlow]) -> None:
        self._flows = flows
        self._values: set[str] = set()
        self._sources: dict[str, list[str]] = {}
        told = not any(_HOOK in flow.cell.source for flow in flows)
        for flow in flows:
            effects = flow.effects
            # to get a subclass changes a class only where that has code for it
            self._values |= flow.mutates | (
                flow.may_mutate - (effects.subclassed if told else set())
            )
            self._values |= effects.writes - effects.defines.keys() - effects.imports.keys()
            for name, definition in effects.defines.items():
                self._sources.setdefault(name, []).append(definition.source)

    def __call__(self, name: str, position: int) -> bool:
        """Whether a cell defines a name, and takes no value of the notebook for that.

        Nor do those that it takes: a base class, a decorator.

        Args:
            name: a function or class.
            position: that of the cell.
        """
        definition = self._flows[position].effects.defines.get(name)
        if definition is None:
            return False
        waiting, seen = [definition.source], {definition.source}
        while waiting:
            source = waiting.pop()
            # what it takes may be called at once, as a decorator is: what that reads counts too
            taken = _taken(source) if source == definition.source else names_in(source)
            if not self._values.isdisjoint(taken):
                return False
            further = {one for other in taken for one in self._sources.get(other, ())} - seen
            seen |= further
            waiting += further
        return True


def _taken(source: str) -> frozenset[str]:
    """The names that are looked up when a definition runs."""
    try:
        header = analyze(source, {})
    except CellSyntaxError:
        return frozenset()
    return header.reads | header.soft_reads
