"""The data sets of a notebook's project: what is pinned, and pinning and restoring on request."""

from __future__ import annotations

from nbmlops.domain.datasets import DatasetReference, DatasetVersion, RestoredDataset
from nbmlops.domain.references import StepReference
from nbmlops.domain.sentences import said, together
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.server.projects import Projects
from nbmlops.server.sections import (
    DatasetDiffResponse,
    DatasetResponse,
    DatasetRow,
    DatasetsResponse,
    DoneResponse,
)
from nbmlops.workspace import Workspace

MOST_SETS = 200
MOST_VERSIONS = 50
MOST_MEMBERS = 500
MOST_USES = 100
MOST_NAMED = 3
"""Of each, what one answer has at most."""


def datasets(projects: Projects, notebook: str) -> DatasetsResponse:
    """The data sets of a notebook's project; none where nothing was recorded."""
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        return DatasetsResponse(project="", datasets=(), total=0, undo=None)
    found: dict[str, list[DatasetVersion]] = {}
    for version in workspace.datasets.versions():
        found.setdefault(version.name, []).append(version)
    newest = sorted(found.values(), key=lambda one: one[-1].created_at, reverse=True)
    return DatasetsResponse(
        project=projects.name(workspace),
        datasets=tuple(
            DatasetRow(
                name=versions[-1].name,
                versions=tuple(versions[: -MOST_VERSIONS - 1 : -1]),
                total=len(versions),
            )
            for versions in newest[:MOST_SETS]
        ),
        total=len(newest),
        undo=workspace.datasets.last_restored(),
    )


def dataset(projects: Projects, notebook: str, reference: str) -> DatasetResponse:
    """One version, with the first of its members, and who used what it holds.

    Raises:
        UnknownNameError: there is no such version.
    """
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("data set", reference)
    service = workspace.datasets
    version = service.get(DatasetReference.parse(reference))
    return DatasetResponse(
        version=version,
        members=tuple(service.members(version, limit=MOST_MEMBERS)),
        uses=tuple(service.uses(version)[:MOST_USES]),
    )


def diff(projects: Projects, notebook: str, before: str, after: str) -> DatasetDiffResponse:
    """What differs between two versions: the first members that do.

    Raises:
        UnknownNameError: there is no such version.
    """
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("data set", before)
    service = workspace.datasets
    first, second = (service.get(DatasetReference.parse(one)) for one in (before, after))
    found = service.diff(first, second)
    return DatasetDiffResponse(
        before=found.before,
        after=found.after,
        differences=found.differences[:MOST_MEMBERS],
        total=len(found.differences),
        same=found.same,
    )


def pin(
    projects: Projects, notebook: str, name: str, step: str, comment: str, *, by: str
) -> DoneResponse:
    """Pin what the latest execution of a step of the notebook has read, on somebody's behalf.

    Raises:
        UsageError: there is no such step, it has not succeeded yet, or what it read is gone.
        StoreUnwritableError: the store is read-only or full.
    """
    path = projects.locate(notebook)
    with projects.acting(path, by) as workspace:
        if workspace is None:
            raise UnknownNameError("step", step)
        reference = StepReference(name=step, notebook=workspace.notebook_key(path))
        pinned = workspace.datasets.pin_step(name, reference, comment=comment)
        version = pinned.version
        if not pinned.is_new:
            return DoneResponse(
                message=said(
                    "%1 has this content already; nothing new was pinned.", version.reference
                )
            )
        left = ", ".join(f"{one.name} ({one.why})" for one in version.left_out)
        pinned_as = said("The inputs of %1 are %2.", step, version.reference)
        without = said("Not in it: %1.", left) if left else ""
        return DoneResponse(message=together(pinned_as, without))


def restore(
    projects: Projects, notebook: str, reference: str, *, agreed: bool, by: str
) -> DoneResponse:
    """Put the files of a version back where they were.

    Raises:
        UnknownNameError: there is no such version.
        ConsentNeededError: files hold something else, and that was not agreed to.
        UsageError: it has no files, or one cannot be written.
        StoreError: the bytes of a file are gone.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("data set", reference)
        _require_inside(projects, workspace)
        version = workspace.datasets.get(DatasetReference.parse(reference))
        done = workspace.datasets.restore(version, agreed=agreed)
        return DoneResponse(message=_told(done))


def undo(projects: Projects, notebook: str, *, agreed: bool, by: str) -> DoneResponse:
    """Take the last restore back.

    Raises:
        UsageError: there is none.
        ConsentNeededError: files were changed since, and that was not agreed to.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("data set", notebook)
        _require_inside(projects, workspace)
        done = workspace.datasets.undo(agreed=agreed)
        return DoneResponse(message=said("The restore of %1 is undone.", done.reference))


def _require_inside(projects: Projects, workspace: Workspace) -> None:
    """Files are written below the server's root alone, of which a project may be a parent."""
    if not workspace.project.is_relative_to(projects.root):
        raise UsageError(
            "The project begins above the server's root folder, where it writes no files.",
            cure="Type it in a shell: nbmlops data restore NAME@1.",
        )


def _told(done: RestoredDataset) -> str:
    changed = [one.path for one in done.files if one.deed != "unchanged"]
    if not changed:
        return said("All files are as in %1 already.", done.reference)
    shown, more = ", ".join(changed[:MOST_NAMED]), len(changed) - MOST_NAMED
    if more > 0:
        return said("Restored %1 and %2 more of %3.", shown, str(more), done.reference)
    return said("Restored %1 of %2.", shown, done.reference)
