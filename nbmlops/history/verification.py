"""Prove that a recorded execution can be repeated: run it again in a clean kernel and compare."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbmlops.capture.set_orders import is_that_of_runs
from nbmlops.domain.accesses import SET_ORDER
from nbmlops.domain.clock import Clock
from nbmlops.domain.differences import Change
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.late import late_cause, late_writer
from nbmlops.domain.references import StepReference
from nbmlops.domain.verifications import Cause, OutputVerdict, Verdict, Verification
from nbmlops.errors import StoreError, UsageError, ValueNotStoredError
from nbmlops.execution.notebook_execution import Observer
from nbmlops.history.compare import environment_changes
from nbmlops.history.distance import tells_durations
from nbmlops.history.executed import code_of
from nbmlops.history.probe import Request, written
from nbmlops.history.put_back import changed_one_by_one, loaded_together, not_put_back
from nbmlops.history.reexecution import (
    Reexecution,
    comparable,
    kernel_of,
    place_of,
    run_again,
    said,
    worst,
)
from nbmlops.history.repeated_figures import compared_figures
from nbmlops.history.repeated_files import (
    RepeatedFiles,
    changed_files,
    changed_modules,
    files_of,
    names_whole_paths,
    refuse_writing_elsewhere,
    unchanged_reads,
)
from nbmlops.history.seeding import named
from nbmlops.history.slices import Slice, SliceCell, preparation_of, records_of
from nbmlops.history.slicing import SliceService
from nbmlops.history.verification_report import VerificationReport
from nbmlops.history.versions import HistoryService
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import label_of
from nbmlops.pipelines.purity import reads_a_clock
from nbmlops.pipelines.unseeded import draws_in
from nbmlops.store.catalog.origins import OriginRecords
from nbmlops.store.catalog.verifications import VerificationRecords
from nbmlops.values.measured_times import is_duration

_SHOWN = 3

_ORDERED = (
    "it takes a set apart, and its process had texts in an order of its own (no PYTHONHASHSEED); "
    "sorted(…) of a set has one order"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How an execution is repeated; ``records`` are all cells that run, itself last.

    ``late`` are the inputs that are made again though no cell had made them: who may have.
    """

    execution: Execution
    preparation: Slice
    request: Request
    kernel: str
    folder: Path
    records: tuple[ExecutionRecord, ...]
    files: RepeatedFiles
    in_place: bool
    late: dict[str, str]


class VerificationService:
    """Repeats the execution that speaks for a version and compares what it made.

    - puts the recorded inputs back from the store, and rebuilds those that were not kept by the
      slice of their session;
    - runs the cell with its recorded random state and modules, in a copy of what it needs on
      disk, in a clean kernel;
    - where something differs, looks for the cause, and runs it once more to tell chance;
    - keeps the verdict in the ledger.
    """

    def __init__(
        self,
        *,
        project: Path,
        history: HistoryService,
        slices: SliceService,
        origins: OriginRecords,
        records: VerificationRecords,
        clock: Clock,
        author: str,
        picture: Callable[[str], bytes | None],
    ) -> None:
        self._project = project
        self._history = history
        self._slices = slices
        self._origins = origins
        self._records = records
        self._clock = clock
        self._author = author
        self._picture = picture

    def verify(
        self,
        what: StepReference | Execution,
        *,
        tolerance: float | None,
        observer: Observer,
        in_place: bool = False,
    ) -> VerificationReport:
        """Repeat a version, or one execution.

        Args:
            what: which; of a version, the execution that speaks for it is repeated.
            tolerance: the relative difference that is allowed for numbers; none if ``None``.
            observer: called at each cell's start and end.
            in_place: whether the cells run in the notebook's folder itself, and write there.

        Raises:
            UnknownNameError: there is no such version.
            UsageError: the cells would write over files of which no copy can be made, or no cell
                ran in that execution.
            ValueNotStoredError: it never ran to its end.
            KernelMissingError: the notebook's kernel is not installed.
            RunFailedError: the kernel did not start.
        """
        execution = self._found(what)
        version = execution.version
        plan = self._plan(execution, tolerance, in_place=in_place)
        if not in_place:
            self._refuse(_name(execution), plan)
        changed = changed_files(plan.records, self._project)
        edited = changed_modules(plan.files.modules, self._project)
        ran = self._run(plan, observer)
        lost = ran.answer.inputs.keys() & plan.request.stored.keys() if ran.answer else ()
        if lost:  # damaged, or another user's: made again, as if it had not been kept
            plan = self._plan(execution, tolerance, in_place=in_place, without=lost)
            ran = self._run(plan, observer)
        environment = self._drift(execution, ran)
        ran = self._with_figures(execution, ran, same_environment=not environment)
        ran, timed = _but_for_durations(ran)
        verdict, reason = _judged(plan, ran)
        found = _changed(ran, changed) or _late(plan, ran)
        cause = found[0] if found else None
        if timed and verdict is Verdict.WITHIN_TOLERANCE:
            cause, reason = cause or Cause.TIME, f"{reason}; {_took(timed)}"
        if verdict is Verdict.DIFFERENT:
            cause, told = found or self._cause(plan, ran, environment, observer)
            reason = f"{reason}. Probable cause: {cause}; {told}"
        elif found:
            reason = "; ".join(part for part in (reason, f"{cause}: {found[1]}") if part)
        verification = Verification(
            execution_id=execution.id,
            verdict=verdict,
            outputs=ran.outputs,
            reason=reason,
            tolerance=tolerance,
            author=self._author,
            verified_at=self._clock(),
        )
        unkept = None
        try:
            self._records.add(verification)
        except StoreError as error:  # what was found can be told all the same
            unkept = error
        return VerificationReport(
            version=version,
            verification=verification,
            cause=cause,
            environment=environment,
            rebuilt=tuple(sorted(plan.request.rebuilt)),
            changed=(*changed, *edited),
            in_place=in_place,
            not_redirected=not in_place and names_whole_paths(plan.records, self._project),
            unkept=unkept,
        )

    def _refuse(self, what: str, plan: _Plan) -> None:
        refuse_writing_elsewhere(
            what,
            plan.records,
            project=self._project,
            named=[
                value.summary.text
                for value in plan.records[-1].inputs
                if value.summary.kind != "str" and not value.summary.kind.startswith("pathlib")
            ],  # paths that are inputs themselves are put into the copy
        )

    def _found(self, what: StepReference | Execution) -> Execution:
        if isinstance(what, Execution):
            return _runnable(what)
        version = self._history.version(what)
        found = self._history.representative(version)
        if found is None or found.record.status is not ExecutionStatus.OK:
            raise ValueNotStoredError(
                f"{version.reference} never ran to its end, so there is nothing to verify.",
                cure="Run the step again, then verify it.",
            )
        return found

    def _plan(
        self,
        execution: Execution,
        tolerance: float | None,
        *,
        in_place: bool,
        without: Collection[str] = (),
    ) -> _Plan:
        record = execution.record
        prints = {value.fingerprint for value in record.inputs if value.fingerprint is not None}
        kept = self._origins.manifests(prints)
        before = self._slices.held_before(execution.id)
        found = loaded_together(record, kept, before)
        stored = {name: reference for name, reference in found.items() if name not in without}
        document = self._slices.document(record.notebook)
        line = self._slices.executions_until(execution.id)
        preparation = self._preparation(line, given=stored.keys(), document=document)
        label = label_of(record.source)
        request = Request(
            answer="",
            stored=stored,
            rebuilt={
                value.name: value.fingerprint for value in record.inputs if value.name not in stored
            },
            not_put_back=not_put_back(record, stored, before),
            random_state=record.random_state,
            outputs=comparable(record.outputs),
            metrics=written(record.metrics),
            variables=label.metrics if label is not None else (),
            tolerance=tolerance,
        )
        records = (*records_of(preparation.cells, line), record)
        files = files_of(records)
        return _Plan(
            execution=execution,
            preparation=preparation,
            request=replace(request, modules=files.modules),
            kernel=kernel_of(document),
            folder=place_of(record.notebook, self._project),
            records=records,
            files=files,
            in_place=in_place,
            late=_late_inputs(line, request.rebuilt),
        )

    def _preparation(
        self, line: Sequence[Execution], *, given: Collection[str], document: Document | None
    ) -> Slice:
        """The cells that must run before; none for a file that is there as it was read.

        Where one of them would write such a file, the cells that had written it run as well.
        """
        record = line[-1].record
        there = unchanged_reads(record, self._project)
        while True:
            found = preparation_of(
                line,
                given={*given, *(f"file:{path}" for path in there)},
                seeds=record.random_state is None,
                notebook=document,
            )
            before = records_of(found.cells, line)
            written = {one.path for done in before for one in done.files if one.mode != "read"}
            if not there & written:
                return found
            there -= written

    def _run(self, plan: _Plan, observer: Observer) -> Reexecution:
        record = plan.execution.record
        cell = SliceCell(source=code_of(record.source), step=record.step)
        return run_again(
            project=self._project,
            before=plan.preparation.cells,
            cells=[cell],
            request=plan.request,
            kernel=plan.kernel,
            working_directory=plan.folder,
            observer=observer,
            files=None if plan.in_place else plan.files,
            written=record.files,
        )

    def _with_figures(
        self, execution: Execution, ran: Reexecution, *, same_environment: bool
    ) -> Reexecution:
        if ran.answer is None or ran.failure is not None or execution.record.step is None:
            return ran
        found = compared_figures(
            execution.record.artifacts,
            ran.answer.displayed,
            self._picture,
            same_environment=same_environment,
        )
        return replace(ran, figures=tuple(found))

    def _drift(self, execution: Execution, ran: Reexecution) -> tuple[Change, ...]:
        if ran.answer is None:
            return ()
        return environment_changes(self._history.environment(execution), ran.answer.environment)

    def _cause(
        self,
        plan: _Plan,
        ran: Reexecution,
        environment: tuple[Change, ...],
        observer: Observer,
    ) -> tuple[Cause, str]:
        """The probable cause of a difference; runs the cell once more to tell chance."""
        timed, others = _durations(ran.outputs)
        again = self._run(plan, observer) if ran.failure is None else ran
        record = plan.execution.record
        if not again.equals(ran):
            return _chance(record, timed, others)
        if _orders_otherwise(record):
            return Cause.RANDOMNESS, _ORDERED
        if environment:
            shown = ", ".join(
                f"{change.name} {change.before or 'absent'} -> {change.after or 'absent'}"
                for change in environment[:_SHOWN]
            )
            more = len(environment) - _SHOWN
            return Cause.ENVIRONMENT, shown + (f" and {more} more" if more > 0 else "")
        known = _told_by(record)
        if known is not None:
            return known
        told = record.inputs_note or "code, inputs and environment are the recorded ones"
        apart = changed_one_by_one(record, plan.request.stored)
        if apart:
            told += f"; but {', '.join(apart)} were put back one by one, and share nothing any more"
        return Cause.UNKNOWN, told


def _name(execution: Execution) -> str:
    return f"@{execution.id}" if execution.version is None else execution.version.reference


def _runnable(execution: Execution) -> Execution:
    """An execution that can be repeated: a cell ran in it, to its end."""
    record = execution.record
    if record.travelled_to is not None or record.restored_from is not None or record.late_of:
        raise UsageError(
            f"No cell ran in @{execution.id}, so there is nothing to verify.",
            cure="Name an execution of a cell: see log.",
        )
    if record.status is not ExecutionStatus.OK:
        raise ValueNotStoredError(
            f"@{execution.id} did not run to its end, so there is nothing to verify.",
            cure="Run the cell again, then verify what it made.",
        )
    return execution


def _told_by(record: ExecutionRecord) -> tuple[Cause, str] | None:
    """Why another process would give another value, though all is as it was."""
    if reads_a_clock(record):
        return Cause.TIME, "it reads the clock"
    if record.beside_a_thread:
        return Cause.THREAD, f"perhaps it depends on how far that came: {record.inputs_note}"
    return None


def _orders_otherwise(record: ExecutionRecord) -> bool:
    """Whether the process of the record may have had a set in another order than its repetition."""
    orders = (one for one in record.externals if one.name == SET_ORDER)
    return not all(is_that_of_runs(one, os.environ) for one in orders)


def _chance(
    record: ExecutionRecord, timed: Sequence[str], others: Sequence[str]
) -> tuple[Cause, str]:
    """Why a second run gave other values again."""
    if reads_a_clock(record):
        return Cause.TIME, "it reads the clock, and differs at each run"
    # generators of the whole process stood where they stood at the record
    draws = [draw for draw in draws_in(record) if not draw.generator]
    if timed and not draws:
        return Cause.TIME, f"{_took(timed)}; {', '.join(others)} may follow from that"
    unseeded = named(draws, "it") if draws else "something is not seeded"
    told = f"a second run gave other values again: {unseeded}"
    paced = ", or depends on how far the thread or task came that went on"
    return Cause.RANDOMNESS, told + (paced if record.beside_a_thread else "")


def _durations(outputs: Sequence[OutputVerdict]) -> tuple[list[str], list[str]]:
    """What differs in nothing but times that scikit-learn measured, and what else differs."""
    different = [item for item in outputs if item.verdict is Verdict.DIFFERENT]
    timed = [item for item in different if tells_durations(item.why) or is_duration(item.name)]
    return [item.name for item in timed], [item.name for item in different if item not in timed]


def _but_for_durations(ran: Reexecution) -> tuple[Reexecution, list[str]]:
    """A repetition in which nothing differs but measured times, told to be as good as the record.

    Returns:
        It, with those outputs within tolerance, and their names; as it was, where others differ.
    """
    timed, others = _durations(ran.outputs)
    if ran.answer is None or not timed or others:
        return ran, []
    outputs = tuple(
        replace(item, verdict=Verdict.WITHIN_TOLERANCE) if item.name in timed else item
        for item in ran.answer.outputs
    )
    return replace(ran, answer=replace(ran.answer, outputs=outputs)), timed


def _took(names: Sequence[str]) -> str:
    return f"how long the fits took is in {', '.join(names)}, and differs at each run"


def _changed(ran: Reexecution, changed: tuple[str, ...]) -> tuple[Cause, str] | None:
    """What of that which was read is another one now, and took part in the repetition."""
    if ran.answer and ran.answer.edited:
        return Cause.CODE, f"{', '.join(ran.answer.edited)} is not what it was"
    if changed:
        return Cause.INPUT, f"{', '.join(changed)} is not what it was"
    return None


def _late_inputs(line: Sequence[Execution], rebuilt: Mapping[str, str | None]) -> dict[str, str]:
    """Inputs that were what a thread or task had made of them, with the words for it."""
    return {
        value.name: late_writer(done.record)
        for done in line
        for value in (done.record.outputs if done.record.late_of else ())
        if value.name in rebuilt and value.fingerprint == rebuilt[value.name]
    }


def _late(plan: _Plan, ran: Reexecution) -> tuple[Cause, str] | None:
    """The thread, task or callback that had made an input which could not be put back."""
    failed = ran.answer.inputs.keys() if ran.answer else plan.preparation.missing
    for name in failed:
        if name in plan.late:
            told = f"not reproducible: {name} was changed after its cell by {plan.late[name]}"
            return late_cause(plan.late[name]), told
    return None


def _judged(plan: _Plan, ran: Reexecution) -> tuple[Verdict, str]:
    """The verdict of a re-execution, and why it is not ``identical``."""
    missing = [name for name in plan.preparation.missing if name in plan.request.rebuilt]
    if ran.answer is None or (ran.failure is not None and missing):
        told = f"input {missing[0]} was not kept" if missing else said(ran.failure)
        return Verdict.NOT_COMPARABLE, f"what it needs could not be put back: {told}"
    if ran.refused:
        return Verdict.NOT_COMPARABLE, f"it did not run to its end: {said(ran.failure)}"
    if ran.failure is not None:
        return Verdict.DIFFERENT, f"it failed with {said(ran.failure)}"
    outputs = ran.outputs
    if not outputs:
        return Verdict.NOT_COMPARABLE, "it left nothing to compare"
    verdict = worst(outputs)
    inputs = [f"input {name} {why}" for name, why in ran.answer.inputs.items()]
    if inputs and verdict is not Verdict.IDENTICAL:
        return Verdict.NOT_COMPARABLE, "; ".join(inputs)
    return verdict, "; ".join([*_told(outputs), *inputs])


def _told(outputs: tuple[OutputVerdict, ...]) -> Iterator[str]:
    """The names under each verdict that says that something is not the same."""
    for verdict in (Verdict.DIFFERENT, Verdict.WITHIN_TOLERANCE, Verdict.NOT_COMPARABLE):
        names = [item.name for item in outputs if item.verdict is verdict]
        if names:
            yield f"{verdict}: {', '.join(names)}"
