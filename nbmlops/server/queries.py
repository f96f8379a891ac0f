"""What the endpoints read: each function is one blocking question to a workspace."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmlops.domain.references import PipelineReference, StepReference
from nbmlops.domain.staleness import Standing
from nbmlops.errors import (
    NotApprovedError,
    StoreBusyError,
    StoreUnwritableError,
    UnknownNameError,
)
from nbmlops.governance.cell_reviews import open_requests
from nbmlops.governance.reviews import changed_steps
from nbmlops.notebook.document import read
from nbmlops.pipelines.typed.schema import json_schema
from nbmlops.server.projects import Projects
from nbmlops.server.questions import OfDifference
from nbmlops.server.responses import (
    DiffResponse,
    FreshnessResponse,
    NotebookRow,
    NotebooksResponse,
    ParametersResponse,
    RunsResponse,
    StatusResponse,
    StepHistory,
    StepsResponse,
    ValuesResponse,
    VersionResponse,
)
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.scheduling.triggers.calls import Answer

NEWEST_RUNS = 50


def status() -> StatusResponse:
    """That the extension runs, and which version of it."""
    return StatusResponse(version=installed_version("nbmlops"))


def notebooks(projects: Projects, notebook: str) -> NotebooksResponse:
    """The notebooks of a notebook's project; those outside of the server's root are left out."""
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        return NotebooksResponse(recorded=False, project="", notebooks=())
    rows = []
    for found in workspace.history.notebooks():
        path = workspace.project / found.notebook
        place = projects.place(path)
        if place is not None:
            rows.append(
                NotebookRow(
                    notebook=place,
                    exists=path.is_file(),
                    steps=found.steps,
                    pipelines=found.pipelines,
                )
            )
    return NotebooksResponse(recorded=True, project=projects.name(workspace), notebooks=tuple(rows))


def steps(projects: Projects, notebook: str) -> StepsResponse:
    """The steps of a notebook with their versions; none where nothing was recorded."""
    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        return StepsResponse(notebook=notebook, recorded=False, steps=())
    key = _key(workspace, path)
    known = workspace.history.steps(key)
    rows = workspace.history.versions_of(known)
    found = tuple(
        StepHistory(name=step.name, versions=tuple(reversed(versions)))
        for step, versions in zip(known, rows, strict=True)
    )
    return StepsResponse(notebook=notebook, recorded=True, steps=found)


def freshness(projects: Projects, notebook: str) -> FreshnessResponse:
    """Which steps are fresh and which are stale; none where nothing was recorded.

    Of the open notebook alone, and apart from its versions: this reads the file and analyses
    every cell, which the versions need not wait for.

    Raises:
        NotebookFormatError: the file is not a notebook.
    """
    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None or not path.exists():
        return FreshnessResponse(notebook=notebook, steps=())
    key = _key(workspace, path)
    latest = workspace.executions.newest() or 0  # before the rest, which may then hold more
    found = workspace.staleness.status(path).in_short()
    return FreshnessResponse(
        notebook=notebook,
        steps=found.steps,
        saved_at=found.saved_at,
        latest=latest,
        taken=_taken(workspace, key, found.steps),
        unapproved=_unapproved(workspace, path),
        requested=_requested(workspace, path),
    )


def _key(workspace: Workspace, path: Path) -> str:
    """The name of a notebook in the ledger, with the history that it had under another one."""
    key = workspace.notebook_key(path)
    with suppress(StoreUnwritableError, StoreBusyError):  # what is there can be read all the same
        workspace.renames.adopt(key)
    workspace.ended_kernels.settle()
    return key


def _requested(workspace: Workspace, path: Path) -> dict[str, str]:
    """The steps of which changes are requested, with who asks for what."""
    found: dict[str, str] = {}
    for latest in workspace.pipelines.of_notebook(workspace.notebook_key(path)):
        for one in open_requests(workspace.approvals.cell_reviews(latest)):
            found[one.title] = f"{one.author}: {one.comment}"
    return found


def _unapproved(workspace: Workspace, path: Path) -> dict[str, str]:
    """The steps whose cells were changed since their approval, with the approved version."""
    found: dict[str, str] = {}
    for latest in workspace.pipelines.of_notebook(workspace.notebook_key(path)):
        with suppress(NotApprovedError):
            approved = workspace.approvals.approved_version(latest.spec.name)
            changed = changed_steps(approved.spec, read(path))
            found |= dict.fromkeys(changed, approved.reference)
    return found


def _taken(workspace: Workspace, key: str, steps: Iterable[Standing]) -> dict[str, str]:
    """The steps whose results the newest run of a notebook took, with the run's reference.

    Only where it took those of the version that the cell has: an older one's are another result.
    """
    shown = {step.version for step in steps}
    return {
        step: run.reference
        for run in workspace.runs.newest(notebook=key, limit=1)
        for step, number in workspace.plans.records.versions_taken(run.id)
        if f"{step}@{number}" in shown
    }


def runs(projects: Projects, notebook: str) -> RunsResponse:
    """The newest runs of the pipelines of a notebook."""
    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        return RunsResponse(runs=())
    key = _key(workspace, path)
    return RunsResponse(runs=tuple(workspace.runs.newest(notebook=key, limit=NEWEST_RUNS)))


def diff(projects: Projects, asked: OfDifference) -> DiffResponse:
    """What differs between two versions of a step.

    Raises:
        UnknownNameError: there is no such step or version.
    """
    workspace, key = _recorded(projects, asked.notebook, asked.step)
    older = StepReference(name=asked.step, version=asked.before, notebook=key)
    newer = StepReference(name=asked.step, version=asked.after, notebook=key)
    contents = workspace.contents.diff(older, newer) if asked.inside else None
    return DiffResponse(diff=workspace.history.diff(older, newer), contents=contents)


def version(projects: Projects, notebook: str, step: str, number: int) -> VersionResponse:
    """The code of one version.

    Raises:
        UnknownNameError: there is no such step or version.
    """
    workspace, key = _recorded(projects, notebook, step)
    found = workspace.history.version(StepReference(name=step, version=number, notebook=key))
    return VersionResponse(
        reference=found.reference, source=found.source, definitions=found.definitions
    )


def values(projects: Projects, notebook: str, step: str, number: int) -> ValuesResponse:
    """What one version made, without loading it.

    Raises:
        UnknownNameError: there is no such step or version.
    """
    workspace, key = _recorded(projects, notebook, step)
    found = workspace.history.version(StepReference(name=step, version=number, notebook=key))
    execution = workspace.history.representative(found)
    outputs = execution.record.outputs if execution is not None else ()
    return ValuesResponse(reference=found.reference, values=outputs)


def parameters(projects: Projects, notebook: str, pipeline: str) -> ParametersResponse:
    """What a run of a pipeline takes.

    Args:
        projects: the projects below the server's root.
        notebook: a notebook of the project.
        pipeline: a name (its latest version) or a version such as ``flights@2``.

    Raises:
        UnknownNameError: there is no such pipeline or version.
    """
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("pipeline", pipeline)
    found = workspace.pipelines.get(PipelineReference.parse(pipeline))
    return ParametersResponse(
        reference=found.reference,
        parameters=json_schema(found.spec.parameters, title=found.reference),
    )


def _recorded(projects: Projects, notebook: str, step: str) -> tuple[Workspace, str]:
    path = projects.locate(notebook)
    workspace = projects.workspace(path)
    if workspace is None:
        raise UnknownNameError("step", step)
    return workspace, workspace.notebook_key(path)


def call(
    projects: Projects,
    notebook: str,
    schedule: int,
    *,
    token: str,
    key: str | None,
    parameters: dict[str, Any],
) -> Answer:
    """Let a schedule of a notebook's project fire that waits for calls.

    Raises:
        UnknownNameError: nothing has been recorded there.
    """
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("schedule", str(schedule))
    return workspace.schedules.calls.take(schedule, token, key, parameters)
