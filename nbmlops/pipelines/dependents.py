"""Which cells cannot run because another one has failed; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.notebook.dataflow.graph import Edge


def dependents(spec: PipelineSpec, edges: Iterable[Edge]) -> dict[str, frozenset[str]]:
    """For each cell id the ids of the cells that depend on it, directly or not.

    The cells of a step belong together: none of them runs where one does not. An edge that is
    only possible counts.

    Args:
        spec: the pipeline.
        edges: those between the positions of its cells.
    """
    ids = [cell.cell_id for cell in spec.cells]
    of_step: dict[str, list[str]] = {}
    for cell in spec.cells:
        if cell.step is not None:
            of_step.setdefault(cell.step, []).append(cell.cell_id)
    below: dict[str, set[str]] = {cell_id: set() for cell_id in ids}
    for edge in edges:
        below[ids[edge.source]].add(ids[edge.target])
    for between in spec.edges:
        for cell_id in of_step.get(between.source, ()):
            below[cell_id] |= set(of_step.get(between.target, ()))
    for together in of_step.values():
        for cell_id in together:
            below[cell_id] |= set(together)
    return {cell_id: _reached(below, cell_id) for cell_id in ids}


def _reached(below: Mapping[str, Iterable[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    waiting: Sequence[str] = list(below[start])
    while waiting:
        found |= set(waiting)
        waiting = [further for cell_id in waiting for further in below[cell_id]]
        waiting = [cell_id for cell_id in dict.fromkeys(waiting) if cell_id not in found]
    return frozenset(found - {start})
