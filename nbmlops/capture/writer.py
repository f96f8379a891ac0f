"""Turn what was seen of a cell into a record, and hand it to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from nbmlops.capture.cell import RunningCell
from nbmlops.capture.environment import EnvironmentProbe
from nbmlops.capture.externals import with_those_of_modules
from nbmlops.capture.generators import GeneratorStates, GeneratorWriter
from nbmlops.capture.inside import looked_into
from nbmlops.capture.keeping import Namespace
from nbmlops.capture.late import Suspects, late_source
from nbmlops.capture.namespace import Changes
from nbmlops.capture.outputs import DisplayedOutput
from nbmlops.capture.parts import Parts
from nbmlops.capture.reports import Reported
from nbmlops.capture.session import Session
from nbmlops.capture.set_orders import set_order_of
from nbmlops.capture.step_values import StepWriter
from nbmlops.capture.unwritten import UnwrittenJourney
from nbmlops.capture.whole import NamespaceWriter, Whole
from nbmlops.capture.witnesses import Witnesses
from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.environments import Environment, GitState
from nbmlops.domain.executions import (
    REPORTED,
    Artifact,
    Execution,
    ExecutionRecord,
    ExecutionStatus,
    Failure,
    Metric,
    ReportedOutput,
)
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import StoreBusyError
from nbmlops.notebook.dataflow.effects import Definition
from nbmlops.notebook.normalize import digest
from nbmlops.pipelines.typed.fit import plain
from nbmlops.values import secrets
from nbmlops.values.places import Placed


class Ledger(Protocol):
    """Where a recorder keeps what it found."""

    def add(self, record: ExecutionRecord) -> Execution:
        """Keep an execution."""

    def add_commit(self, execution_ids: Collection[int], git: GitState) -> None:
        """Say on which commit executions ran, of which that was not known when they were added."""

    def wait(self, may_change: Callable[[Parts], bool]) -> None:
        """Wait until those values are stored that what comes next could change."""

    def finish(self) -> None:
        """Wait until all values are stored."""

    def failures(self) -> list[str]:
        """What could not be stored in the background since this was last asked, in sentences."""

    def add_environment(self, environment: Environment) -> None:
        """Keep an environment once."""

    @property
    def step_limit(self) -> int:
        """The bytes that the outputs of one execution of a step may take together."""

    def save_value(
        self,
        value: Any,
        *,
        parts: Parts = ...,
        left: int | None = None,
        placed: Placed | None = None,
    ) -> str:
        """Keep a value; returns its manifest. ``left`` is what its step may still take, in bytes.

        ``parts`` are what it consists of, if a cell may change it meanwhile; ``placed`` is told
        which objects these are.

        Raises:
            NotStorableError: it cannot be pickled.
            ValueTooLargeError: it is larger than the settings allow.
        """

    def size_of(self, manifest: str) -> int:
        """The bytes of a value that this process saved."""

    def save_sample(self, value: Any, *, size: int | None) -> tuple[str, Any] | None:
        """Keep some rows of a value that is too large; returns their manifest and them."""

    def save_group(
        self,
        values: Mapping[str, Any],
        views: Mapping[int, Any],
        *,
        parts: Parts,
        left: int | None = None,
        placed: Placed | None = None,
    ) -> dict[str, str]:
        """Keep values that share parts, as a part of the namespace; returns their references.

        Raises:
            NotStorableError, ValueTooLargeError: as for `save_value`.
        """

    def renew_value(self, manifest: str) -> bool:
        """Whether a value that was kept before is still there, to be referred to again."""

    def save_output(self, content: bytes) -> str | None:
        """Keep a displayed output; ``None`` where it is larger than the settings allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of a cell that has ended. ``duration`` in seconds, ``peak_memory`` in bytes.

    ``whole`` is set where the values of all cells are kept.
    """

    cell: RunningCell
    definitions: Mapping[str, Definition]
    modules: Mapping[str, str]
    inputs_complete: bool
    inputs_note: str | None
    started_at: datetime
    duration: float
    peak_memory: int | None
    execution_count: int | None
    status: ExecutionStatus
    failure: Failure | None
    changes: Changes
    parameters: Mapping[str, Any]
    metrics: tuple[Metric, ...]
    displayed: tuple[DisplayedOutput, ...]
    reported: tuple[Reported, ...]
    random_state: GeneratorStates | None
    files: tuple[FileAccess, ...]
    externals: tuple[ExternalAccess, ...]
    git: GitState | None
    random_after: GeneratorStates | None = None
    whole: Whole | None = None


class RecordWriter:
    """Writes observations of one session.

    - keeps the values, outputs and random state of a step, each content once;
    - keeps the environment once;
    - begins afresh where the ledger is another one, such as after the store was put back.

    Args:
        session: which notebook it belongs to.
        ledger: gives the ledger of the present moment; with true, one that does not wait long
            for a store that was locked for too long before.
        author: who runs the cells.
        namespace: tells what values consist of, and which share parts.

    Attributes:
        witnesses: remembers which objects were kept.
        unwritten: the journey that the store could not take.
    """

    def __init__(
        self,
        session: Session,
        *,
        ledger: Callable[[bool], Ledger],
        author: str,
        namespace: Namespace,
    ) -> None:
        self.session = session
        self._find_ledger = ledger
        self._author = author
        self._environment = EnvironmentProbe()
        self._ledger: Ledger | None = None
        self._busy = False
        self.witnesses = Witnesses()
        self.unwritten = UnwrittenJourney()
        self._namespace = NamespaceWriter(self.witnesses, namespace)
        self._steps = StepWriter(self.witnesses, namespace)
        self._generators = GeneratorWriter()
        self._known_environments: set[str] = set()

    def write(self, seen: Observation) -> Execution:
        """Keep what was seen.

        Raises:
            StoreError: the store cannot be written.
        """
        try:
            kept = self._write(seen)
        except StoreBusyError:
            self._busy = True
            raise
        self._busy = False
        return kept

    def _write(self, seen: Observation) -> Execution:
        ledger = self._current_ledger()
        step = seen.cell.step is not None
        definitions = {name: found.source for name, found in seen.definitions.items()}
        definitions |= seen.modules
        outputs, left = self._values(ledger, seen.changes, seen.whole, keep=step)
        samples: tuple[ValueRecord, ...] = ()
        if step:
            outputs, samples = looked_into(ledger, outputs, seen.changes.outputs)
        reported = tuple(_reported(ledger, report) for report in seen.reported)
        record = ExecutionRecord(
            notebook=self.session.notebook,
            step=seen.cell.step,
            cell_id=seen.cell.cell_id,
            source=seen.cell.source,
            digest=digest(seen.cell.source, definitions),
            definitions=definitions,
            session=self.session.id,
            run_id=self.session.run_id,
            execution_count=seen.execution_count,
            started_at=seen.started_at,
            duration=seen.duration,
            peak_memory=seen.peak_memory,
            status=seen.status,
            failure=seen.failure,
            inputs=seen.changes.inputs,
            outputs=outputs,
            left=(*left, *self._random(ledger, seen)),
            samples=samples,
            deleted=seen.changes.deleted,
            inputs_complete=seen.inputs_complete,
            inputs_note=seen.inputs_note,
            parameters=_json_values(seen.parameters),
            metrics=seen.metrics,
            artifacts=(
                *(_artifacts(ledger, seen.displayed) if step else ()),
                *(report.artifact for report in reported if report.artifact is not None),
            ),
            reported=reported,
            files=seen.files,
            externals=(
                *with_those_of_modules(seen.externals, seen.modules, self.session.project),
                *_set_order(seen, definitions),
            ),
            environment=self._environment_digest(ledger, again=not seen.cell.only_computes),
            random_state=self._random_state(ledger, seen.random_state),
            git=seen.git,
            author=self._author,
        )
        return self._added(ledger, record)

    @property
    def add_commit(self) -> Callable[[Collection[int], GitState], None]:
        """Says on which commit executions ran that were written before that was known.

        It belongs to the ledger that has the latest of them.
        """
        assert self._ledger is not None  # noqa: S101  # narrows the type: it was written
        return self._ledger.add_commit

    def look_at_environment(self) -> None:
        """Describe this process, which takes long the first time."""
        self._environment.take()

    def wait(self, may_change: Callable[[Parts], bool]) -> None:
        """Wait until those values are stored that what comes next could change."""
        if self._ledger is not None:
            self._ledger.wait(may_change)

    def finish(self) -> None:
        """Wait until all values are stored."""
        if self._ledger is not None:
            self._ledger.finish()

    def failures(self) -> list[str]:
        """What could not be stored in the background since this was last asked, in sentences."""
        return [] if self._ledger is None else self._ledger.failures()

    def begin_anew(self) -> None:
        """The store was deleted: where all values are kept, the next record holds all there are."""
        self._namespace.begin_anew()

    def _current_ledger(self) -> Ledger:
        ledger = self._find_ledger(self._busy)
        if ledger is not self._ledger:
            self.finish()
            self._steps.forget()
            self._namespace.forget()
            self._generators.forget()
            self._known_environments.clear()
            self._ledger = ledger
        return ledger

    def write_travel(
        self, source: str, *, to: int, lost: tuple[str, ...], started_at: datetime
    ) -> Execution:
        """Keep that an earlier state of the namespace was put back.

        Where that fails, it is kept before what is recorded next.

        Args:
            source: the command that did it.
            to: the id of the execution after which the namespace was like that; 0 for none.
            lost: the names of that state that could not be put back: they are gone.
            started_at: when.

        Raises:
            StoreError: the store cannot be written.
        """
        self._namespace.forget()
        record = self._command(source, started_at)
        self.unwritten.record = replace(record, deleted=lost, travelled_to=to)
        ledger = self._current_ledger()
        self._steps.came_back()
        execution = ledger.add(self.unwritten.record)
        self.unwritten.record = None
        return execution

    def write_restored(
        self,
        source: str,
        origin: Execution,
        *,
        values: tuple[ValueRecord, ...],
        started_at: datetime,
    ) -> Execution:
        """Keep that values of an earlier execution were put back.

        Args:
            source: the command that did it.
            origin: the execution that made them.
            values: as they were recorded, under the names that they have now.
            started_at: when.

        Raises:
            StoreError: the store cannot be written.
        """
        self._namespace.forget()
        ledger = self._current_ledger()
        self._steps.came_back()
        version = origin.version.reference if origin.version else ""
        came_from = ExternalAccess(kind="execution", name=str(origin.id), detail=version)
        record = self._command(source, started_at)
        return self._after_journey(
            ledger,
            replace(record, inputs=values, outputs=values, externals=(came_from,)),
        )

    def write_late(
        self, changes: Changes, suspects: Suspects, *, whole: Whole | None, started_at: datetime
    ) -> Execution:
        """Keep what threads or tasks changed after the cells that had started them.

        Args:
            changes: what is another one than after the last cell.
            suspects: who may have changed it.
            whole: the namespace, where the values of all cells are kept.
            started_at: when it was noticed.

        Raises:
            StoreError: the store cannot be written.
        """
        ledger = self._current_ledger()
        outputs, left = self._values(ledger, changes, whole, keep=suspects.of_step)
        kind = " or ".join(suspects.kinds)
        record = self._command(late_source(suspects.executions, kind), started_at)
        return self._added(
            ledger,
            replace(
                record,
                run_id=self.session.run_id,
                inputs=changes.inputs,
                outputs=outputs,
                left=left,
                deleted=changes.deleted,
                externals=tuple(
                    ExternalAccess(kind="thread", name=str(number), detail=kind)
                    for number in suspects.executions
                ),
            ),
        )

    def _added(self, ledger: Ledger, record: ExecutionRecord) -> Execution:
        """Keep what ran; the values that were kept for it are its own from now on."""
        execution = self._after_journey(ledger, record)
        names = [value.name for value in (*record.outputs, *record.left)]
        self.witnesses.recorded(execution.id, names=names, deleted=record.deleted)
        return execution

    def _after_journey(self, ledger: Ledger, record: ExecutionRecord) -> Execution:
        """Keep what ran, and before it the journey on which it follows."""
        if self.unwritten.record is not None:
            ledger.add(self.unwritten.record)
            self.unwritten.record = None
        return ledger.add(record)

    def _command(self, source: str, started_at: datetime) -> ExecutionRecord:
        """The record of what no cell did."""
        return ExecutionRecord(
            notebook=self.session.notebook,
            step=None,
            cell_id=None,
            source=source,
            digest=digest(source, {}),
            session=self.session.id,
            started_at=started_at,
            duration=0.0,
            status=ExecutionStatus.OK,
            author=self._author,
        )

    def _values(
        self, ledger: Ledger, changes: Changes, whole: Whole | None, *, keep: bool
    ) -> tuple[tuple[ValueRecord, ...], tuple[ValueRecord, ...]]:
        """The outputs, and what else is kept of the namespace."""
        if whole is not None:
            return self._namespace.write(ledger, changes, whole)
        wanted = changes.outputs if keep else self.session.hands_over
        return self._steps.write(ledger, changes, wanted)

    def _environment_digest(self, ledger: Ledger, *, again: bool) -> str:
        environment = self._environment.take(again=again)
        if environment.digest not in self._known_environments:
            ledger.add_environment(environment)
            self._known_environments.add(environment.digest)
        return environment.digest

    def _random(self, ledger: Ledger, seen: Observation) -> tuple[ValueRecord, ...]:
        before, after = seen.random_state, seen.random_after
        if before is None or after is None:
            return ()
        return self._generators.write(ledger, before, after)

    def _random_state(self, ledger: Ledger, before: GeneratorStates | None) -> str | None:
        return None if before is None else self._generators.keep(ledger, before)


def _artifacts(ledger: Ledger, displayed: tuple[DisplayedOutput, ...]) -> tuple[Artifact, ...]:
    kept = []
    for number, output in enumerate(displayed, start=1):
        key = ledger.save_output(output.content)
        if key is not None:
            kept.append(
                Artifact(
                    name=f"output-{number}",
                    media_type=output.media_type,
                    object=key,
                    size=len(output.content),
                )
            )
    return tuple(kept)


def _set_order(seen: Observation, definitions: Mapping[str, str]) -> Iterator[ExternalAccess]:
    changes = seen.changes
    left = {found.set_order for found in changes.prints.values()}
    return set_order_of({"": seen.cell.source, **definitions}, changes.set_orders, left)


def _reported(ledger: Ledger, report: Reported) -> ReportedOutput:
    if report.content is None:
        return ReportedOutput(name=report.name, type=report.type, value=report.value)
    key = ledger.save_output(report.content)
    if key is None:
        reason = "larger than output_limit in config.toml allows"
        return ReportedOutput(name=report.name, type=report.type, reason=reason)
    artifact = Artifact(
        name=f"{REPORTED}{report.file}",
        media_type=report.media_type,
        object=key,
        size=len(report.content),
    )
    return ReportedOutput(name=report.name, type=report.type, artifact=artifact)


def _json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        with suppress(TypeError, ValueError):  # a value without a JSON form is an input only
            found[name] = secrets.place_of(value) or plain(value)
    return found
