"""Code that ran before recording was turned on, found where it still is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nbmlops.history.executed import code_of, definition_of
from nbmlops.notebook.dataflow import slices
from nbmlops.notebook.dataflow.definitions import names_in
from nbmlops.notebook.dataflow.graph import Graph, build
from nbmlops.notebook.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """Sources that make names which nothing recorded made, in the order in which they run.

    ``definitions`` and ``notebook`` are the names that came from the functions and classes kept
    with a version, and from the notebook as it is now.
    """

    sources: tuple[str, ...]
    definitions: frozenset[str]
    notebook: frozenset[str]


def recover(
    names: Collection[str],
    *,
    definitions: Mapping[str, str],
    notebook: Document | None,
    recorded: Collection[str],
) -> Recovered:
    """Look for names that nothing recorded made.

    Args:
        names: what is wanted.
        definitions: functions and classes that were kept with a version, name → source.
        notebook: the notebook as it is now.
        recorded: names that recorded cells made; what needs them is left to those.
    """
    search = _Search(definitions, notebook)
    waiting, seen = sorted(names), set(recorded)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += search.find(name)
    return search.result()


class _Search:
    def __init__(self, definitions: Mapping[str, str], notebook: Document | None) -> None:
        self._definitions = definitions
        self._graph = build(notebook.code_cells if notebook else ())
        self._kept: dict[str, str] = {}
        self._parts: dict[int, dict[str, None]] = {}
        self._whole: frozenset[int] = frozenset()
        self._found: set[str] = set()

    def find(self, name: str) -> list[str]:
        """Find one name; returns the names that its definition may need."""
        if name in self._definitions:
            self._kept[name] = self._definitions[name]
            return sorted(names_in(self._definitions[name]))
        position = _binder(self._graph, name)
        if position is None:
            return []
        self._found.add(name)
        part = definition_of(name, self._graph.flows[position].cell.source)
        if part is None:
            self._whole |= slices.backward(self._graph, [position])
            return []
        self._parts.setdefault(position, {})[part] = None
        return sorted(names_in(part))

    def result(self) -> Recovered:
        """What was found; functions come last, as they may be decorated with what is imported."""
        cells = [
            code_of(self._graph.flows[place].cell.source)
            if place in self._whole
            else "\n".join(self._parts[place])
            for place in sorted(self._whole | self._parts.keys())
        ]
        return Recovered(
            sources=(*(cell for cell in cells if cell), *self._kept.values()),
            definitions=frozenset(self._kept),
            notebook=frozenset(self._found),
        )


def _binder(graph: Graph, name: str) -> int | None:
    """The last cell of a notebook that binds a name."""
    places = [place for place, flow in enumerate(graph.flows) if name in flow.writes]
    return places[-1] if places else None
