"""Who stands behind a pipeline version."""

from __future__ import annotations

from collections.abc import Sequence

from nbmlops.config import Settings
from nbmlops.domain.approvals import Approval, Decision
from nbmlops.domain.clock import Clock
from nbmlops.domain.pipelines import PipelineStep, PipelineVersion
from nbmlops.domain.verifications import Verification
from nbmlops.errors import NotApprovedError, UnknownNameError, UsageError
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.proofs import ProofRecords
from nbmlops.store.catalog.verifications import VerificationRecords


class ApprovalService:
    """Writes decisions down, with who, when and why, and answers whether one holds.

    A decision is bound to the version's digest and never edited: withdrawing writes another one
    behind it. What the policy asks for is asked of each approval, wherever it is given.
    """

    def __init__(
        self,
        *,
        records: PipelineRecords,
        verifications: VerificationRecords,
        proofs: ProofRecords,
        policy: Settings,
        clock: Clock,
        author: str,
    ) -> None:
        self._records = records
        self._verifications = verifications
        self._proofs = proofs
        self._policy = policy
        self._clock = clock
        self._author = author

    def approve(self, version: PipelineVersion, *, comment: str) -> PipelineVersion:
        """Let a version be scheduled; where it may be already, nothing is recorded.

        Raises:
            UsageError: the comment is blank.
            NotApprovedError: the project's policy asks for what the version does not have.
        """
        if version.approved:
            return version
        if self._policy.require_proof:
            self.require_proof(version)
        if self._policy.require_verified:
            self.require_verified(version)
        return self._decide(version, decision="approved", comment=comment)

    def require_proof(self, version: PipelineVersion) -> None:
        """Refuse a version that was not proved to do what its notebook does.

        Raises:
            NotApprovedError: it was not, or its latest proof failed; says why.
        """
        proof = self._proofs.of(version)
        if proof is not None and proof.holds:
            return
        said = f"its proof failed: {proof.reason}" if proof is not None else "it is not proved"
        raise NotApprovedError(
            f"{version.reference} is not approved: {said}.",
            cure=f"Prove it: nbmlops build {version.spec.notebook} --name {version.spec.name} "
            "--prove.",
        )

    def require_verified(self, version: PipelineVersion) -> None:
        """Refuse a version of which a step was not proved to be repeatable.

        Raises:
            NotApprovedError: a step has no verification as it is in this version, or its latest
                one did not reproduce the record; names them all.
        """
        found = {step.name: self._weakest(version, step) for step in version.spec.steps}
        lacking = [
            name for name, proof in found.items() if proof is None or not proof.verdict.reproduced
        ]
        if lacking:
            said = ", ".join(
                f"{name} ({proof.verdict})" if (proof := found[name]) else f"{name} (not verified)"
                for name in lacking
            )
            raise NotApprovedError(
                f"{version.reference} is not approved: not every step is reproduced: {said}.",
                cure="Run the steps as they are now, then: "
                + ", ".join(f"nbmlops verify {name}" for name in lacking)
                + ".",
            )

    def _weakest(self, version: PipelineVersion, step: PipelineStep) -> Verification | None:
        """The verification of a step; of several cells, one that does not prove it, if any."""
        proof: Verification | None = None
        for part in step.parts or (step.digest,):
            proof = self._verifications.of_code(version.spec.notebook, step.name, part)
            if proof is None or not proof.verdict.reproduced:
                break
        return proof

    def withdraw(self, version: PipelineVersion, *, comment: str) -> PipelineVersion:
        """Take an approval back; schedules of this version pause when they are next due.

        Raises:
            NotApprovedError: the version is not approved.
            UsageError: the comment is blank.
        """
        if not version.approved:
            raise NotApprovedError(
                f"{version.reference} is not approved, so there is nothing to withdraw."
            )
        return self._decide(version, decision="withdrawn", comment=comment)

    def approved_version(self, pipeline: str) -> PipelineVersion:
        """The newest approved version of a pipeline.

        Raises:
            UnknownNameError: there is no such pipeline.
            NotApprovedError: none of its versions is approved.
        """
        versions = self._records.versions(pipeline)
        if not versions:
            raise UnknownNameError("pipeline", pipeline, self._records.names())
        return newest_approved(pipeline, versions)

    def history(self, version: PipelineVersion) -> list[Approval]:
        """Every decision on a version, oldest first."""
        return self._records.decisions(version)

    def _decide(
        self, version: PipelineVersion, *, decision: Decision, comment: str
    ) -> PipelineVersion:
        if not comment.strip():
            raise UsageError(
                f"A decision on {version.reference} needs a comment that says why.",
                cure="Add one: --comment '…'.",
            )
        approval = Approval(
            decision=decision,
            digest=version.spec.digest,
            author=self._author,
            comment=comment.strip(),
            decided_at=self._clock(),
        )
        return self._records.decide(version, approval)


def check_approved(version: PipelineVersion | None, name: str) -> None:
    """Make sure that a version is approved now.

    Args:
        version: the version; ``None`` where it is gone.
        name: what it is called: ``flights@2``.

    Raises:
        NotApprovedError: it is not; says who withdrew the approval.
    """
    if version is not None and version.approved:
        return
    decision = version.approval if version else None
    by = f"; {decision.author} withdrew the approval" if decision else ""
    raise NotApprovedError(
        f"{name} is not approved{by}.",
        cure=f"Approve it again, then go on: nbmlops approve {name} --comment '…'.",
    )


def newest_approved(pipeline: str, versions: Sequence[PipelineVersion]) -> PipelineVersion:
    """The newest of a pipeline's versions that is approved; ``versions`` are oldest first.

    Raises:
        NotApprovedError: there is none.
    """
    approved = [version for version in versions if version.approved]
    if not approved:
        raise NotApprovedError(
            f"No version of the pipeline {pipeline!r} is approved.",
            cure=f"Review it and approve it: nbmlops approve {pipeline} --comment '…'.",
        )
    return approved[-1]
