"""Which cells are needed to run others."""

from __future__ import annotations

from collections.abc import Iterable

from nbmlops.notebook.dataflow.graph import Graph
from nbmlops.notebook.dataflow.known import PROCESS


def backward(graph: Graph, targets: Iterable[int]) -> frozenset[int]:
    """The targets and every cell that they need, as positions in ``graph.flows``.

    Needed is whoever bound or changed what is read, directly or not. Cells that set something
    for the whole process, seed the random generators, or may change anything else outside of the
    notebook's names go along with any later cell.
    """
    sources: dict[int, list[int]] = {}
    for edge in graph.edges:
        sources.setdefault(edge.target, []).append(edge.source)
    waiting = list(targets)
    needed: set[int] = set()
    last = max(waiting, default=-1)
    waiting += [position for position in _setting(graph) if position < last]
    while waiting:
        position = waiting.pop()
        if position not in needed:
            needed.add(position)
            waiting += sources.get(position, ())
    return frozenset(needed)


def _setting(graph: Graph) -> Iterable[int]:
    for position, flow in enumerate(graph.flows):
        if flow.seeds or flow.acts or PROCESS in flow.writes:
            yield position
