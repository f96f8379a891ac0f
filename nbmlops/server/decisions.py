"""What waits for a decision, and the decisions of whoever is logged in."""

from __future__ import annotations

from nbmlops.domain.approvals import Approval, CellDecision
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.sentences import said
from nbmlops.errors import UnknownNameError
from nbmlops.governance.cell_reviews import cells_called
from nbmlops.governance.reviews import title_of
from nbmlops.server.orders import Decision
from nbmlops.server.projects import Projects
from nbmlops.server.sections import ApprovalsResponse, DoneResponse, Returned, Waiting
from nbmlops.workspace import Workspace


def approvals(projects: Projects, notebook: str, *, identity: str) -> ApprovalsResponse:
    """What waits in a notebook's project; nothing where nothing was recorded."""
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        return ApprovalsResponse(
            project="", identity=identity, required=True, waiting=(), returned=()
        )
    return ApprovalsResponse(
        project=projects.name(workspace),
        identity=identity,
        required=workspace.settings.schedule.require_approval,
        waiting=tuple(
            _waiting(projects, workspace, version) for version in workspace.pipelines.awaiting()
        ),
        returned=tuple(
            _returned(projects, workspace, version, version.approval)
            for version in workspace.pipelines.returned()
            if version.approval is not None
        ),
    )


def _returned(
    projects: Projects, workspace: Workspace, version: PipelineVersion, decision: Approval
) -> Returned:
    return Returned(
        reference=version.reference,
        notebook=projects.place(workspace.project / version.spec.notebook),
        by=decision.author,
        comment=decision.comment,
        decided_at=decision.decided_at,
    )


def _waiting(projects: Projects, workspace: Workspace, version: PipelineVersion) -> Waiting:
    spec = version.spec
    approved = [one for one in workspace.pipelines.versions(spec.name) if one.approved]
    return Waiting(
        reference=version.reference,
        notebook=projects.place(workspace.project / spec.notebook),
        author=version.author,
        created_at=version.created_at,
        steps=tuple(step.name for step in spec.steps),
        parameters=tuple(parameter.name for parameter in spec.parameters),
        warnings=spec.warnings,
        replaces=approved[-1].reference if approved else None,
    )


def request_changes(
    projects: Projects, notebook: str, reference: str, asked: Decision, *, by: str
) -> DoneResponse:
    """Say what is to change before a pipeline version is approved, in all of it or in a cell.

    Raises:
        UnknownNameError: there is no such version, or no such cell in it.
        UsageError: the comment is blank, or the version is approved.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("pipeline", reference)
        version = workspace.pipelines.get(PipelineReference.parse(reference))
        if asked.cell:
            return _on_cell(workspace, version, asked, "changes requested", by=by)
        returned = workspace.approvals.request_changes(version, comment=asked.comment)
        return DoneResponse(message=said("%1 has requested changes of %2.", by, returned.reference))


def approve(
    projects: Projects, notebook: str, reference: str, asked: Decision, *, by: str
) -> DoneResponse:
    """Let a pipeline version be scheduled, or find nothing wrong with a cell of it.

    Raises:
        UnknownNameError: there is no such version, or no such cell in it.
        UsageError: the comment is blank.
        NotApprovedError: the project's policy asks for what the version does not have.
    """
    with projects.acting(projects.locate(notebook), by) as workspace:
        if workspace is None:
            raise UnknownNameError("pipeline", reference)
        version = workspace.pipelines.get(PipelineReference.parse(reference))
        if asked.cell:
            return _on_cell(workspace, version, asked, "approved", by=by)
        approved = workspace.approvals.approve(version, comment=asked.comment)
        return DoneResponse(message=said("%1 is approved by %2.", approved.reference, by))


def _on_cell(
    workspace: Workspace,
    version: PipelineVersion,
    asked: Decision,
    decision: CellDecision,
    *,
    by: str,
) -> DoneResponse:
    workspace.approvals.review_cell(version, asked.cell, decision=decision, comment=asked.comment)
    title = title_of(cells_called(version.spec, asked.cell)[0])
    if decision == "approved":
        done = said("%1 of %2 is approved by %3.", title, version.reference, by)
    else:
        done = said("%1 has requested changes of %2 in %3.", by, title, version.reference)
    return DoneResponse(message=done)
