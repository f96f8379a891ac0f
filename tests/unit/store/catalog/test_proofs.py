"""The ledger of proofs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from nbmlops.domain.executions import Artifact
from nbmlops.domain.pipelines import PipelineSpec, PipelineVersion
from nbmlops.domain.proofs import ComparedResult, Proof, ProofCause
from nbmlops.domain.verifications import Verdict
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.proofs import ProofRecords
from nbmlops.store.catalog.references import ReferenceRecords
from nbmlops.workspace import Workspace

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PROOF = Proof(
    verdict=Verdict.DIFFERENT,
    results=(
        ComparedResult(
            step="fit", cell=3, kind="value", name="model", verdict=Verdict.DIFFERENT, why="[0]"
        ),
    ),
    reason="fit differs",
    cause=ProofCause.CONVERSION,
    first="fit",
    duration=2.5,
    notebooks=(Artifact(name="straight.ipynb", media_type="x", object="a" * 64, size=3),),
    author="ada",
    proved_at=NOON,
)


def _version(workspace: Workspace) -> PipelineVersion:
    spec = PipelineSpec(
        name="flights",
        notebook="flights.ipynb",
        kernel="python3",
        digest="d" * 64,
        cells=(),
        steps=(),
        edges=(),
    )
    made, _ = PipelineRecords(workspace.database).add(
        spec, notebook_object="b" * 64, environment=None, author="ada", created_at=NOON
    )
    return made


def test_the_latest_proof_of_a_version_holds(mlops_workspace: Workspace) -> None:
    version, records = _version(mlops_workspace), ProofRecords(mlops_workspace.database)
    assert records.of(version) is None
    records.add(version, PROOF)
    records.add(version, replace(PROOF, verdict=Verdict.IDENTICAL, results=()))
    found = records.of(version)
    assert found is not None
    assert found.holds
    assert records.latest([]) == {}


def test_a_proof_comes_back_whole_and_its_notebooks_are_kept(mlops_workspace: Workspace) -> None:
    version, records = _version(mlops_workspace), ProofRecords(mlops_workspace.database)
    records.add(version, PROOF)
    assert records.of(version) == PROOF
    references = ReferenceRecords(mlops_workspace.database)
    assert "a" * 64 in references.references().objects
    assert references.owners()["a" * 64] == "proof of flights@1"
