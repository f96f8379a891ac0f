"""Versions of steps: list, look at, compare, bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.differences import VersionDiff
from nbmlops.domain.environments import Environment
from nbmlops.domain.executions import (
    Execution,
    ExecutionRow,
    ExecutionStatus,
    NotebookCounts,
    Step,
    StepVersion,
    VersionRow,
)
from nbmlops.domain.references import NOT_COME, Moment, StepReference
from nbmlops.domain.values import RestoredValue, ValueRecord, is_in_part
from nbmlops.domain.verifications import Verification
from nbmlops.errors import (
    AmbiguousNameError,
    UnknownNameError,
    UsageError,
    ValueNotStoredError,
)
from nbmlops.history import compare, severed
from nbmlops.store.catalog.briefs import ExecutionBrief
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.tags import TagRecords
from nbmlops.store.catalog.verifications import VerificationRecords
from nbmlops.store.catalog.versions import VersionRecords
from nbmlops.store.values import ValueStore

_COMPARED = 16 * 2**20
"""Bytes up to which a value that came back is compared with its record; a larger one is mapped
from disk, under the hash of its content, and not read before it is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredStep:
    """A version brought back: its source and, where asked for, the values it made.

    ``missing`` maps the outputs that could not be brought back to the reason; ``execution`` made
    the values, and ``records`` are those of them, under the names that they have now.
    ``different`` are names that came back with another content than was recorded;
    ``severed`` are names with others that they share no parts with any more, though they did;
    ``defined`` are classes of the notebook that were not there and came back with their instances;
    ``lacking`` are functions and classes, with the names that they need and the kernel lacks;
    ``unrecorded`` says why the store did not take that they were brought back;
    ``was_interrupted`` is whether a person interrupted what could not be left halfway.
    """

    version: StepVersion
    values: tuple[RestoredValue, ...] = ()
    missing: dict[str, str] | None = None
    execution: Execution | None = None
    records: tuple[ValueRecord, ...] = ()
    different: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    severed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defined: tuple[str, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unrecorded: str | None = None
    was_interrupted: bool = False

    def told(self) -> list[str]:
        """What became of the values, in sentences."""
        if not self.values and not self.missing:
            return [f"{self.version.reference} left no values."]
        same = [item.name for item in self.values if item.name not in self.different]
        said = [f"Restored {', '.join(same)} of {self.version.reference}."] if same else []
        if self.defined:
            classes = ", ".join(self.defined)
            said.append(f"Defined {classes}, of which they are.")
        if self.different:
            said.append(f"Not the same as recorded: {', '.join(map(self._told, self.different))}.")
        if self.apart:
            names = ", ".join(self.apart)
            said.append(
                f"In new objects: {names}; whatever else refers to the ones before keeps those."
            )
        if self.severed:
            said.append(f"Not shared any more: {severed.told(self.severed)}.")
        if self.lacking:
            each = (f"{', '.join(needed)} for {name}" for name, needed in self.lacking.items())
            cure = "Run the cells that make them, or %mlops checkout latest, which brings all back."
            said.append(f"Not there, though needed: {'; '.join(each)}. {cure}")
        if self.unrecorded is not None:
            said.append(f"This was not recorded: {self.unrecorded}")
        return said + [
            f"Not restored: {name} ({why})." for name, why in (self.missing or {}).items()
        ]

    def _told(self, name: str) -> str:
        """A name, with what was left out when its value was stored."""
        reasons = {item.name: item.reason for item in self.records if is_in_part(item.reason)}
        return f"{name} ({reasons[name]})" if name in reasons else name


class HistoryService:
    """Answers what a step was, is and became.

    - resolves references such as ``train@latest`` against the ledger;
    - compares versions by the executions that speak for them;
    - loads stored values.
    """

    def __init__(
        self,
        *,
        versions: VersionRecords,
        executions: ExecutionRecords,
        runs: RunRecords,
        pipelines: PipelineRecords,
        verifications: VerificationRecords,
        tags: TagRecords,
        values: ValueStore,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._tags = tags
        self._versions = versions
        self._executions = executions
        self._runs = runs
        self._pipelines = pipelines
        self._verifications = verifications
        self._values = values

    def steps(self, notebook: str | None = None) -> list[Step]:
        """The steps of a notebook, or of all, in order of first appearance."""
        return self._versions.steps(notebook=notebook)

    def notebooks(self) -> list[NotebookCounts]:
        """The notebooks with steps or pipelines, by name, with how many they have."""
        return self._versions.notebooks()

    def step(self, name: str, notebook: str | None = None) -> Step:
        """The step with that name.

        Args:
            name: the step's name.
            notebook: the notebook's key; or the end of it, such as ``flights`` for
                ``reports/flights.ipynb``; ``None`` for any.

        Raises:
            UnknownNameError: there is none.
            AmbiguousNameError: several notebooks have one.
        """
        found = self._versions.steps(name=name)
        if notebook is not None:
            exact = [step for step in found if step.notebook == notebook]
            found = exact or [step for step in found if _fits(step.notebook, notebook)]
        if not found:
            known = {step.name for step in self._versions.steps()}
            if name in known:
                homes = {step.notebook for step in self._versions.steps(name=name)}
                raise UnknownNameError(
                    "step", f"{notebook}:{name}", {f"{home}:{name}" for home in homes}
                )
            raise UnknownNameError("step", name, known)
        if len(found) > 1:
            raise AmbiguousNameError("step", name, [f"{step.notebook}:{name}" for step in found])
        return found[0]

    def versions(self, step: str, notebook: str | None = None) -> list[VersionRow]:
        """Every version of a step with the execution that speaks for it, oldest first."""
        return self.versions_of([self.step(step, notebook)])[0]

    def versions_of(self, steps: Sequence[Step]) -> list[list[VersionRow]]:
        """The same for several steps, in their order, with as few queries as for one."""
        by_step = self._versions.versions_of(steps)
        ids = [version.id for versions in by_step for version in versions]
        chosen, last = self._executions.briefs(ids), self._executions.last_statuses(ids)
        counts = self._versions.execution_counts(ids)
        verified = self._verifications.latest(ids)
        runs = self._runs.references(brief.run_id for brief in chosen.values() if brief.run_id)
        tags: dict[int, list[str]] = {}
        for tag in self._tags.of(steps):
            tags.setdefault(tag.version_id, []).append(tag.name)
        return [
            [
                replace(
                    _row(version, older, counts.get(version.id, 0), chosen.get(version.id), runs),
                    last_status=last.get(version.id),
                    tags=tuple(tags.get(version.id, ())),
                    **_badge(verified.get(version.id)),
                )
                for version, older in zip(versions, [None, *versions], strict=False)
            ]
            for versions in by_step
        ]

    def version(self, reference: StepReference) -> StepVersion:
        """The version that a reference names.

        Raises:
            UnknownNameError: there is no such step or version.
            AmbiguousNameError: several notebooks have such a step.
        """
        step = self.step(reference.name, reference.notebook)
        versions = self._versions.versions(step)
        if reference.version == "latest":
            return versions[-1]
        if reference.version == "approved":
            return self._approved(step, versions)
        if isinstance(reference.version, Moment):
            return self._at(step, versions, reference.version)
        tags = {tag.name: tag.version_id for tag in self._tags.of([step])}
        wanted = reference.version
        for version in versions:
            if version.number == wanted or version.id == tags.get(str(wanted)):
                return version
        known = [version.reference for version in versions]
        named = [f"{step.name}@{name}" for name in tags]
        raise UnknownNameError("version", f"{step.name}@{wanted}", [*named, *known])

    def tags(self, version: StepVersion) -> list[str]:
        """The names that people gave a version."""
        found = self._tags.of([version.step])
        return [tag.name for tag in found if tag.version_id == version.id]

    def ended_last(self, version: StepVersion) -> bool:
        """Whether the very latest execution of a version came to an end before its kernel did."""
        found = self._executions.last_brief(version.id)
        return found is None or found.duration is not None

    def execution_rows(self, version: StepVersion) -> list[ExecutionRow]:
        """Every execution of a version, flat, oldest first."""
        found = self._executions.briefs_of(version.id)
        runs = self._runs.references(item.run_id for item in found if item.run_id)
        return [
            ExecutionRow(
                id=item.id,
                reference=version.reference,
                notebook=version.step.notebook,
                author=item.author,
                status=item.status,
                started_at=item.started_at,
                duration=item.duration,
                parameters=item.parameters,
                metrics=item.metrics,
                run=runs.get(item.run_id) if item.run_id else None,
            )
            for item in found
        ]

    def representative(self, version: StepVersion) -> Execution | None:
        """The execution that speaks for a version: see `ExecutionRecords.representative`."""
        return self._executions.representative([version.id]).get(version.id)

    def execution_count(self, version: StepVersion) -> int:
        """How often a version has run."""
        return self._versions.execution_counts([version.id]).get(version.id, 0)

    def verification(self, version: StepVersion) -> Verification | None:
        """The latest verification of a version."""
        return self._verifications.latest([version.id]).get(version.id)

    def verification_of(self, execution: Execution) -> Verification | None:
        """The latest verification of one execution."""
        return self._verifications.of_execution(execution.id)

    def environment(self, execution: Execution) -> Environment | None:
        """What an execution ran in."""
        digest = execution.record.environment
        return self._executions.environment(digest) if digest else None

    def run_reference(self, execution: Execution) -> str | None:
        """``flights#3`` for an execution that a pipeline run made."""
        run_id = execution.record.run_id
        return self._runs.references([run_id]).get(run_id) if run_id else None

    def diff(self, before: StepReference, after: StepReference) -> VersionDiff:
        """Two versions side by side.

        Raises:
            UnknownNameError: one of them does not exist.
        """
        return compare.compare(*(self._side(self.version(one)) for one in (before, after)))

    def diff_executions(self, before: Execution, after: Execution) -> VersionDiff:
        """Two executions side by side, of named cells or not."""
        return compare.compare(*(self._side_of(one) for one in (before, after)))

    def _side(self, version: StepVersion) -> compare.Side:
        execution = self.representative(version)
        return compare.Side(
            name=version.reference,
            source=version.source,
            definitions=version.definitions,
            execution=execution,
            environment=self.environment(execution) if execution else None,
        )

    def _side_of(self, execution: Execution) -> compare.Side:
        record = execution.record
        return compare.Side(
            name=f"@{execution.id}",
            source=record.source,
            definitions=record.definitions,
            execution=execution,
            environment=self.environment(execution),
        )

    def restore(
        self, reference: StepReference, *, values: bool = False, samples: bool = False
    ) -> RestoredStep:
        """Bring a version back.

        Args:
            reference: which.
            values: whether to load what the execution that speaks for it made.
            samples: with them, whether to load the samples of what was too large to be kept: as
                ``NAME_sample``, never as the value.

        Raises:
            UnknownNameError: there is no such version.
            ValueNotStoredError: values are asked for and none was kept.
        """
        version = self.version(reference)
        if not values:
            return RestoredStep(version=version)
        execution = self._latest_good(version)
        record, outputs = execution.record, execution.record.outputs
        wanted = [item for item in outputs if item.manifest]
        if samples:
            wanted += [replace(item, name=f"{item.name}_sample") for item in record.samples]
        found = self._values.load_all(
            {item.name: item.manifest for item in wanted if item.manifest}
        )
        missing = {item.name: item.reason or "not kept" for item in outputs if not item.manifest}
        records = [item for item in wanted if item.name in found.values]
        seen = [_as_it_came(item, found.values[item.name]) for item in records]
        return RestoredStep(
            version=version,
            values=tuple(
                RestoredValue(name=name, value=value) for name, value in found.values.items()
            ),
            missing=missing | found.missing,
            execution=execution,
            records=tuple(seen),
            different=tuple(
                came.name
                for came, item in zip(seen, records, strict=True)
                if came.fingerprint != item.fingerprint
            ),
        )

    def _latest_good(self, version: StepVersion) -> Execution:
        found = self.representative(version)
        if found is not None and found.record.status is ExecutionStatus.OK:
            return found
        raise ValueNotStoredError(
            f"{version.reference} never ran to its end, so it left no values.",
            cure=f"Restore its source alone and run it: nbmlops restore {version.reference}.",
        )

    def _at(self, step: Step, versions: list[StepVersion], moment: Moment) -> StepVersion:
        if moment.is_to_come(self._clock()):
            cure = NOT_COME.format(versions[-1].reference)
            raise UnknownNameError("version", f"{step.name}@{moment}", cure=cure)
        found = self._versions.current_at(step, moment.at)
        for version in versions:
            if version.id == found:
                return version
        first = min(version.created_at for version in versions).astimezone()
        raise UnknownNameError(
            "version",
            f"{step.name}@{moment}",
            cure=f"{step.name} first ran at {first:%Y-%m-%d %H:%M:%S}.",
        )

    def _approved(self, step: Step, versions: list[StepVersion]) -> StepVersion:
        by_digest = {version.digest: version for version in versions}
        for name in self._pipelines.names():
            for pipeline in reversed(self._pipelines.by_build(name)):
                if not pipeline.approved or pipeline.spec.notebook != step.notebook:
                    continue
                for part in pipeline.spec.steps:
                    if part.name == step.name and part.digest in by_digest:
                        return by_digest[part.digest]
        raise UsageError(
            f"No approved pipeline holds a recorded version of {step.name!r}.",
            cure="Build the pipeline and approve it: nbmlops build NOTEBOOK, "
            "then nbmlops approve NAME.",
        )


def _as_it_came(item: ValueRecord, value: Any) -> ValueRecord:
    """The record of a value that was loaded: of another content than before, if that is so."""
    from nbmlops.capture.prints import take_print

    if item.fingerprint is None or (item.summary.size or 0) > _COMPARED:
        return item
    found = take_print(value)
    if found.text == item.fingerprint:
        return item
    why = item.reason if is_in_part(item.reason) else "came back another than was recorded"
    return replace(item, fingerprint=found.text, manifest=None, reason=why)


def _row(
    version: StepVersion,
    older: StepVersion | None,
    executions: int,
    latest: ExecutionBrief | None,
    runs: dict[int, str],
) -> VersionRow:
    return VersionRow(
        reference=version.reference,
        step=version.step.name,
        notebook=version.step.notebook,
        number=version.number,
        digest=version.digest,
        author=version.author,
        created_at=version.created_at,
        changed=compare.summarize(older, version),
        executions=executions,
        status=latest.status if latest else None,
        started_at=latest.started_at if latest else None,
        duration=latest.duration if latest else None,
        metrics=latest.metrics if latest else {},
        run=runs.get(latest.run_id) if latest and latest.run_id else None,
        inputs_note=_inputs_note(latest),
    )


def _inputs_note(latest: ExecutionBrief | None) -> str | None:
    if latest is None or latest.inputs_complete:
        return None
    return latest.inputs_note or "the reason was not recorded"


def _badge(found: Verification | None) -> dict[str, Any]:
    return {} if found is None else {"verified": found.verdict, "verified_why": found.reason}


def _fits(notebook: str, wanted: str) -> bool:
    name = notebook.rpartition("/")[2]
    return wanted in {notebook.removesuffix(".ipynb"), name, name.removesuffix(".ipynb")}
