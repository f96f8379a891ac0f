"""Why a pipeline and the straight run of its notebook differ: chance, time or the conversion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.proofs import ComparedResult, ProofCause
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.verifications import Verdict
from nbmlops.history.distance import tells_durations
from nbmlops.history.seeding import unseeded_among
from nbmlops.history.side_by_side import RecordedRun, SideBySide
from nbmlops.pipelines.purity import reads_a_clock
from nbmlops.values.measured_times import is_duration

_RANKS = {Verdict.IDENTICAL: 0, Verdict.WITHIN_TOLERANCE: 1, Verdict.DIFFERENT: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is compared: the pipeline's cells, beside all that the notebook has.

    ``tolerance`` is the relative difference that is allowed for numbers; none if ``None``.
    """

    pipeline: PipelineSpec
    straight: PipelineSpec
    tolerance: float | None

    def results(self, before: RecordedRun, after: RecordedRun) -> tuple[ComparedResult, ...]:
        """The results of two runs side by side."""
        cells = self.pipeline.cells
        both = SideBySide(cells, straight=before, pipeline=after, tolerance=self.tolerance)
        return both.results()

    def record_of(self, item: ComparedResult, run: RecordedRun) -> ExecutionRecord | None:
        """What was recorded of the cell that a result is of."""
        for cell in self.pipeline.cells:
            if cell.index + 1 == item.cell:
                return run.by_cell.get(cell.cell_id)
        return None


def worst(results: Iterable[ComparedResult]) -> Verdict:
    """The verdict of several results: that of the worst which can be compared at all."""
    found = {item.verdict for item in results} - {Verdict.NOT_COMPARABLE}
    return max(found, key=_RANKS.__getitem__, default=Verdict.NOT_COMPARABLE)


def explained(
    difference: Difference, results: tuple[ComparedResult, ...], runs: Sequence[RecordedRun]
) -> tuple[str, ProofCause]:
    """Why the pipeline differs from the straight run: chance, time or its conversion."""
    straight, pipeline, again = runs
    chance = {
        _key(item)
        for item in difference.results(straight, again)
        if item.verdict is Verdict.DIFFERENT
    }
    different = [item for item in results if item.verdict is Verdict.DIFFERENT]
    certain = [item for item in different if _key(item) not in chance]
    if again.run.status is RunStatus.SUCCEEDED and len(certain) < len(different):
        first = different[0]
        if _key(first) in chance:
            return _by_chance(difference, first, straight)
    first = different[0]
    told = f"{first.title} differed first: {_named(first)}{': ' if first.why else ''}{first.why}"
    if pipeline.run.status is not RunStatus.SUCCEEDED:
        told += f"; the pipeline did not succeed: {said(pipeline.run)}"
    culprit = _culprit(difference, first, straight, pipeline)
    found = f", and {culprit}" if culprit else ""
    record = difference.record_of(first, pipeline)
    if record is not None and not record.inputs_complete:
        found += f"; what {first.title} reads is not known from its code: {record.inputs_note}"
    reason = f"{told}. Probable cause: conversion; two straight runs agree{found}"
    return reason, ProofCause.CONVERSION


def _by_chance(
    difference: Difference, first: ComparedResult, straight: RecordedRun
) -> tuple[str, ProofCause]:
    record = difference.record_of(first, straight)
    took = tells_durations(first.why) or (first.kind == "value" and is_duration(first.name))
    timed = took or (record is not None and reads_a_clock(record))
    cause = ProofCause.TIME if timed else ProofCause.RANDOMNESS
    clock = "it holds how long the fits took" if took else "it reads the clock"
    why = clock if timed else _unseeded(difference, record, straight)
    reason = (
        f"{first.title} differed first: {_named(first)}. Probable cause: {cause}; two straight "
        f"runs differ there as well: {why}"
    )
    return reason, cause


def _unseeded(difference: Difference, record: ExecutionRecord | None, straight: RecordedRun) -> str:
    if record is None:
        return "something is not seeded"
    records = [done.record for done in straight.executions]
    at = next(n for n, one in enumerate(records) if one.cell_id == record.cell_id)
    numbers = {cell.cell_id: cell.index + 1 for cell in difference.straight.cells}
    return unseeded_among(record, records[:at], numbers)


def _culprit(
    difference: Difference, first: ComparedResult, straight: RecordedRun, pipeline: RecordedRun
) -> str:
    """The cell that the pipeline leaves out and that changed what the first difference reads."""
    before, after = (difference.record_of(first, run) for run in (straight, pipeline))
    along = {cell.cell_id for cell in difference.pipeline.cells}
    if before is None:
        return ""
    now = {value.name: value.fingerprint for value in after.inputs} if after else {}
    wanted = {v.name for v in before.inputs if now.get(v.name) != v.fingerprint} | {first.name}
    numbers = {cell.cell_id: cell.index + 1 for cell in difference.straight.cells}
    found = ""
    for done in straight.executions:
        cell = str(done.record.cell_id)
        if cell == before.cell_id:
            break
        changed = sorted(wanted & {value.name for value in done.record.outputs})
        if changed and cell not in along:
            found = f"cell {numbers[cell]}, which is left out, changes {', '.join(changed)}"
    return found


def _key(item: ComparedResult) -> tuple[int | None, str, str]:
    return item.cell, item.kind, item.name


def first_of(results: Iterable[ComparedResult]) -> str | None:
    """The step, or the cell, that differed first."""
    return next((item.title for item in results if item.verdict is Verdict.DIFFERENT), None)


def _named(item: ComparedResult) -> str:
    return {"display": "what it displayed", "cell": "the cell"}.get(
        item.kind, f"{item.kind} {item.name}"
    )


def said(run: Run) -> str:
    """Why a run did not succeed, in a few words."""
    failure = run.failure
    if failure is None:
        return str(run.status)
    place = f" in step {failure.step}" if failure.step else ""
    cell = f" in cell {failure.cell_index + 1}" if failure.cell_index is not None else ""
    return f"{failure.kind}{place or cell}: {failure.message}"
