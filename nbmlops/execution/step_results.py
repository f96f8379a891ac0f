"""What became of each step of a run: of those that never began as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.domain.executions import Execution, ExecutionStatus, Failure
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec
from nbmlops.domain.run_steps import RunStep, StepStatus
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.execution import journal
from nbmlops.execution.direction import CACHED, ELSEWHERE, NOT_NEEDED
from nbmlops.execution.outcome import STOPPED, failure_in
from nbmlops.notebook.document import Document

_STATES = {
    journal.RUNNING: StepStatus.RUNNING,
    journal.COMPLETED: StepStatus.SUCCEEDED,
    journal.FAILED: StepStatus.FAILED,
    journal.CANCELLED: StepStatus.CANCELLED,
    journal.LOST: StepStatus.LOST,
    CACHED: StepStatus.CACHED,
    NOT_NEEDED: StepStatus.SKIPPED,
    ELSEWHERE: StepStatus.SKIPPED,
}

_RECORDED = {
    ExecutionStatus.OK: StepStatus.SUCCEEDED,
    ExecutionStatus.ERROR: StepStatus.FAILED,
    ExecutionStatus.INTERRUPTED: StepStatus.CANCELLED,
}

_ENDED = {
    RunStatus.FAILED: StepStatus.FAILED,
    RunStatus.CANCELLED: StepStatus.CANCELLED,
    RunStatus.LOST: StepStatus.LOST,
}

_WORST = (
    StepStatus.LOST,
    StepStatus.FAILED,
    StepStatus.CANCELLED,
    StepStatus.RUNNING,
    StepStatus.SKIPPED,
    StepStatus.NOT_RUN,
)
"""What a step of several cells is if one of them is."""

_BROKEN = {StepStatus.FAILED, StepStatus.CANCELLED, StepStatus.LOST}
_DONE = {StepStatus.SUCCEEDED, StepStatus.CACHED}

Origin = Callable[[Execution], str]
"""Names the run that made an execution, or the notebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _CellResult:
    """What became of one cell."""

    status: StepStatus
    why: str = ""
    failure: Failure | None = None
    origin: str | None = None
    duration: float | None = None
    attempts: int = 0
    execution: Execution | None = None


def steps_of(
    run: Run,
    spec: PipelineSpec,
    executions: Sequence[Execution],
    notebooks: Sequence[Document],
    origin: Origin,
) -> tuple[RunStep, ...]:
    """Every step of the pipeline, in its order, with what became of it in a run.

    Args:
        run: it may still go on.
        spec: what it executes.
        executions: those that it made or took.
        notebooks: what it has executed, one for each attempt, the last one at the end; empty where
            nothing is left of them, so that the records alone tell.
        origin: names where an execution comes from.
    """
    seen = _Seen(run, executions, notebooks, origin)
    found = []
    for step in spec.steps:
        cells = [seen.cell(cell) for cell in spec.cells if cell.step == step.name]
        found.append(_together(step.name, cells))
    return tuple(found)


class _Seen:
    """What the notebooks and the records of a run tell of its cells."""

    def __init__(
        self,
        run: Run,
        executions: Sequence[Execution],
        notebooks: Sequence[Document],
        origin: Origin,
    ) -> None:
        self._run = run
        self._origin = origin
        self._own: dict[str, list[Execution]] = {}
        self._last: dict[str, Execution] = {}
        for found in executions:
            cell_id = str(found.record.cell_id)
            self._last[cell_id] = found
            if found.record.run_id == run.id:
                self._own.setdefault(cell_id, []).append(found)
        self._by_id = {found.id: found for found in executions}
        self._notebooks = [{cell.id: cell.index for cell in one.code_cells} for one in notebooks]
        self._documents = notebooks

    def cell(self, cell: PipelineCell) -> _CellResult:
        """What became of a cell of the pipeline."""
        metadata = self._metadata(cell.cell_id)
        told = metadata[-1].get("papermill", {}) if metadata else {}
        result = self._recorded(cell) if told.get("status") is None else self._told(cell, metadata)
        began = sum(1 for one in metadata if one.get("papermill", {}).get("start_time"))
        attempts = max(began, len(self._own.get(cell.cell_id, ())))
        found = result.execution
        return replace(
            result,
            duration=found.record.duration if found is not None else told.get("duration"),
            attempts=attempts or int(result.status in _BROKEN),
        )

    def _metadata(self, cell_id: str) -> list[Mapping[str, Any]]:
        """That of a cell in each notebook that has it."""
        return [
            document.raw["cells"][places[cell_id]]["metadata"]
            for document, places in zip(self._documents, self._notebooks, strict=True)
            if cell_id in places
        ]

    def _told(self, cell: PipelineCell, metadata: Sequence[Mapping[str, Any]]) -> _CellResult:
        """As the executed notebook says."""
        mark = metadata[-1].get("nbmlops", {})
        status = _STATES.get(metadata[-1]["papermill"]["status"])
        if status is None:
            return self._waits(mark.get("not_run"))
        if status is StepStatus.CACHED:
            return self._taken(mark.get(CACHED, {}))
        if status is StepStatus.SKIPPED:
            return _CellResult(status=status, why="no part of this run")
        execution = next(reversed(self._own.get(cell.cell_id, [])), None)
        if status not in _BROKEN:
            return _CellResult(status=status, execution=execution)
        failure = self._failure(cell)
        why = mark.get(STOPPED) or failure.reason
        if execution is not None and execution.record.status is ExecutionStatus.OK:
            execution = None  # of an earlier attempt, or the kernel ended before it was recorded
        return _CellResult(status=status, why=why, failure=failure, execution=execution)

    def _taken(self, mark: Mapping[str, Any]) -> _CellResult:
        """A recorded result: of another run, or of an earlier attempt of this one."""
        found = self._by_id.get(mark.get("execution", 0))
        if mark.get("run") == self._run.reference:
            return _CellResult(status=StepStatus.SUCCEEDED, execution=found)
        origin = mark.get("run") or "the notebook"
        return _CellResult(status=StepStatus.CACHED, origin=origin, execution=found)

    def _failure(self, cell: PipelineCell) -> Failure:
        """Why a cell ended badly: what the run says of it, else what it shows itself."""
        told = self._run.failure
        if told is not None and told.cell_id == cell.cell_id:
            return told
        document, places = self._documents[-1], self._notebooks[-1]
        shown = next(one for one in document.cells if one.index == places[cell.cell_id])
        return replace(failure_in(document, shown), cell_index=cell.index)

    def _recorded(self, cell: PipelineCell) -> _CellResult:
        """As the records say, where no notebook does."""
        found, ended = self._last.get(cell.cell_id), _ENDED.get(self._run.status)
        failure = self._run.failure
        failed_here = failure is not None and failure.cell_id == cell.cell_id
        if found is None or (failed_here and found.record.status is ExecutionStatus.OK):
            if not failed_here or failure is None or ended is None:
                return self._waits(None)
            return _CellResult(status=ended, why=failure.reason, failure=failure)
        status = _RECORDED[found.record.status]
        if status is StepStatus.SUCCEEDED and found.record.run_id != self._run.id:
            origin = self._origin(found)
            return _CellResult(status=StepStatus.CACHED, origin=origin, execution=found)
        failed = found.record.failure
        why = failed.reason if failed is not None else ""
        return _CellResult(status=status, why=why, failure=failed, execution=found)

    def _waits(self, because: str | None) -> _CellResult:
        """A cell that has not begun."""
        if because is not None:
            return _CellResult(status=StepStatus.SKIPPED, why=because)
        if not self._run.status.ended:
            return _CellResult(status=StepStatus.WAITING)
        why = _ended_before(self._run)
        if not why and self._documents:
            why = "sys.exit() ended the notebook"
        return _CellResult(status=StepStatus.NOT_RUN, why=why)


def _ended_before(run: Run) -> str:
    """Why what had not begun when a run ended never did."""
    failure = run.failure
    if failure is None:
        return ""
    place = failure.step or (
        f"cell {failure.cell_index + 1}" if failure.cell_index is not None else ""
    )
    if not place:
        return failure.message
    if run.status is RunStatus.FAILED:
        return f"{place} failed"
    return f"the run was {run.status} in {place}"


def _together(name: str, cells: Sequence[_CellResult]) -> RunStep:
    """A step of what became of its cells."""
    status = _status([cell.status for cell in cells])
    telling = next((cell for cell in cells if cell.status is status), None)
    made = [cell.execution for cell in cells if cell.execution is not None]
    durations = [cell.duration for cell in cells if cell.duration is not None]
    version = next((one.version for one in reversed(made) if one.version), None)
    return RunStep(
        name=name,
        status=status,
        why=telling.why if telling is not None else "",
        failure=telling.failure if telling is not None else None,
        version=version.reference if version is not None else None,
        origin=telling.origin if telling is not None else None,
        duration=sum(durations) if durations else None,
        attempts=max((cell.attempts for cell in cells), default=0),
        executions=tuple(one.id for one in made),
    )


def _status(states: Sequence[StepStatus]) -> StepStatus:
    """What a step is whose cells are that."""
    for worst in _WORST:
        if worst in states:
            return worst
    if StepStatus.WAITING in states:
        begun = any(state in _DONE for state in states)
        return StepStatus.RUNNING if begun else StepStatus.WAITING
    return StepStatus.SUCCEEDED if StepStatus.SUCCEEDED in states else StepStatus.CACHED
