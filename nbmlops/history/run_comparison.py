"""Two runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbmlops.domain.differences import Change
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import Execution, ReportedOutput
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.run_differences import (
    CellDifference,
    MetricChange,
    Outcome,
    RunDiff,
    StepContents,
    StepInRun,
    StepPair,
)
from nbmlops.domain.run_steps import RunStep, StepStatus
from nbmlops.domain.runs import Run
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord
from nbmlops.errors import NotebookError, StoreError
from nbmlops.execution.recorded_outputs import NOTEBOOK_TYPE
from nbmlops.execution.runs import RunService
from nbmlops.history.compare import (
    changes,
    environment_changes,
    externals_said,
    files_said,
    names,
    value_said,
)
from nbmlops.history.contents import ContentService
from nbmlops.history.notebook_comparison import (
    CellPair,
    ExecutedNotebook,
    compare_notebooks,
    pair_notebooks,
)
from nbmlops.history.versions import HistoryService
from nbmlops.notebook.document import parse
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.objects.base import ObjectStore

_OUTCOMES: dict[StepStatus, Outcome] = {
    StepStatus.SUCCEEDED: "ran",
    StepStatus.CACHED: "cached",
    StepStatus.FAILED: "failed",
    StepStatus.CANCELLED: "interrupted",
    StepStatus.LOST: "lost",
    StepStatus.SKIPPED: "skipped",
    StepStatus.NOT_RUN: "not run",
    StepStatus.RUNNING: "running",
    StepStatus.WAITING: "waiting",
}


@dataclass(frozen=True)
class _Side:
    """One of the two runs, with what is recorded of it."""

    run: Run
    version: PipelineVersion
    executions: tuple[Execution, ...]
    steps: Mapping[str, RunStep]

    @cached_property
    def by_cell(self) -> dict[str, Execution]:
        """The last execution of each cell, by step or cell; a step may have several cells."""
        of_cell = {str(found.record.cell_id): found for found in self.executions}
        steps: dict[str, int] = {}
        numbers = self.version.spec.numbers
        found: dict[str, Execution] = {}
        for cell_id, execution in of_cell.items():
            step = execution.record.step
            if step is None:
                # what is injected is no cell of the pipeline: the parameters are compared
                if cell_id in numbers:
                    found[f"cell {numbers[cell_id]}"] = execution
                continue
            steps[step] = steps.get(step, 0) + 1
            found[step if steps[step] == 1 else f"{step} ({steps[step]})"] = execution
        return found

    def step(self, name: str) -> StepInRun | None:
        """What became of a step; ``None`` where the pipeline has none of that name."""
        step = self.steps.get(name)
        if step is None:
            return None
        return StepInRun(
            version=step.version,
            outcome=_OUTCOMES[step.status],
            why=step.why,
            attempts=step.attempts,
            origin=step.origin,
            duration=step.duration,
        )


class RunComparisonService:
    """Compares two runs: what they were given, what ran, and what came of it.

    - pairs the cells of both by step and by place;
    - looks into values and figures as far as that is cheap or asked for;
    - compares the executed notebooks cell by cell, without what differs at each run.

    Args:
        runs: finds what runs executed.
        history: knows environments.
        pipelines: the versions that ran.
        contents: looks into values and figures.
        objects: holds the executed notebooks.
    """

    def __init__(
        self,
        *,
        runs: RunService,
        history: HistoryService,
        pipelines: PipelineRecords,
        contents: ContentService,
        objects: ObjectStore,
    ) -> None:
        self._runs = runs
        self._history = history
        self._pipelines = pipelines
        self._contents = contents
        self._objects = objects

    def diff(self, before: Run, after: Run, *, whole: bool = False) -> RunDiff:
        """Two runs side by side, of one pipeline or of two.

        Args:
            before: a run.
            after: another one.
            whole: whether to load values of any size and class to compare what is inside.
        """
        one, other = self._side(before), self._side(after)
        cells, notes = self._notebooks(before, after)
        return RunDiff(
            before=before.reference,
            after=after.reference,
            facts=changes(_facts(before), _facts(after)),
            parameters=changes(_said(before.parameters), _said(after.parameters)),
            steps=tuple(_steps(one, other)),
            metrics=tuple(_metrics(before, after)),
            reported=changes(_reported(before), _reported(after)),
            outputs=tuple(_outputs(one, other)),
            files=_accesses(one, other, lambda found: files_said(found.record.files)),
            externals=_accesses(one, other, lambda found: externals_said(found.record.externals)),
            environment=environment_changes(self._environment(one), self._environment(other)),
            contents=tuple(self._inside(one, other, whole=whole)),
            cells=tuple(cells),
            notes=tuple(notes),
        )

    def pairs(self, before: Run, after: Run) -> list[CellPair]:
        """All cells of the two executed notebooks; none where one of these is gone."""
        found, notes = self._both(before, after)
        return [] if notes else pair_notebooks(found[0], found[1])

    def _side(self, run: Run) -> _Side:
        executions = tuple(self._runs.executions(run))
        return _Side(
            run=run,
            version=self._pipelines.by_id(run.version_id),
            executions=executions,
            steps={step.name: step for step in self._runs.steps(run)},
        )

    def _environment(self, side: _Side) -> Environment | None:
        """That of what the run executed itself; of what it took, where that is all."""
        own = [found for found in side.executions if found.record.run_id == side.run.id]
        found = (own or list(side.executions))[-1:]
        return self._history.environment(found[0]) if found else None

    def _inside(self, one: _Side, other: _Side, *, whole: bool) -> Iterator[StepContents]:
        for title, first in one.by_cell.items():
            second = other.by_cell.get(title)
            if second is None or first.id == second.id:
                continue
            found = self._contents.between(first, second, whole=whole)
            if found.frames or found.others or found.pictures:
                yield StepContents(
                    title=title, frames=found.frames, others=found.others, pictures=found.pictures
                )

    def _notebooks(self, before: Run, after: Run) -> tuple[list[CellDifference], list[str]]:
        found, notes = self._both(before, after)
        return (compare_notebooks(found[0], found[1]) if not notes else []), notes

    def _both(self, before: Run, after: Run) -> tuple[list[ExecutedNotebook], list[str]]:
        found, notes = [], []
        for run in (before, after):
            try:
                found.append(self._executed(run))
            except (StoreError, NotebookError, OSError) as error:
                notes.append(f"The notebooks are not compared, that of {run.reference}: {error}")
        return found, notes

    def _executed(self, run: Run) -> ExecutedNotebook:
        name = f"{run.pipeline}.ipynb"
        numbers = self._pipelines.by_id(run.version_id).spec.numbers
        for item in run.artifacts:
            if item.name == name and item.media_type == NOTEBOOK_TYPE and item.object:
                text = self._objects.get(item.object).decode("utf-8")
                return ExecutedNotebook(run.reference, parse(text, name=name), numbers)
        # a run that was lost, or still runs, has left it in its folder at most
        text = self._runs.folder(run).notebook.read_text(encoding="utf-8")
        return ExecutedNotebook(run.reference, parse(text, name=name), numbers)


def _facts(run: Run) -> dict[str, str]:
    facts = {"pipeline": f"{run.pipeline}@{run.version}", "status": str(run.status)}
    if run.failure is not None:
        where = f" in {run.failure.step}" if run.failure.step else ""
        facts["failure"] = f"{run.failure.kind}{where}: {run.failure.message}"
    return facts


def _said(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {name: repr(value) for name, value in parameters.items()}


def _reported(run: Run) -> dict[str, str]:
    """Each reported result as a text that is equal for equal content."""
    return {name: _told(item) for name, item in run.outputs.items()}


def _told(item: ReportedOutput) -> str:
    if item.artifact is not None:
        kind = item.type.rpartition(".")[2]
        return f"{kind}, {item.artifact.size:,} B [{item.artifact.object[:8]}]"
    return f"not kept: {item.reason}" if item.reason else repr(item.value)


def _steps(one: _Side, other: _Side) -> Iterator[StepPair]:
    known = {step.name: None for side in (other, one) for step in side.version.spec.steps}
    for name in known:
        yield StepPair(name=name, before=one.step(name), after=other.step(name))


def _metrics(before: Run, after: Run) -> Iterator[MetricChange]:
    for name in names(before.metrics, after.metrics):
        first, second = before.metrics.get(name), after.metrics.get(name)
        if first != second and repr(first) != repr(second):  # NaN is not equal to itself
            yield MetricChange(name=name, before=first, after=second)


def _outputs(one: _Side, other: _Side) -> Iterator[Change]:
    """The values that differ, or may, as one of them has no fingerprint."""
    for title, first, second in _paired(one, other):
        here = {value.name: value for value in _results(first)}
        there = {value.name: value for value in _results(second)}
        for name in names(here, there):
            before, after = here.get(name), there.get(name)
            if not _is_same(before, after):
                yield Change(
                    name=f"{title}.{name}",
                    before=value_said(before, beside=after),
                    after=value_said(after, beside=before),
                )


def _accesses(
    one: _Side, other: _Side, said: Callable[[Execution], Mapping[str, str]]
) -> tuple[Change, ...]:
    found: list[dict[str, str]] = [{}, {}]
    for title, *executions in _paired(one, other):
        for texts, execution in zip(found, executions, strict=True):
            if execution is not None:
                texts |= {f"{title}: {name}": text for name, text in said(execution).items()}
    return changes(*found)


def _paired(one: _Side, other: _Side) -> Iterator[tuple[str, Execution | None, Execution | None]]:
    """Every step, and each unnamed cell that is recorded in both, with its executions.

    An unnamed cell does not run where nothing needs it: that says nothing of what it makes.
    """
    for title in names(one.by_cell, other.by_cell):
        first, second = one.by_cell.get(title), other.by_cell.get(title)
        if first is not None and second is not None:
            if first.id != second.id:
                yield title, first, second
        elif any(found is not None and found.record.step for found in (first, second)):
            yield title, first, second


def _results(execution: Execution | None) -> Iterable[ValueRecord]:
    values = execution.record.outputs if execution is not None else ()
    return (
        value
        for value in values
        if value.summary.kind != "module" and value.reason != PART_OF_THE_CODE
    )


def _is_same(before: ValueRecord | None, after: ValueRecord | None) -> bool:
    if before is None or after is None:
        return False
    return before.fingerprint is not None and before.fingerprint == after.fingerprint
