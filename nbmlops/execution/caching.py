"""Follow a plan through a notebook that is being executed."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from nbmlops.domain.executions import Execution
from nbmlops.execution.direction import CACHED, NOT_NEEDED, Direction
from nbmlops.execution.recorded_outputs import RecordedOutputs
from nbmlops.pipelines.planner import Planner
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords

_BRING_BACK = """\
__import__("nbmlops.magics.bringing", fromlist=["bring_back"]).bring_back(
    get_ipython(), {values}, {generators}, {binds}
)"""


class CacheDirector:
    """Tells a notebook execution which cells to run.

    - asks the planner about each cell, and tells it what each that ran has made, as its kernel
      recorded it;
    - has the values brought back that a cell needs and the kernel does not hold;
    - remembers what each cell left (``results``, by position), whose results of other runs were
      taken, and what speaks against them.

    Args:
        planner: made for this run.
        run_id: the run.
        executions, reuse, runs, outputs: the store.
    """

    def __init__(
        self,
        planner: Planner,
        run_id: int,
        *,
        executions: ExecutionRecords,
        reuse: ReuseRecords,
        runs: RunRecords,
        outputs: RecordedOutputs,
    ) -> None:
        self._planner = planner
        self._run_id = run_id
        self._executions = executions
        self._reuse = reuse
        self._runs = runs
        self._outputs = outputs
        self._positions = {
            cell.flow.cell.id: position for position, cell in enumerate(planner.cells)
        }
        self._origins: dict[int, str] = {}
        self.results: dict[int, Execution | None] = {}
        self.taken: list[int] = []
        self.although: list[str] = []

    def direct(self, cell: Any) -> Direction:
        """What to do with a cell; one that the plan does not know runs.

        Raises:
            UnforeseenError: the notebook must run as a whole.
        """
        position = self._positions.get(cell.get("id"))
        if position is None:
            return Direction()
        told = self._planner.next(position)
        if told.execution is not None and not self._planner.is_wanted(position):
            self.results[position] = told.execution
            return Direction(state=NOT_NEEDED)
        if told.execution is not None:
            return self.take(position, told.execution, although=told.although)
        if told.skip:
            return Direction(state=NOT_NEEDED)
        return Direction(
            before=_bringing(told.needs or {}, told.random, told.binds),
            reason=self._planner.forecast[position].reason,
        )

    def ended(self, cell: Any, status: str) -> None:
        """A cell has run: what it made is what its kernel wrote down."""
        del status
        cell_id = cell.get("id")
        position = self._positions.get(cell_id, self._planner.parameters_at)
        if position is None:
            return
        found = self._reuse.last_of_cell(self._run_id, str(cell_id))
        execution = self._executions.by_ids([found])[found] if found is not None else None
        self.results[position] = execution
        self._planner.ran(position, execution.record if execution is not None else None)

    def take(self, position: int, execution: Execution, *, although: str = "") -> Direction:
        """Take a recorded result for a cell."""
        self.results[position] = execution
        if execution.record.run_id != self._run_id:
            self.taken.append(execution.id)
            self._note(position, although)
        return Direction(
            state=CACHED,
            outputs=self._outputs.of(execution),
            mark={CACHED: self._mark(execution)},
        )

    def anew(self) -> CacheDirector:
        """A director of the same run in which every cell runs that belongs to it."""
        other = self.beside(self._planner.for_all())
        other.results, other.taken, other.although = {}, [], []
        return other

    def beside(self, planner: Planner) -> CacheDirector:
        """A director of another kernel of the same run; what it remembers is remembered here."""
        other = copy.copy(self)
        other._planner = planner  # noqa: SLF001 (one of its own kind)
        return other

    @property
    def planner(self) -> Planner:
        """The planner that is followed."""
        return self._planner

    def position_of(self, cell: Any) -> int | None:
        """Where a cell is in the plan; ``None`` for one that the plan does not know."""
        return self._positions.get(cell.get("id"))

    def passed_over(self, cell: Any) -> None:
        """A cell is not run: what it would have made is not there."""
        position = self._positions.get(cell.get("id"))
        if position is not None:
            self._planner.passed_over(position)

    def _note(self, position: int, although: str) -> None:
        if although:
            title = self._planner.cells[position].title
            self.although.append(f"A recorded result of {title} was taken: {although}.")

    def _mark(self, execution: Execution) -> dict[str, Any]:
        """Where a taken result comes from, for whoever reads the executed notebook."""
        run_id = execution.record.run_id
        if run_id is not None and run_id not in self._origins:
            self._origins |= self._runs.references([run_id])
        return {
            "execution": execution.id,
            "run": None if run_id is None else self._origins.get(run_id),
            "ran_at": execution.record.started_at.isoformat(),
        }


def _bringing(
    values: Mapping[str, str], generators: Mapping[str, str], binds: Mapping[str, str]
) -> str:
    if not values and not generators and not binds:
        return ""
    return _BRING_BACK.format(
        values=json.dumps(dict(values), sort_keys=True),
        generators=json.dumps(dict(generators), sort_keys=True),
        binds=json.dumps(dict(binds)),
    )
