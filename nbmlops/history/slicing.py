"""Write a clean notebook that makes a recorded result again, and prove it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbmlops.building.reading import read_source
from nbmlops.capture import randomness
from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import NAME, StepReference
from nbmlops.domain.timeline import KeptName, state_of
from nbmlops.domain.verifications import Cause, OutputVerdict, Verdict
from nbmlops.errors import (
    NotebookFormatError,
    StoppedError,
    UnknownNameError,
    UsageError,
    ValueNotStoredError,
)
from nbmlops.execution.notebook_execution import Observer
from nbmlops.history import slice_file
from nbmlops.history.distance import tells_durations
from nbmlops.history.executed import as_repeated
from nbmlops.history.probe import Request, written
from nbmlops.history.reexecution import (
    Reexecution,
    comparable,
    kernel_of,
    place_of,
    run_again,
    said,
    worst,
)
from nbmlops.history.repeated_files import (
    RepeatedFiles,
    changed_files,
    changed_modules,
    files_of,
    names_whole_paths,
    refuse_writing_elsewhere,
)
from nbmlops.history.slices import Slice, random_state_before, records_of, slice_of
from nbmlops.history.versions import HistoryService
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import label_of
from nbmlops.pipelines.purity import reads_a_clock
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.origins import Counts, Origin, OriginRecords
from nbmlops.store.catalog.timelines import TimelineRecords
from nbmlops.store.values import ValueStore
from nbmlops.values.measured_times import is_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What running a slice in a clean kernel gave.

    ``why`` and ``cause`` are set where it is not the recorded result.
    """

    verdict: Verdict
    outputs: tuple[OutputVerdict, ...] = ()
    why: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSlice:
    """A slice as a notebook file; ``proof`` is ``None`` where none was asked for."""

    thing: str
    path: Path
    slice: Slice
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What is to be made again: the executions up to it, and what of the last one counts.

    ``written`` are the files that count.
    """

    thing: str
    executions: tuple[Execution, ...]
    request: Request
    written: tuple[FileAccess, ...] = ()

    @property
    def notebook(self) -> str:
        return self.executions[-1].record.notebook


class SliceService:
    """Finds what made a result, writes it down as a notebook, and runs that.

    Args:
        project: the project's folder.
        history: resolves steps and versions.
        executions: what sessions ran.
        timelines: which of it led to a state.
        origins: which execution made a variable or a metric.
    """

    def __init__(
        self,
        *,
        project: Path,
        history: HistoryService,
        executions: ExecutionRecords,
        timelines: TimelineRecords,
        origins: OriginRecords,
    ) -> None:
        self._project = project
        self._history = history
        self._executions = executions
        self._timelines = timelines
        self._origins = origins

    def write(
        self,
        thing: str,
        *,
        notebook: str | None = None,
        session: str | None = None,
        target: Path | None = None,
        observer: Observer | None = None,
        in_place: bool = False,
    ) -> WrittenSlice:
        """Write the slice of a step, a step version, a variable or a metric.

        Args:
            thing: its name.
            notebook: the key of the notebook that is meant, where several have such a thing.
            session: the kernel session whose variable or metric is meant, if it has made one.
            target: the file to write; ``slice-NAME.ipynb`` beside the notebook by default.
            observer: called at each cell's start and end while the slice is proved; without
                one it is not.
            in_place: whether it is proved in the notebook's folder itself, and writes there.

        Raises:
            UnknownNameError: nothing of that name was recorded.
            UsageError: the file exists and is not a slice, that of another notebook, or edited; or
                the cells would write over files of which no copy can be made.
            NotebookUnwritableError: the file cannot be written.
            StoppedError: it was stopped while the slice was proved; the file is kept.
        """
        result = self._find(thing, notebook, session)
        document = self.document(result.notebook)
        found = slice_of(result.executions, notebook=document)
        records = records_of(found.cells, result.executions)
        if observer is not None and not in_place:
            refuse_writing_elsewhere(thing, records, project=self._project, named=())
        files, changed = self._files(records)
        found = replace(found, notes=(*found.notes, *changed))
        folder = place_of(result.notebook, self._project)
        path = target or folder / f"slice-{re.sub(r'[^A-Za-z0-9_.-]+', '-', thing)}.ipynb"
        slice_file.write(
            path, found, thing=thing, notebook=result.notebook,
            made=result.executions[-1].record.started_at, kernel=kernel_of(document),
        )  # fmt: skip
        proof = None
        if observer is not None:
            kernel = kernel_of(document)
            copied = None if in_place else files
            try:
                proof = self._prove(result, found, kernel, observer, files=copied)
            except KeyboardInterrupt:
                raise StoppedError(f"Stopped; {path.name} is written, and not proved.") from None
        return WrittenSlice(thing=thing, path=path, slice=found, proof=proof)

    def document(self, notebook: str) -> Document | None:
        """A notebook as it is now; ``None`` where it cannot be read."""
        try:
            path = self._project / notebook
            return read_source(path, project=self._project).document
        except NotebookFormatError:
            return None

    def executions_until(self, execution_id: int) -> tuple[Execution, ...]:
        """What led to an execution, itself last: what its session ran and did not undo."""
        ids = [moment.id for moment in self._timelines.line(execution_id)]
        found = self._executions.by_ids(ids)
        ran = [found[key] for key in ids]
        return as_repeated(ran, self._executions.origins_of(ran))

    def held_before(self, execution_id: int) -> dict[str, KeptName]:
        """What each name held when an execution began, as far as it was recorded."""
        line = self._timelines.line(execution_id)
        return state_of([moment for moment in line if moment.id != execution_id])

    def random_state(self, execution_id: int) -> str:
        """The manifest of the random state that an execution began with.

        Raises:
            UsageError: there is no such execution.
            ValueNotStoredError: the state was not recorded.
        """
        if not self._executions.by_ids([execution_id]):
            raise UsageError(
                f"There is no execution @{execution_id} in {self._project}.",
                cure="Look them up: nbmlops log.",
            )
        found = random_state_before(self.executions_until(execution_id))
        if found is None:
            raise ValueNotStoredError(
                f"The random state before @{execution_id} was not recorded.",
                cure="It is recorded before each step, and after each cell with %mlops track "
                "--values.",
            )
        return found

    def _files(self, records: Sequence[ExecutionRecord]) -> tuple[RepeatedFiles, list[str]]:
        """The files of the cells, the modules as they are now, and notes of what has changed."""
        files = files_of(records)
        edited = changed_modules(files.modules, self._project)
        sources = {
            label: (self._project / label).read_text(encoding="utf-8", errors="surrogateescape")
            for label in files.modules
            if (self._project / label).is_file()
        }
        changed = [path for path in changed_files(records, self._project) if path not in edited]
        told = [f"{path} was edited since (cause: {Cause.CODE})" for path in edited]
        told += [
            f"{path} is not what it was when it was read (cause: {Cause.INPUT})" for path in changed
        ]
        if names_whole_paths(records, self._project):
            told.append("whole paths in the code lead to the project, not to the copy of the proof")
        return replace(files, modules=sources), told

    def _prove(
        self,
        result: _Result,
        found: Slice,
        kernel: str,
        observer: Observer,
        *,
        files: RepeatedFiles | None,
    ) -> Proof:
        def run() -> Reexecution:
            return run_again(
                project=self._project,
                before=(),
                cells=found.cells,
                request=result.request,
                kernel=kernel,
                working_directory=place_of(result.notebook, self._project),
                observer=observer,
                files=files,
                written=result.written,
            )

        ran = run()
        if ran.answer is None or ran.refused:
            return Proof(verdict=Verdict.NOT_COMPARABLE, why=said(ran.failure))
        if ran.failure is not None:
            cause = next((known for known in Cause if _told_of(known, found)), None)
            why = f"it failed with {said(ran.failure)}"
            return Proof(verdict=Verdict.DIFFERENT, why=why, cause=cause)
        outputs = ran.outputs
        if not outputs:
            return Proof(verdict=Verdict.NOT_COMPARABLE, why="it left nothing to compare")
        verdict, cause = worst(outputs), None
        why = "; ".join(f"{item.name}: {item.why}" for item in outputs if item.why)
        if verdict is Verdict.DIFFERENT:
            cause, told = _cause(result, found, outputs, repeats=lambda: run().equals(ran))
            why += f". Probable cause: {cause}{told}"
        return Proof(verdict=verdict, outputs=outputs, why=why, cause=cause)

    def _find(self, thing: str, notebook: str | None, session: str | None) -> _Result:
        steps = {step.name for step in self._history.steps()}
        if "@" in thing or ":" in thing or thing in steps:
            return self._step(thing, notebook if ":" not in thing else None)
        if not NAME.fullmatch(thing):
            raise UsageError(
                f"{thing!r} names no variable, metric or step.",
                cure="Write a name such as auc, or a version such as train@2.",
            )
        for home, counts in self._places(notebook or self._home(thing), session):
            for of, kind in ((self._origins.of_output, "out"), (self._origins.of_metric, "metric")):
                origin = of(thing, home, counts=counts)
                if origin is not None:
                    return self._result(thing, origin, kind=kind)
        failed = self._origins.of_failed(thing, notebook) or self._origins.of_failed(thing)
        if failed is not None:
            raise UsageError(
                f"The cell that left {thing} failed (@{failed.execution_id}), so that it has no "
                "result to make again.",
                cure=f"Slice what it used, or run the cell again: see `why {thing}`.",
            )
        known = steps.union(self._origins.names())
        raise UnknownNameError("recorded variable, metric or step", thing, known)

    def _places(
        self, notebook: str | None, session: str | None
    ) -> Iterator[tuple[str | None, Counts | None]]:
        """Where a variable is looked for: what led to the kernel's state, its notebook, anywhere.

        What was undone counts last.
        """
        if session is not None:
            line = {moment.id for moment in self._timelines.line_of_session(session)}
            yield None, line.__contains__
        if notebook is not None:
            undone = self._timelines.undone(notebook, session=session)
            yield notebook, (lambda number: number not in undone) if undone else None
            yield notebook, None
        yield None, None

    def _home(self, thing: str) -> str | None:
        """The notebook whose execution was the latest that made a variable or metric."""
        origin = self._origins.of_output(thing) or self._origins.of_metric(thing)
        if origin is None:
            return None
        return self._executions.by_ids([origin.execution_id])[origin.execution_id].record.notebook

    def _step(self, thing: str, notebook: str | None) -> _Result:
        reference = StepReference.parse(thing)
        if notebook in {
            step.notebook for step in self._history.steps() if step.name == reference.name
        }:
            reference = StepReference(
                name=reference.name, version=reference.version, notebook=notebook
            )
        version = self._history.version(reference)
        good = self._history.representative(version)
        if good is None or good.record.status is not ExecutionStatus.OK:
            raise UsageError(
                f"{version.reference} never ran to its end, so there is nothing to make again.",
                cure="Slice another version, or run the step again.",
            )
        origin = Origin(execution_id=good.id, session=good.record.session)
        return self._result(thing, origin, kind="step")

    def _result(self, thing: str, origin: Origin, *, kind: str) -> _Result:
        executions = self.executions_until(origin.execution_id)
        record = executions[-1].record
        wanted = {"out": {thing}, "metric": set[str]()}.get(kind)
        label = label_of(record.source)
        return _Result(
            thing=thing,
            executions=executions,
            request=Request(
                answer="",
                outputs=tuple(
                    value
                    for value in comparable(record.outputs)
                    if wanted is None or value.name in wanted
                ),
                metrics=written(
                    item
                    for item in record.metrics
                    if kind == "step" or (kind == "metric" and item.name == thing)
                ),
                variables=label.metrics if label is not None else (),
            ),
            written=record.files if kind == "step" else (),
        )


def _cause(
    result: _Result,
    found: Slice,
    outputs: Sequence[OutputVerdict],
    *,
    repeats: Callable[[], bool],
) -> tuple[Cause, str]:
    """Why a slice makes something else, and what else is to be said of it."""
    told = next((known for known in Cause if _told_of(known, found)), None)
    if told is not None:
        return told, ""
    different = [item for item in outputs if item.verdict is Verdict.DIFFERENT]
    if all(tells_durations(item.why) or is_duration(item.name) for item in different):
        return Cause.TIME, ""
    if not repeats():
        clock = any(reads_a_clock(done.record) for done in result.executions[-1:])
        return (Cause.TIME if clock else Cause.RANDOMNESS), ""
    if found.gaps:
        return Cause.INPUT, f"; {'; '.join(found.gaps)}"
    return Cause.UNKNOWN, "; the same cells make the same each time, but not what was recorded"


def _told_of(cause: Cause, found: Slice) -> bool:
    """Whether a note of a slice names a cause beforehand."""
    return any(note.endswith(f"(cause: {cause})") for note in found.notes)


def put_back_random_state(execution: str, *, slices: SliceService, values: ValueStore) -> None:
    """Put the global random generators back; see `nbmlops.random_state`."""
    number = execution.removeprefix("@")
    if not (number.isascii() and number.isdecimal()):
        raise UsageError(
            f"{execution!r} is not an execution.", cure="Write a number of the log, such as @12."
        )
    randomness.bring_back(values.load(slices.random_state(int(number))))
