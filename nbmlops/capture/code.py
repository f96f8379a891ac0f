"""The functions and classes of a notebook, as far as the kernel has run them."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from typing import Any

from nbmlops.capture.namespace import Candidates
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import Definition, Effects, analyze


class Definitions:
    """Remembers what each cell defined, and follows what a cell uses through it."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._known: dict[str, Definition] = {}

    def learn(self, effects: Effects) -> None:
        """A cell that defines things has run."""
        self._known.update(effects.defines)
        for name in effects.writes - effects.defines.keys():
            self._known.pop(name, None)

    def used_by(self, effects: Effects) -> dict[str, Definition]:
        """The notebook's functions and classes that a cell uses, transitively, by name."""
        used: dict[str, Definition] = {}
        waiting = [*effects.uses, *(name for own in effects.definitions for name in _needs(own))]
        while waiting:
            name = waiting.pop()
            definition = None if name in used else self._find(name)
            if definition is not None:
                used[name] = definition
                waiting += _needs(definition)
        own = effects.defines
        return {name: found for name, found in used.items() if name not in own}

    def _find(self, name: str) -> Definition | None:
        if name in self._known:
            return self._known[name]
        value = self._namespace.get(name)
        if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
            return self._look_up(name, value)
        return None

    def _look_up(self, name: str, function: types.FunctionType) -> Definition | None:
        """A function that was defined before nbmlops was loaded."""
        try:
            source = inspect.getsource(inspect.unwrap(function))
            found = analyze(source).defines.get(name)
        except (OSError, TypeError, CellSyntaxError):
            return None
        if found is not None:
            self._known[name] = found
        return found


def candidates_of(effects: Effects, used: Mapping[str, Definition]) -> Candidates:
    """The names whose content a cell may read or change, functions that it calls included."""
    reached = [
        effects,
        *(own.effects for own in effects.definitions),
        *(definition.effects for definition in used.values()),
    ]
    touches = frozenset().union(
        *(part.mutates | part.may_mutate | part.writes | part.deletes for part in reached)
    )
    reads = effects.reads | effects.soft_reads
    for definition in used.values():
        reads |= definition.effects.reads
    return Candidates(
        reads=reads | effects.mutates | effects.may_mutate,
        touches=touches,
        assigned=effects.assigned,
        everything=any(construct.writes and not construct.star for construct in effects.dynamic),
    )


def _needs(definition: Definition) -> list[str]:
    return [
        *definition.effects.uses,
        *(name for inner in definition.effects.definitions for name in _needs(inner)),
    ]
