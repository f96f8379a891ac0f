"""One notebook executed in several kernels at once, a lane of its cells in each."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.domain.runs import CellProgress
from nbmlops.errors import UnforeseenError
from nbmlops.execution.cancellation import Cancellation
from nbmlops.execution.direction import CACHED, NOT_NEEDED
from nbmlops.execution.journal import COMPLETED, FAILED, NOT_RUN, PENDING
from nbmlops.execution.lanes import LaneDirector, LaneJournal, LaneOrder, without_kernel
from nbmlops.execution.means import MakeExecution, Means
from nbmlops.execution.notebook_execution import NotebookExecution, Observer
from nbmlops.execution.supervision import Supervisor
from nbmlops.pipelines.agreement import disagreement
from nbmlops.pipelines.lanes import Lane

_ENDED = {COMPLETED, CACHED, NOT_NEEDED}


@dataclass(slots=True)
class _Running:
    lane: Lane
    execution: NotebookExecution
    notebook: Any
    supervisor: Supervisor


class LanedExecution:
    """Executes a notebook in as many kernels as may run at once.

    - starts a lane when those above it have ended, with a kernel of its own;
    - shows each cell once: what makes every kernel ready is shown where it ran first;
    - at a failure that ends the run stops the other lanes; before another attempt lets the cells
      that run come to their end;
    - makes sure at the end that each cell was given what the order of the notebook gives it.

    Args:
        notebook: the notebook node, executed in place.
        order: how it is divided.
        make: makes what executes a lane.
        means: what is reported to, and kept to.
        cancellation: open while this runs.
    """

    def __init__(
        self,
        notebook: Any,
        order: LaneOrder,
        make: MakeExecution,
        means: Means,
        cancellation: Cancellation,
    ) -> None:
        self._notebook = notebook
        self._order = order
        self._make = make
        self._means = means
        self._cancellation = cancellation
        self._supervisor: Supervisor = means.supervisor  # type: ignore[assignment] # runs have one
        positions = [order.director.position_of(cell) for cell in notebook.cells]
        self._index = {at: index for index, at in enumerate(positions) if at is not None}
        self._claimed: set[int] = set()
        self._ended: set[int] = set()
        self._begun: set[int] = set()
        self._tasks: dict[asyncio.Task[None], _Running] = {}
        self._over = False

    async def run(self) -> None:
        """Execute every lane, or up to what ends the run.

        Raises:
            RunFailedError: a kernel did not start.
            UnforeseenError: the notebook must run as a whole, in one kernel.
        """
        self._means.journal.start()
        try:
            await self._lanes()
            self._show_the_rest()
            self._check()
        finally:
            await self._end_all()
            self._means.journal.end()

    async def _lanes(self) -> None:
        while True:
            self._begin()
            if not self._tasks:
                return
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                running = self._tasks.pop(task)
                self._merge(running.notebook)
                task.result()
                self._follow(running)

    def _begin(self) -> None:
        """Start what can start now."""
        for lane in self._order.lanes.lanes:
            if self._over or self._cancellation.signal is not None:
                return
            if lane.number in self._begun or not lane.after <= self._ended:
                continue
            if not self._needs_kernel(lane):
                self._pass(lane)
            elif len(self._tasks) < self._order.at_once:
                self._start(lane)

    def _needs_kernel(self, lane: Lane) -> bool:
        expects = self._order.director.planner.expects
        return any(expects(at) and self._settled(at) is None for at in lane.cells)

    def _settled(self, position: int) -> Any:
        return self._supervisor.settled(self._cell(position).get("id"))

    def _pass(self, lane: Lane) -> None:
        """No cell of a lane has to run."""
        self._begun.add(lane.number)
        for position in lane.cells:
            self._show(position)
        self._ended.add(lane.number)

    def _show(self, position: int) -> None:
        direction = self._settled(position) or without_kernel(self._order, position)
        self._means.journal.cell_taken(self._cell(position), direction)

    def _cell(self, position: int) -> Any:
        return self._notebook.cells[self._index[position]]

    def _start(self, lane: Lane) -> None:
        self._begun.add(lane.number)
        notebook, shown = self._notebook_of(lane)
        supervisor = self._supervisor.beside(LaneDirector(self._order, lane))
        execution = self._make(
            notebook,
            journal=LaneJournal(
                self._means.journal, frozenset(id(notebook.cells[index]) for index in shown)
            ),
            observe=_only(self._means.observe, shown),
            limits=self._order.limits.get(lane.number, self._means.limits),
            supervisor=supervisor,
        )
        task = asyncio.get_running_loop().create_task(execution.run())
        self._tasks[task] = _Running(lane, execution, notebook, supervisor)

    def _notebook_of(self, lane: Lane) -> tuple[Any, frozenset[int]]:
        """The notebook for one kernel, and the indices of the cells that are shown of it.

        What another kernel shows, and this one runs as well, is a copy.
        """
        own = {self._index[at] for at in lane.cells}
        known = set(self._index.values())
        ready = {self._index[at] for at in lane.before}
        ready |= {index for index in range(len(self._notebook.cells)) if index not in known}
        fresh = ready - self._claimed
        self._claimed |= ready
        notebook = copy.copy(self._notebook)
        notebook["metadata"] = copy.deepcopy(self._notebook.metadata)
        notebook["cells"] = [
            cell if index in own | fresh else copy.deepcopy(cell)
            for index, cell in enumerate(self._notebook.cells)
        ]
        return notebook, frozenset(own | fresh)

    def _merge(self, notebook: Any) -> None:
        """Take over what a kernel says of itself, and the widgets that it made."""
        metadata = self._notebook.metadata
        for key in ("language_info", "widgets"):
            if key in notebook.metadata:
                metadata[key] = _together(metadata.get(key), notebook.metadata[key])

    def _follow(self, running: _Running) -> None:
        """Decide what the end of a lane means for the others."""
        if running.execution.exited:
            raise UnforeseenError("sys.exit() ended the notebook early")
        self._supervisor.join(running.supervisor)
        states = {at: self._state(at) for at in running.lane.cells}
        if all(state in _ENDED or self._settled(at) for at, state in states.items()):
            self._ended.add(running.lane.number)
            self._check_copies(running)
            return
        failed = [at for at, state in states.items() if state == FAILED and not self._settled(at)]
        if self._supervisor.pause is not None:
            self._over = True
            for other in self._tasks.values():
                other.execution.finish("another attempt follows")
        elif failed and not self._goes_on_behind(failed):
            self._over = True
            title = self._order.director.planner.cells[failed[0]].title
            for other in self._tasks.values():
                other.execution.stop(f"{title} failed")

    def _goes_on_behind(self, failed: Iterable[int]) -> bool:
        """Whether what failed has been allowed to, as by the tag that says so."""
        marks = (self._cell(at).metadata.get("nbmlops", {}) for at in failed)
        return all("failed" in mark for mark in marks)

    def _state(self, position: int) -> str:
        return str(self._cell(position).metadata.papermill["status"])

    def _check_copies(self, running: _Running) -> None:
        """What makes a kernel ready must have done so in this one too."""
        for position in running.lane.before:
            copied = running.notebook.cells[self._index[position]]
            if any(output.get("output_type") == "error" for output in copied.outputs):
                title = self._order.director.planner.cells[position].title
                raise UnforeseenError(f"{title} failed in one of several kernels")

    def _show_the_rest(self) -> None:
        """What makes kernels ready, where none was needed, or none was needed for it."""
        if len(self._ended) < len(self._order.lanes.lanes):
            return
        for position in sorted(self._order.lanes.setup):
            if self._state(position) == PENDING:
                self._show(position)

    def _check(self) -> None:
        """Each cell was given what the notebook's order gives it.

        Raises:
            UnforeseenError: one was not.
        """
        found = disagreement(
            self._order.director.planner.cells, self._order.lanes, self._order.results
        )
        if found is not None:
            raise UnforeseenError(found)

    async def _end_all(self) -> None:
        """Stop the kernels that are left, if anything has gone wrong."""
        for running in self._tasks.values():
            running.execution.stop("the run begins anew")
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _only(observe: Observer, shown: frozenset[int]) -> Observer:
    def told(progress: CellProgress) -> None:
        if progress.cell - 1 in shown and progress.event != NOT_RUN:
            observe(replace(progress))

    return told


def _together(one: Any, other: Any) -> Any:
    """Two mappings as one, mappings in them included; what the second says goes first."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return type(one)({**one, **{key: _together(one.get(key), other[key]) for key in other}})
