"""Which cells are needed to run others."""

from __future__ import annotations

from collections.abc import Iterable

from nbmlops.notebook.dataflow.graph import Graph
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.links import bits, from_last, together


def backward(graph: Graph, targets: Iterable[int]) -> frozenset[int]:
    """The targets and every cell that they need, as positions in ``graph.flows``.

    Needed is whoever bound or changed what is read, directly or not. Cells that set something
    for the whole process, seed the random generators, or may change anything else outside of the
    notebook's names go along with any later cell.
    """
    waiting = together(1 << position for position in targets)
    last = waiting.bit_length() - 1
    waiting |= together(1 << position for position in _setting(graph) if position < last)
    needed = 0
    while waiting:
        position = next(from_last(waiting))
        needed |= 1 << position
        waiting = (waiting | graph.links.sources(position)) & ~needed
    return frozenset(bits(needed))


def _setting(graph: Graph) -> Iterable[int]:
    for position, flow in enumerate(graph.flows):
        if flow.seeds or flow.acts or PROCESS in flow.writes:
            yield position
