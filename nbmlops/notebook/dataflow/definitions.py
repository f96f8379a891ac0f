"""The functions and classes of a notebook that a piece of code names, transitively."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import Effects, analyze


class Definitions:
    """The functions and classes in force, while cells run one after the other."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._named: dict[str, frozenset[str]] = {}

    def used_by(self, effects: Effects) -> dict[str, str]:
        """What a cell with these effects names, before its own definitions come into force.

        Those of names that it defines anew are not among them, whoever else uses these.
        """
        found = _closure(names_of(effects), self._sources, self._named)
        return {name: source for name, source in found.items() if name not in effects.defines}

    def follow(self, effects: Effects) -> None:
        """A cell with these effects has run."""
        for name in effects.writes | effects.deletes:
            self._sources.pop(name, None)
        for name, definition in effects.defines.items():
            if name in effects.holds and definition.object in effects.holds[name]:
                self._sources[name] = definition.source
                self._named[definition.source] = names_in(definition.source)


def definitions_used(source: str, available: Mapping[str, str]) -> dict[str, str]:
    """The functions and classes that a cell names, transitively: name → source.

    Args:
        source: the cell.
        available: the functions and classes that were in force when it ran, name → source.
    """
    needed = names_in(source)
    return _closure(needed, available, {}) if needed & available.keys() else {}


@lru_cache(maxsize=4096)
def names_in(source: str) -> frozenset[str]:
    """The names of the notebook that a source may read, now or when what it defines is called."""
    try:
        return names_of(analyze(source, {}))
    except CellSyntaxError:
        return frozenset()


def names_of(effects: Effects) -> frozenset[str]:
    """The same, of effects that are known already."""
    inner = (
        definition.effects.reads | definition.effects.soft_reads
        for definition in effects.definitions
    )
    later = frozenset[str]().union(*inner) - effects.assigned
    return effects.reads | effects.soft_reads | later


def _closure(
    names: Iterable[str], available: Mapping[str, str], named: Mapping[str, frozenset[str]]
) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = [name for name in names if name in available]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        source = found[name] = available[name]
        inner = named.get(source) or names_in(source)
        waiting += [other for other in inner if other in available]
    return dict(sorted(found.items()))
