"""Cells that set something for the process, and what they set when others ran; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from nbmlops.domain.executions import CellRun, Execution
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.notebook.dataflow.written_out import settings_in


def setting_cells(flows: Sequence[CellFlow]) -> dict[int, str]:
    """The ids of the cells whose code sets an option, a variable or another thing, by position."""
    return {
        at: flow.cell.id
        for at, flow in enumerate(flows)
        if PROCESS in flow.writes and flow.problem is None
    }


class Settings:
    """Tells which cells above another one set something else when that ran.

    A cell of which that kernel has no record, as it ran before recording began, tells nothing.

    Args:
        cells: the cells that set something, as they are now, by position.
        runs: when they ran, oldest first.
    """

    def __init__(self, cells: Mapping[int, CellFlow], runs: Iterable[CellRun]) -> None:
        self._cells = cells
        self._runs: dict[tuple[str, str], list[CellRun]] = {}
        for run in runs:
            self._runs.setdefault((run.session, run.cell_id), []).append(run)

    def edited(self, position: int, execution: Execution) -> Iterator[int]:
        """The positions of those that had set something else when a cell below them ran."""
        for at, flow in self._cells.items():
            if at >= position:
                continue
            runs = self._runs.get((execution.record.session, flow.cell.id), ())
            before = bisect_left(runs, execution.id, key=attrgetter("id"))
            if before and _sets_otherwise(runs[before - 1].source, flow.cell.source):
                yield at

    def above(self, position: int) -> list[int]:
        """The positions of all that are above a cell."""
        return [at for at in self._cells if at < position]


def _sets_otherwise(then: str, now: str) -> bool:
    """Whether code sets something else, or in another order; imports beside that do not count."""
    before, after = settings_in(then), settings_in(now)
    return before != after if before is not None or after is not None else then != now
