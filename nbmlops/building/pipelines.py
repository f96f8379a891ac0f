"""Pipelines of a project: build them from notebooks, find them, see whether they still hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from nbmlops.building.reading import read_source
from nbmlops.building.source import Source
from nbmlops.capture.environment import describe
from nbmlops.capture.modules import ModuleSources
from nbmlops.capture.session import notebook_key
from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Execution
from nbmlops.domain.pipelines import BuildResult, PipelineSpec, PipelineVersion, StepsFrom
from nbmlops.domain.references import NAME, NOT_COME, Moment, PipelineReference
from nbmlops.domain.runs import Run
from nbmlops.errors import (
    BuildRefusedError,
    NotebookChangedError,
    NotebookFormatError,
    UnknownNameError,
    UsageError,
)
from nbmlops.governance.approvals import newest_approved
from nbmlops.notebook.document import Document, serialize
from nbmlops.pipelines import convert
from nbmlops.pipelines.materialize import notebook_of
from nbmlops.pipelines.observed import observed
from nbmlops.pipelines.outline import is_left_out
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.objects.base import ObjectStore


class PipelineService:
    """Turns notebook files into immutable pipeline versions.

    - reads the notebook, and what recorded executions of its cells really read and wrote;
    - keeps each distinct digest once, with the notebook of its steps and the environment;
    - answers whether a notebook is still what a version was built from.
    """

    def __init__(
        self,
        *,
        project: Path,
        records: PipelineRecords,
        executions: ExecutionRecords,
        objects: ObjectStore,
        clock: Clock,
        author: str,
    ) -> None:
        self._project = project
        self._records = records
        self._executions = executions
        self._objects = objects
        self._clock = clock
        self._author = author

    def build(
        self, notebook: Path, *, name: str | None = None, steps_from: StepsFrom = "named"
    ) -> BuildResult:
        """Build a notebook file.

        Args:
            notebook: the ``.ipynb``, or a pipeline of Elyra or Ploomber.
            name: the pipeline's name; by default the one it was built under before, else the
                file's name.
            steps_from: what makes the steps: names, the sections of the notebook, or its cells.

        Returns:
            The version, new or as it was built before.

        Raises:
            NotebookFormatError: the file is not a notebook.
            BuildRefusedError: it cannot become a pipeline; says every reason.
            UsageError: the name is not one, or belongs to another notebook's pipeline.
        """
        source = read_source(notebook, project=self._project)
        document = source.document
        key = notebook_key(self._project, notebook)
        name = self._name(name, notebook, key)
        before = self._records.by_build(name)
        spec, warnings = self._convert(source, name=name, notebook=key, steps_from=steps_from)
        environment = describe()
        self._executions.add_environment(environment)
        version, created = self._records.add(
            spec,
            notebook_object=self._objects.put(serialize(notebook_of(document, spec))),
            environment=environment.digest,
            author=self._author,
            created_at=self._clock(),
        )
        return BuildResult(
            version=version,
            created=created,
            went_back=not created and bool(before) and before[-1].id != version.id,
            warnings=warnings,
            left_out=convert.left_out(document, spec),
            skipped=convert.skipped(document),
        )

    def rebuild(self, version: PipelineVersion) -> BuildResult:
        """Build the notebook of a version as it is now, as that version was built.

        Raises:
            NotebookFormatError: the file is gone, or not a notebook.
            BuildRefusedError: it cannot become a pipeline any more; says every reason.
        """
        spec = version.spec
        path = self._project / spec.notebook
        if not path.exists():
            raise _gone(version)
        return self.build(path, name=spec.name, steps_from=spec.steps_from)

    def of_run(self, run: Run) -> PipelineVersion:
        """The version that a run executed."""
        return self._records.by_id(run.version_id)

    def names(self) -> list[str]:
        """The names of all pipelines, sorted."""
        return self._records.names()

    def of_notebook(self, notebook: str) -> list[PipelineVersion]:
        """The latest version of each pipeline of a notebook, what was built last first.

        Args:
            notebook: its key in the ledger.
        """
        names = reversed(self._records.names_of(notebook))
        latest = (self._records.by_build(name)[-1] for name in names)
        return [version for version in latest if version.spec.notebook == notebook]

    def awaiting(self) -> list[PipelineVersion]:
        """The pipelines' latest versions that nobody has decided on, what was built last first."""
        latest = (self._records.by_build(name)[-1] for name in self._records.names())
        waiting = [version for version in latest if version.approval is None]
        return sorted(waiting, key=lambda version: version.created_at, reverse=True)

    def returned(self) -> list[PipelineVersion]:
        """The pipelines' latest versions of which changes were requested, newest first."""
        latest = (self._records.by_build(name)[-1] for name in self._records.names())
        found = [
            version
            for version in latest
            if version.approval is not None and version.approval.decision == "changes requested"
        ]
        return sorted(found, key=lambda version: version.created_at, reverse=True)

    def get(self, reference: PipelineReference) -> PipelineVersion:
        """The version that a reference names: without a number, the one that was built last.

        Raises:
            UnknownNameError: there is no such pipeline or version.
            NotApprovedError: the approved version is asked for, and there is none.
        """
        versions = self._records.by_build(reference.name)
        if not versions:
            raise UnknownNameError("pipeline", reference.name, self._records.names())
        if reference.version == "latest":
            return versions[-1]
        if reference.version == "approved":
            return newest_approved(reference.name, versions)
        if isinstance(reference.version, Moment):
            return _built_by(reference.version, versions, now=self._clock())
        for version in versions:
            if version.number == reference.version:
                return version
        raise UnknownNameError(
            "version",
            f"{reference.name}@{reference.version}",
            [version.reference for version in versions],
        )

    def versions(self, name: str) -> list[PipelineVersion]:
        """The versions of a pipeline, oldest first."""
        return self._records.versions(name)

    def check_unchanged(self, version: PipelineVersion) -> None:
        """Make sure that the notebook file still is what a version was built from.

        Raises:
            NotebookChangedError: it is not, or it cannot be built any more.
            NotebookFormatError: it is gone, or not a notebook.
        """
        spec = version.spec
        if not (self._project / spec.notebook).exists():
            raise _gone(version)
        try:
            source = read_source(self._project / spec.notebook, project=self._project)
            now, _ = self._convert(
                source, name=spec.name, notebook=spec.notebook, steps_from=spec.steps_from
            )
        except BuildRefusedError as error:
            raise _changed(version) from error
        if now.digest != spec.digest:
            known = {one.spec.digest: one for one in self._records.versions(spec.name)}
            raise _changed(version, known.get(now.digest))

    def _convert(
        self, source: Source, *, name: str, notebook: str, steps_from: StepsFrom
    ) -> tuple[PipelineSpec, tuple[str, ...]]:
        document = source.document
        recorded = self._executions.latest_by_cell(notebook)
        spec = convert.build(
            document,
            name=name,
            notebook=notebook,
            observed=observed(recorded.values()),
            unstorable=_unstorable(recorded),
            modules=self._modules(notebook).used,
            steps_from=steps_from,
        )
        return spec, source.notes if source.imported else _unsaved(document, recorded)

    def _modules(self, notebook: str) -> ModuleSources:
        folder = (self._project / notebook).parent
        return ModuleSources(str(self._project), str(folder))

    def _name(self, name: str | None, notebook: Path, key: str) -> str:
        chosen = name or self._usual_name(notebook.stem, key)
        if not NAME.fullmatch(chosen):
            raise UsageError(
                f"{chosen!r} cannot name a pipeline.",
                cure="Give it a name of letters, digits, '_', '-' and '.': "
                "nbmlops build NOTEBOOK --name flights.",
            )
        others = {version.spec.notebook for version in self._records.versions(chosen)} - {key}
        if others and (self._project / min(others)).exists():
            raise UsageError(
                f"The pipeline {chosen!r} belongs to {min(others)}.",
                cure="Give this one another name: nbmlops build NOTEBOOK --name NAME.",
            )
        return chosen

    def _usual_name(self, stem: str, key: str) -> str:
        """The name under which a notebook was built before, its file's name where there is none."""
        names = self._records.names_of(key)
        return stem if not names or stem in names else names[-1]


def _built_by(moment: Moment, versions: list[PipelineVersion], *, now: datetime) -> PipelineVersion:
    by_number = sorted(versions, key=lambda version: version.number)
    if moment.is_to_come(now):
        name, cure = by_number[0].spec.name, NOT_COME.format(versions[-1].reference)
        raise UnknownNameError("version", f"{name}@{moment}", cure=cure)
    for version in reversed(by_number):
        if version.created_at <= moment.at:
            return version
    first = by_number[0]
    raise UnknownNameError(
        "version",
        f"{first.spec.name}@{moment}",
        cure=f"{first.reference} was built at {first.created_at.astimezone():%Y-%m-%d %H:%M:%S}.",
    )


def _gone(version: PipelineVersion) -> NotebookFormatError:
    spec = version.spec
    return NotebookFormatError(
        f"{spec.notebook}, from which {version.reference} was built, is gone.",
        cure="Bring it back; if it was renamed, build it under its new name: "
        f"nbmlops build NOTEBOOK --name {spec.name}.",
    )


def _changed(version: PipelineVersion, now: PipelineVersion | None = None) -> NotebookChangedError:
    """Why a version is not the notebook's; ``now`` is the one that the notebook makes, if any."""
    spec = version.spec
    if now is not None:
        return NotebookChangedError(
            f"{spec.notebook} makes {now.reference} now, not {version.reference}.",
            cure=f"Build it again, which makes {now.reference} the latest, and approve that: "
            f"nbmlops build {spec.notebook}, then nbmlops approve {spec.name}; or name the version "
            f"that you mean: {version.reference}.",
        )
    return NotebookChangedError(
        f"{spec.notebook}, or a module that it imports, is not what {version.reference} was "
        "built from.",
        cure=f"Build it again and approve it: nbmlops build {spec.notebook}, then "
        f"nbmlops approve {spec.name}.",
    )


def _unstorable(recorded: Mapping[str, Execution]) -> dict[tuple[str, str], str]:
    return {
        (found.record.step, value.name): value.reason
        for found in recorded.values()
        if found.record.step is not None
        for value in found.record.outputs
        if value.manifest is None and value.reason and value.reason != "part of the code"
    }


def _unsaved(document: Document, recorded: Mapping[str, Execution]) -> tuple[str, ...]:
    """Cells whose text on disk is not what the kernel last ran."""
    differing = [
        found.record.step or f"cell {cell.index + 1}"
        for cell in document.code_cells
        if (found := recorded.get(cell.id))
        and not is_left_out(cell)
        and found.record.source.strip() != cell.source.strip()
    ]
    if not differing:
        return ()
    warning = (
        f"{', '.join(differing)} on disk is not what was last run: "
        "save the notebook and build again, or run what is saved."
    )
    return (warning,)
