"""Two runs of the same cells side by side: what each made, reported, displayed and wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.pipelines import PipelineCell
from nbmlops.domain.proofs import ComparedKind, ComparedResult
from nbmlops.domain.runs import Run
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord
from nbmlops.domain.verifications import Verdict
from nbmlops.errors import NbmlopsError
from nbmlops.history.distance import compare
from nbmlops.history.project_copy import ProjectCopy
from nbmlops.notebook.displayed import compare_displayed
from nbmlops.notebook.document import Document
from nbmlops.notebook.executed_files import SUFFIXES, compare_executed
from nbmlops.store.values import ValueStore

_DISPLAYED = {
    "same": Verdict.IDENTICAL,
    "volatile": Verdict.WITHIN_TOLERANCE,
    "close": Verdict.WITHIN_TOLERANCE,
    "different": Verdict.DIFFERENT,
}

_State = dict[str, ValueRecord]


@dataclass(frozen=True)
class RecordedRun:
    """A run in a copy of the project, with all that was recorded of it.

    Args:
        run: the run.
        executions: of its cells, in the order in which they ran.
        notebook: as it was executed.
        copy: the project's files as the run left them.
        values: where the values that it made are kept.
    """

    run: Run
    executions: tuple[Execution, ...]
    notebook: Document
    copy: ProjectCopy
    values: ValueStore

    @cached_property
    def by_cell(self) -> Mapping[str, ExecutionRecord]:
        """What was recorded of each cell."""
        return {str(done.record.cell_id): done.record for done in self.executions}

    @cached_property
    def outputs(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What each cell displayed."""
        raw = self.notebook.raw["cells"]
        return {cell.id: raw[cell.index]["outputs"] for cell in self.notebook.code_cells}

    @cached_property
    def ran(self) -> frozenset[str]:
        """The cells that were executed, whether they failed or not."""
        raw = self.notebook.raw["cells"]
        return frozenset(
            cell.id
            for cell in self.notebook.code_cells
            if raw[cell.index]["metadata"].get("papermill", {}).get("status")
            in ("completed", "failed")
        )

    @cached_property
    def after(self) -> Mapping[str, _State]:
        """What each name held after each cell."""
        states: dict[str, _State] = {}
        state: _State = {}
        for done in self.executions:
            state = {name: kept for name, kept in state.items() if name not in done.record.deleted}
            state |= {value.name: value for value in done.record.outputs}
            states[str(done.record.cell_id)] = state
        return states

    @cached_property
    def writers(self) -> Mapping[str, str]:
        """The cell that wrote or removed each file last."""
        return {
            access.path: str(done.record.cell_id)
            for done in self.executions
            for access in done.record.files
            if access.mode != "read"
        }

    @cached_property
    def changed_files(self) -> frozenset[str]:
        """Every file that the run changed."""
        return frozenset(self.copy.changed())


class SideBySide:
    """Compares a pipeline's run with a straight one, cell by cell.

    Args:
        cells: those of the pipeline, in order.
        straight: the run of the whole notebook.
        pipeline: the run of the pipeline.
        tolerance: the relative difference that is allowed for numbers; none if ``None``.
    """

    def __init__(
        self,
        cells: Sequence[PipelineCell],
        *,
        straight: RecordedRun,
        pipeline: RecordedRun,
        tolerance: float | None,
    ) -> None:
        self._cells = cells
        self._straight = straight
        self._pipeline = pipeline
        self._tolerance = tolerance

    def results(self) -> tuple[ComparedResult, ...]:
        """Every result of the pipeline with its verdict, in the order of the cells."""
        files = list(self._files())
        found: list[ComparedResult] = []
        for cell in self._cells:
            found += self._of_cell(cell)
            found += [item for item in files if item.cell == cell.index + 1]
        along = {cell.index + 1 for cell in self._cells}
        return (*found, *(item for item in files if item.cell not in along))

    def _of_cell(self, cell: PipelineCell) -> Iterator[ComparedResult]:
        absent = self._absent(cell)
        if absent is not None:
            yield absent
            return
        before = self._straight.by_cell.get(cell.cell_id)
        after = self._pipeline.by_cell.get(cell.cell_id)
        if before is not None and after is not None:
            yield from self._values(cell, before, after)
            yield from self._metrics(cell, before, after)
        shown = [run.outputs.get(cell.cell_id, ()) for run in (self._straight, self._pipeline)]
        if any(shown):
            told = compare_displayed(shown[0], shown[1], tolerance=self._tolerance)
            yield _result(cell, "display", "displayed", _DISPLAYED[told.kind], told.why)

    def _absent(self, cell: PipelineCell) -> ComparedResult | None:
        """That a cell ran in one of both alone."""
        ran = [cell.cell_id in run.ran for run in (self._straight, self._pipeline)]
        if all(ran):
            return None
        where = "in the pipeline" if ran[0] else "in the straight run" if ran[1] else "in either"
        return _result(cell, "cell", "-", Verdict.DIFFERENT, f"it did not run {where}")

    def _values(
        self, cell: PipelineCell, before: ExecutionRecord, after: ExecutionRecord
    ) -> Iterator[ComparedResult]:
        names = {value.name: None for value in (*before.outputs, *after.outputs)}
        names |= dict.fromkeys((*before.deleted, *after.deleted))
        one, other = (run.after[cell.cell_id] for run in (self._straight, self._pipeline))
        for name in names:
            found = one.get(name), other.get(name)
            if any(value is not None and _is_result(value) for value in found):
                verdict, why = self._verdict(*found)
                yield _result(cell, "value", name, verdict, why)

    def _verdict(
        self, before: ValueRecord | None, after: ValueRecord | None
    ) -> tuple[Verdict, str]:
        if before is None or after is None:
            where = "the straight run" if before is None else "the pipeline"
            return Verdict.DIFFERENT, f"it is not there in {where}"
        if before.fingerprint is None or after.fingerprint is None:
            reason = after.reason if after.fingerprint is None else before.reason
            return Verdict.NOT_COMPARABLE, reason or "it has no content to compare"
        if before.fingerprint == after.fingerprint:
            return Verdict.IDENTICAL, ""
        if before.manifest is None or after.manifest is None:
            return Verdict.DIFFERENT, f"{_short(before)} straight, {_short(after)} in the pipeline"
        try:
            one = self._straight.values.load(before.manifest)
            other = self._pipeline.values.load(after.manifest)
        except NbmlopsError as error:
            return Verdict.DIFFERENT, f"where, cannot be said: {error.message}"
        return compare(one, other, tolerance=self._tolerance)

    def _metrics(
        self, cell: PipelineCell, before: ExecutionRecord, after: ExecutionRecord
    ) -> Iterator[ComparedResult]:
        one, other = _series(before), _series(after)
        for name in one | other:
            series, now = one.get(name, []), other.get(name, [])
            verdict, why = Verdict.IDENTICAL, ""
            if series != now and repr(series) != repr(now):  # NaN is not equal to itself
                verdict, why = compare(series, now, tolerance=self._tolerance)
            yield _result(cell, "metric", name, verdict, why)

    def _files(self) -> Iterator[ComparedResult]:
        """The files that either run left otherwise than it found them."""
        straight, pipeline = self._straight, self._pipeline
        cells = {cell.cell_id: cell for cell in self._cells}
        numbers = {cell.id: cell.index + 1 for cell in straight.notebook.code_cells}
        for path in sorted(straight.changed_files | pipeline.changed_files):
            writer = straight.writers.get(path) or pipeline.writers.get(path) or ""
            cell = cells.get(writer)
            verdict, why = self._file(path)
            if why and writer in numbers and cell is None:
                why += f" (cell {numbers[writer]} writes it, and is left out)"
            yield ComparedResult(
                step=cell.step if cell else None,
                cell=cell.index + 1 if cell else None,
                kind="file",
                name=path,
                verdict=verdict,
                why=why,
            )
        for path in sorted(straight.copy.overwritten() | pipeline.copy.overwritten()):
            why = "too large to be copied: both runs wrote the same file"
            yield ComparedResult(
                step=None,
                cell=None,
                kind="file",
                name=path,
                verdict=Verdict.NOT_COMPARABLE,
                why=why,
            )

    def _file(self, path: str) -> tuple[Verdict, str]:
        """How the file that one run left compares with that of the other."""
        one, other = self._straight.copy, self._pipeline.copy
        verdict, why = _file_verdict(one.digest(path), other.digest(path))
        suffix = PurePosixPath(path).suffix
        both = (one.root / path, other.root / path)
        if (
            verdict is Verdict.IDENTICAL
            or suffix not in SUFFIXES
            or not all(map(Path.is_file, both))
        ):
            return verdict, why
        before, after = (file.read_bytes() for file in both)
        told = compare_executed(before, after, suffix=suffix, tolerance=self._tolerance)
        return _DISPLAYED[told.kind], told.why


def _file_verdict(before: str | None, after: str | None) -> tuple[Verdict, str]:
    if before == after:
        return Verdict.IDENTICAL, ""
    if after is None:
        return Verdict.DIFFERENT, "the pipeline does not leave it"
    if before is None:
        return Verdict.DIFFERENT, "the straight run does not leave it"
    return Verdict.DIFFERENT, "another content"


def _result(
    cell: PipelineCell, kind: ComparedKind, name: str, verdict: Verdict, why: str
) -> ComparedResult:
    return ComparedResult(
        step=cell.step, cell=cell.index + 1, kind=kind, name=name, verdict=verdict, why=why
    )


def _is_result(value: ValueRecord) -> bool:
    return value.summary.kind != "module" and value.reason != PART_OF_THE_CODE


def _short(value: ValueRecord) -> str:
    return value.summary.text.splitlines()[0][:40] if value.summary.text else value.summary.kind


def _series(record: ExecutionRecord) -> dict[str, list[float]]:
    series: dict[str, list[float]] = {}
    for metric in record.metrics:
        series.setdefault(metric.name, []).append(metric.value)
    return series
