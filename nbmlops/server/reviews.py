"""What somebody sees who decides on a pipeline version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbmlops.domain.cell_tests import CellTestStatus
from nbmlops.domain.differences import Change
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.sentences import said
from nbmlops.errors import NbmlopsError, NotebookError, StoreError, UnknownNameError
from nbmlops.governance import reviews
from nbmlops.governance.credentials import Finding, findings
from nbmlops.notebook.document import read
from nbmlops.server.dialogs import Check, Decided, ReviewResponse
from nbmlops.server.projects import Projects
from nbmlops.workspace import Workspace

MOST_FINDINGS = 100


def review(projects: Projects, notebook: str, reference: str, *, identity: str) -> ReviewResponse:
    """A version beside the approved one before it.

    Args:
        projects: the projects below the server's root.
        notebook: a notebook of the project.
        reference: a name (its latest version) or a version such as ``flights@2``.
        identity: as whom the reader would decide.

    Raises:
        UnknownNameError: there is no such pipeline or version.
    """
    workspace = projects.workspace(projects.locate(notebook))
    if workspace is None:
        raise UnknownNameError("pipeline", reference)
    version = workspace.pipelines.get(PipelineReference.parse(reference))
    against = _approved_before(workspace, version)
    spec, older = version.spec, against.spec if against is not None else None
    path = workspace.project / spec.notebook
    return ReviewResponse(
        project=projects.name(workspace),
        reference=version.reference,
        notebook=projects.place(path),
        author=version.author,
        created_at=version.created_at,
        identity=identity,
        against=against.reference if against is not None else None,
        approved=version.approved,
        edited=_edited(workspace, version),
        decisions=tuple(
            Decided(
                decision=one.decision,
                author=one.author,
                comment=one.comment,
                decided_at=one.decided_at,
            )
            for one in workspace.approvals.history(version)
        ),
        cells=reviews.cells(older, spec),
        decided=workspace.approvals.cell_reviews(version),
        parameters=reviews.parameters(older, spec),
        structure=reviews.structure(older, spec),
        environment=_environment(workspace, against, version),
        checks=tuple(_checks(workspace, version)),
        warnings=spec.warnings,
        findings=_findings(version, path),
    )


def _approved_before(workspace: Workspace, version: PipelineVersion) -> PipelineVersion | None:
    """The newest approved version with a lower number."""
    earlier = [
        one
        for one in workspace.pipelines.versions(version.spec.name)
        if one.approved and one.number < version.number
    ]
    return earlier[-1] if earlier else None


def _edited(workspace: Workspace, version: PipelineVersion) -> str | None:
    try:
        workspace.pipelines.check_unchanged(version)
    except NbmlopsError as error:
        return error.message
    return None


def _environment(
    workspace: Workspace, before: PipelineVersion | None, after: PipelineVersion
) -> tuple[Change, ...] | None:
    from nbmlops.history.environments import compare

    if before is None or before.environment is None or after.environment is None:
        return None
    of_pipeline = workspace.environments.of_pipeline
    try:
        return compare(of_pipeline(before), of_pipeline(after))
    except StoreError:
        return None


def _checks(workspace: Workspace, version: PipelineVersion) -> Iterator[Check]:
    """The proof, then what stands for each step, then the tests of the steps."""
    settings = workspace.settings
    proof = workspace.proofs.of(version)
    yield Check(
        name=said("proof"),
        passed=proof.holds if proof is not None else None,
        told=". ".join(filter(None, (str(proof.verdict), proof.reason)))
        if proof
        else said("not proved"),
        required=settings.require_proof,
    )
    for step, found in workspace.approvals.verifications(version).items():
        yield Check(
            name=said("verify %1", step),
            passed=found.verdict.reproduced if found is not None else None,
            told=". ".join(filter(None, (str(found.verdict), found.reason)))
            if found
            else said("not verified"),
            required=settings.require_verified,
        )
    yield from _tests(workspace, version)


def _tests(workspace: Workspace, version: PipelineVersion) -> Iterator[Check]:
    known = {
        record.name: record
        for step in version.spec.steps
        for digest in step.parts or (step.digest,)
        for record in workspace.tests.of_version(version.spec.notebook, step.name, digest)
    }
    for name, record in known.items():
        skipped = record.status is CellTestStatus.SKIPPED
        passed = None if skipped else record.status is CellTestStatus.PASSED
        yield Check(name=said("test %1", name), passed=passed, told=str(record.status))


def _findings(version: PipelineVersion, path: Path) -> tuple[Finding, ...]:
    """What looks like a credential in the version's sources and the saved notebook's outputs."""
    found = [
        finding
        for cell in version.spec.cells
        for finding in findings(cell.source, where=reviews.title_of(cell), inside="source")
    ]
    found += _in_outputs(version, path)
    return tuple(found[:MOST_FINDINGS])


def _in_outputs(version: PipelineVersion, path: Path) -> Iterator[Finding]:
    try:
        raw = read(path).raw
    except NotebookError:  # it is gone, or none any more: `edited` says so
        return
    titles = {cell.cell_id: reviews.title_of(cell) for cell in version.spec.cells}
    for number, cell in enumerate(raw["cells"], start=1):
        where = titles.get(cell.get("id", ""), f"cell {number}")
        for output in cell.get("outputs", ()):
            yield from findings("\n".join(_texts(output)), where=where, inside="output")


def _texts(output: dict[str, Any]) -> Iterator[str]:
    """What an output shows as text."""
    shown = [output.get("text"), *output.get("traceback", ())]
    shown += [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
    for text in shown:
        if isinstance(text, str | list):
            yield text if isinstance(text, str) else "".join(map(str, text))
