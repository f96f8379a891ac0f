"""What was tracked, from Python: ``nbmlops.open().runs("flights")``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nbmlops.capture.auditing import STORED
from nbmlops.config import choose_project
from nbmlops.domain.differences import VersionDiff
from nbmlops.domain.executions import Artifact, Execution, StepVersion, VersionRow
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import PipelineReference, RunReference, StepReference
from nbmlops.domain.run_differences import RunDiff
from nbmlops.domain.runs import Run
from nbmlops.errors import UnknownNameError, ValueNotStoredError
from nbmlops.history.stored import moves, stored_value
from nbmlops.monitoring.comparing import LIMIT, compare
from nbmlops.monitoring.report import DriftReport
from nbmlops.monitoring.reporting import free_name, tell
from nbmlops.workspace import Workspace


class Project:
    """A project, opened to look at and to run.

    Names are written as on the command line: ``train@2``, ``flights@approved``, ``flights#3``.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the connections to the store."""
        self._workspace.close()

    def versions(self, step: str) -> list[VersionRow]:
        """The versions of a step, oldest first."""
        reference = StepReference.parse(step)
        return self._workspace.history.versions(reference.name, reference.notebook)

    def version(self, step: str) -> StepVersion:
        """One version of a step."""
        return self._workspace.history.version(StepReference.parse(step))

    def diff(self, before: str, after: str) -> VersionDiff:
        """Two versions of a step side by side."""
        return self._workspace.history.diff(StepReference.parse(before), StepReference.parse(after))

    def diff_runs(self, before: str, after: str) -> RunDiff:
        """Two runs side by side.

        Raises:
            UnknownNameError: there is no such run.
        """
        return self._workspace.run_comparisons.diff(self.run(before), self.run(after))

    def values(self, step: str) -> dict[str, Any]:
        """What the latest successful execution of a version made, by name."""
        restored = self._workspace.history.restore(StepReference.parse(step), values=True)
        return {value.name: value.value for value in restored.values}

    def value(self, name: str) -> Any:
        """One value of the history, loaded without running anything.

        Args:
            name: a value of a step (``load@3:df``), of a run (``flights#3:df``), or of the newest
                run of a pipeline version that succeeded (``flights@approved:df``); without the
                part behind the colon where there is one table or one value.

        Raises:
            UnknownNameError: there is no such thing.
            UsageError: there are several values, and none is named.
            ValueNotStoredError: it was not kept.
            UntrustedValueError: somebody else has recorded it.
        """
        workspace = self._workspace
        return stored_value(
            name,
            steps=workspace.history,
            pipelines=workspace.pipelines,
            runs=workspace.runs,
            values=workspace.values,
        )

    def pipeline(self, name: str) -> PipelineVersion:
        """One version of a pipeline."""
        return self._workspace.pipelines.get(PipelineReference.parse(name))

    def runs(self, pipeline: str | None = None, *, limit: int = 50) -> list[Run]:
        """The runs of a pipeline, or of all, newest first."""
        return self._workspace.runs.newest(pipeline=pipeline, limit=limit)

    def run(self, reference: str) -> Run:
        """One run.

        Raises:
            UnknownNameError: there is none.
        """
        wanted = RunReference.parse(reference)
        found = self._workspace.runs.get(wanted.pipeline, wanted.number)
        if found is None:
            raise UnknownNameError("run", reference)
        return found

    def executions(self, run: Run) -> list[Execution]:
        """What a run executed, cell by cell."""
        return self._workspace.runs.executions(run)

    def artifact(self, run: Run, name: str) -> bytes:
        """The content of one of a run's artifacts.

        Raises:
            UnknownNameError: the run has none of that name.
        """
        run = self._workspace.runs.files.made(run)
        for artifact in run.artifacts:
            if artifact.name == name:
                return self._content(artifact)
        raise UnknownNameError("artifact", name, [artifact.name for artifact in run.artifacts])

    def _content(self, artifact: Artifact) -> bytes:
        return self._workspace.objects.get(artifact.object)

    def output(self, run: Run, name: str) -> Any:
        """A result that a step of a run reported: its JSON form, or the content of its file.

        Raises:
            UnknownNameError: the run has none of that name.
            ValueNotStoredError: it was not kept.
        """
        found = run.outputs.get(name)
        if found is None:
            raise UnknownNameError("output", name, run.outputs)
        if found.reason is not None:
            raise ValueNotStoredError(
                f"The output {name!r} of {run.reference} was not kept: {found.reason}.",
                cure="Raise the limit, and run the step again.",
            )
        return found.value if found.artifact is None else self._content(found.artifact)

    def start(self, pipeline: str, parameters: Mapping[str, Any] | None = None) -> Run:
        """Run a pipeline once and wait for it; a failed run is returned, not raised."""
        return self._workspace.runs.run(self.pipeline(pipeline), parameters or {})

    def resume(self, reference: str, *, as_built: bool = False) -> Run:
        """Go on with a run that failed, was cancelled or lost, and wait for it.

        Args:
            reference: the run, ``flights#3``.
            as_built: whether on the version that it ran, and not on the notebook as it is now.

        Raises:
            UnknownNameError: there is no such run.
            NotResumableError: it has not ended, or ended well; or its parameters do not fit.
            BuildRefusedError: the notebook as it is now cannot become a pipeline.
        """
        run, pipelines = self.run(reference), self._workspace.pipelines
        version = pipelines.of_run(run)
        if not as_built:
            version = pipelines.rebuild(version).version
        return self._workspace.runs.resume(run, version)


def open_project(project: str | None = None) -> Project:
    """Open the project of a folder; of the current one if none is given."""
    return Project(Workspace(Path(project) if project else choose_project(Path.cwd())))


def check_drift(
    today: Any,
    reference: Any,
    *,
    columns: Sequence[str] | None = None,
    limit: float = LIMIT,
    name: str = "drift",
) -> DriftReport:
    """Compare the data of today with those of a reference, column by column.

    How far they are apart is told by the population stability index, with equally full bins of the
    reference for numbers and dates, a bin for each category, and one for what is missing. In a
    recorded cell the indexes are kept as metrics, and the finding with the run, whose channels are
    told. Both are left as they are.

    Args:
        today: a frame or series of pandas or Polars, or an array of numpy.
        reference: likewise; or the name of a value of the history, as `Project.value` takes it.
        columns: those to compare; all of the reference if not given.
        limit: the index beyond which a column has drifted.
        name: what the check is called: its metrics are ``drift``, the furthest column, and
            ``drift.COLUMN``.

    Raises:
        UsageError: one of both is no table, or what is asked for is not there.
        ValueNotStoredError: the value that is named was not kept.
    """
    called, named = free_name(name), ""
    if isinstance(reference, str):
        named = reference
        if moves(reference):
            sys.audit(STORED, reference)
        with open_project() as project:
            reference = project.value(reference)
    report = compare(today, reference, columns=columns, limit=limit, name=called, named=named)
    tell(report)
    return report
