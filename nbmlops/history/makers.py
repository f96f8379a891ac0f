"""The inputs of recorded results that no cell of the notebook makes any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbmlops.domain.executions import Execution
from nbmlops.domain.timeline import Moment
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.document import Cell
from nbmlops.pipelines.outline import Outline


def without_maker(found: Outline, ran: Mapping[int, Execution]) -> dict[int, frozenset[str]]:
    """The names that cells took when they ran and that no other cell binds now, by position.

    None where the code of a cell does not tell what it binds.
    """
    flows = found.graph.flows
    if any(construct.writes for flow in flows for construct in flow.dynamic):
        return {}
    makers: dict[str, set[int]] = {}
    for position, flow in enumerate(flows):
        for name in flow.writes:
            makers.setdefault(name, set()).add(position)
    aside = frozenset[str]().union(*map(_bound_in, found.skipped))
    missed: dict[int, frozenset[str]] = {}
    for position, execution in ran.items():
        reads = found.flow(position).reads | found.flow(position).missing
        taken = {value.name for value in execution.record.inputs} & reads
        gone = frozenset(name for name in taken - aside if not makers.get(name, set()) - {position})
        if gone:
            missed[position] = gone
    return missed


def made_by_cells(line: Sequence[Moment], before: int) -> frozenset[str]:
    """The names whose values, as an execution found them, a recorded cell had bound or changed.

    Args:
        line: the moments that led to the execution.
        before: its id.
    """
    made: dict[str, bool] = {}
    for moment in line:
        if moment.id < before:
            made |= {kept.name: moment.is_cell for kept in moment.names if kept.changed}
    return frozenset(name for name, by_cell in made.items() if by_cell)


def _bound_in(cell: Cell) -> frozenset[str]:
    try:
        return analyze(cell.source).writes
    except CellSyntaxError:
        return frozenset()
