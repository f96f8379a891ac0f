"""What the kernels of one run, each with a lane of its cells, share and do not share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.executions import Execution
from nbmlops.domain.plans import CellPlan
from nbmlops.errors import UnforeseenError
from nbmlops.execution.caching import CacheDirector
from nbmlops.execution.direction import ELSEWHERE, NOT_NEEDED, Direction
from nbmlops.execution.journal import Journal
from nbmlops.execution.limits import Limits
from nbmlops.pipelines.lanes import Lane, Lanes


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOrder:
    """How a run is divided.

    ``director`` is that of the run; each lane gets one beside it. ``at_once`` is how many lanes
    may run at a time; ``limits`` are those of lanes whose steps have some of their own.
    """

    lanes: Lanes
    director: CacheDirector
    at_once: int
    limits: Mapping[int, Limits]

    @property
    def results(self) -> dict[int, Execution | None]:
        """What each cell left, by position."""
        return self.director.results


class LaneDirector:
    """Directs the kernel of one lane through the whole notebook.

    - its own cells, and those that make every kernel ready, as the plan says;
    - of cells in lanes above, it takes note of what they have left; all others it passes by.

    Args:
        order: how the run is divided.
        lane: the lane.
    """

    def __init__(self, order: LaneOrder, lane: Lane) -> None:
        self._order = order
        self._own = frozenset(lane.cells)
        self._ready = frozenset(lane.before)
        above = order.lanes.above(lane)
        self._above = {at for one in order.lanes.lanes if one.number in above for at in one.cells}
        self._inner = order.director.beside(order.director.planner.beside())

    def direct(self, cell: Any) -> Direction:
        """What to do with a cell whose turn has come; see `Director`.

        Raises:
            UnforeseenError: the notebook must run as a whole.
        """
        position = self._inner.position_of(cell)
        if position is None or position in self._own or position in self._ready:
            return self._inner.direct(cell)
        if position in self._above:
            self._note(position)
        return Direction(state=ELSEWHERE)

    def _note(self, position: int) -> None:
        results = self._order.results
        if position not in results:
            return  # nothing needed it
        left = results[position]
        if left is None:
            title = self._inner.planner.cells[position].title
            raise UnforeseenError(f"what {title} left was not recorded")
        self._inner.planner.settle(position, left.record)

    def ended(self, cell: Any, status: str) -> None:
        """A cell that ran has ended."""
        self._inner.ended(cell, status)

    def passed_over(self, cell: Any) -> None:
        """A code cell is not run."""
        self._inner.passed_over(cell)


def without_kernel(order: LaneOrder, position: int) -> Direction:
    """What a cell shows that no lane runs, as the plan foresaw."""
    forecast = order.director.planner.forecast[position]
    if forecast.state is CellPlan.CACHED and forecast.execution is not None:
        return order.director.take(position, forecast.execution, although=forecast.reason)
    return Direction(state=NOT_NEEDED)


class LaneJournal(Journal):
    """Tells the journal of the run of those cells only that a lane shows.

    Args:
        journal: that of the run.
        shown: the identities of the nodes of these cells.
    """

    def __init__(self, journal: Journal, shown: frozenset[int]) -> None:
        self._journal = journal
        self._shown = shown

    def start(self) -> None:
        """The run has started before."""

    def end(self) -> None:
        """The run goes on."""

    def cell_taken(self, cell: Any, direction: Direction) -> None:
        """The cell does not run."""
        if id(cell) in self._shown and direction.state != ELSEWHERE:
            self._journal.cell_taken(cell, direction)

    def cell_started(self, cell: Any) -> None:
        """The cell runs from now."""
        if id(cell) in self._shown:
            self._journal.cell_started(cell)

    def cell_says(self, cell: Any, line: str) -> None:
        """The last line that the running cell has printed."""
        if id(cell) in self._shown:
            self._journal.cell_says(cell, line)

    def cell_ended(self, cell: Any, status: str) -> None:
        """The cell has ended, well or badly."""
        if id(cell) in self._shown:
            self._journal.cell_ended(cell, status)

    def ended_by(self, said: str) -> None:
        """Why no further cell begins."""
        self._journal.ended_by(said)
