"""Who stands behind a pipeline version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbmlops.config import Settings
from nbmlops.domain.approvals import Approval, CellDecision, CellReview, Decision
from nbmlops.domain.clock import Clock
from nbmlops.domain.pipelines import PipelineStep, PipelineVersion
from nbmlops.domain.sentences import said
from nbmlops.domain.verifications import Verification
from nbmlops.errors import NotApprovedError, UnknownNameError, UsageError
from nbmlops.governance.cell_reviews import cells_called, digest_of, holding, open_requests
from nbmlops.governance.reviews import title_of

if TYPE_CHECKING:
    from nbmlops.store.catalog.cell_reviews import CellReviewRecords
    from nbmlops.store.catalog.pipelines import PipelineRecords
    from nbmlops.store.catalog.proofs import ProofRecords
    from nbmlops.store.catalog.schedules import ScheduleRecords
    from nbmlops.store.catalog.verifications import VerificationRecords

_DONE: dict[Decision, str] = {
    "approved": "approved it",
    "withdrawn": "withdrew the approval",
    "changes requested": "asked for changes",
}


class ApprovalService:
    """Writes decisions down, with who, when and why, and answers whether one holds.

    A decision is bound to the version's digest and never edited: withdrawing writes another one
    behind it. What the policy asks for is asked of each approval, wherever it is given.
    """

    def __init__(
        self,
        *,
        records: PipelineRecords,
        cells: CellReviewRecords,
        schedules: ScheduleRecords,
        verifications: VerificationRecords,
        proofs: ProofRecords,
        policy: Settings,
        clock: Clock,
        author: str,
    ) -> None:
        self._records = records
        self._cells = cells
        self._schedules = schedules
        self._verifications = verifications
        self._proofs = proofs
        self._policy = policy
        self._clock = clock
        self._author = author

    def approve(self, version: PipelineVersion, *, comment: str) -> PipelineVersion:
        """Let a version be scheduled; where it may be already, nothing is recorded.

        Raises:
            UsageError: the comment is blank.
            NotApprovedError: the project's policy asks for what the version does not have, or
                changes are requested of a cell of it.
        """
        if version.approved:
            return version
        self._require_no_request(version)
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
        found = self.verifications(version)
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

    def verifications(self, version: PipelineVersion) -> dict[str, Verification | None]:
        """What stands for each step as it is in a version; ``None`` where it was not verified."""
        return {step.name: self._weakest(version, step) for step in version.spec.steps}

    def _weakest(self, version: PipelineVersion, step: PipelineStep) -> Verification | None:
        """The verification of a step; of several cells, one that does not prove it, if any."""
        proof: Verification | None = None
        for part in step.parts or (step.digest,):
            proof = self._verifications.of_code(version.spec.notebook, step.name, part)
            if proof is None or not proof.verdict.reproduced:
                break
        return proof

    def withdraw(self, version: PipelineVersion, *, comment: str) -> PipelineVersion:
        """Take an approval back; the schedules and backfills of this version pause at once.

        What they have begun goes on. A scheduler asks again before each due time, so none of
        them fires between the decision and the pause.

        Raises:
            NotApprovedError: the version is not approved.
            UsageError: the comment is blank.
        """
        if not version.approved:
            raise NotApprovedError(
                f"{version.reference} is not approved, so there is nothing to withdraw."
            )
        return self._stop(self._decide(version, decision="withdrawn", comment=comment))

    def request_changes(self, version: PipelineVersion, *, comment: str) -> PipelineVersion:
        """Say what a version lacks: it waits for no decision any more, and is not approved.

        Where the project schedules what nobody has decided on, its schedules and backfills pause
        at once, as with `withdraw`. It can be approved all the same later.

        Raises:
            UsageError: the version is approved, or the comment is blank.
        """
        if version.approved:
            raise UsageError(
                f"{version.reference} is approved.",
                cure=f"Take that back instead: nbmlops withdraw {version.reference} --comment '…'.",
            )
        return self._stop(self._decide(version, decision="changes requested", comment=comment))

    def review_cell(
        self, version: PipelineVersion, cell: str, *, decision: CellDecision, comment: str
    ) -> tuple[CellReview, ...]:
        """Decide on a cell of a version.

        The decision holds for every version that has the cell as it is in this one. A version of
        which changes of a cell are requested is one that lacks something, as with
        `request_changes`, and cannot be approved before the cell is changed, or approved after all.

        Args:
            version: the version.
            cell: a step, a title such as ``cell 4``, or the id of a cell.
            decision: what is decided.
            comment: why, or what is to change.

        Returns:
            What holds for its cells now.

        Raises:
            UnknownNameError: there is no such cell.
            UsageError: the comment is blank, or changes are requested of what is approved.
        """
        found = cells_called(version.spec, cell)
        said = self._said(version, comment)
        if decision == "changes requested":
            self.request_changes(version, comment=f"{title_of(found[0])}: {said}")
        reviews = [
            CellReview(
                cell_id=one.cell_id,
                title=title_of(one),
                decision=decision,
                digest=digest_of(one),
                reference=version.reference,
                author=self._author,
                comment=said,
                decided_at=self._clock(),
            )
            for one in found
        ]
        self._cells.add(version, reviews)
        return self.cell_reviews(version)

    def cell_reviews(self, version: PipelineVersion) -> tuple[CellReview, ...]:
        """The decisions on cells that hold for a version, in the order of its cells."""
        return holding(self._cells.of_pipeline(version.spec.name), version.spec)

    def approved_version(self, pipeline: str) -> PipelineVersion:
        """The approved version of a pipeline that was built last.

        Raises:
            UnknownNameError: there is no such pipeline.
            NotApprovedError: none of its versions is approved.
        """
        versions = self._records.by_build(pipeline)
        if not versions:
            raise UnknownNameError("pipeline", pipeline, self._records.names())
        return newest_approved(pipeline, versions)

    def schedulable_version(self, pipeline: str) -> PipelineVersion:
        """The version of a pipeline that may fire by itself.

        That is the approved one that was built last; where the project does not require approval,
        the last of which the approval was not withdrawn.

        Raises:
            UnknownNameError: there is no such pipeline.
            NotApprovedError: none of its versions may.
        """
        if self._policy.schedule.require_approval:
            return self.approved_version(pipeline)
        versions = self._records.by_build(pipeline)
        allowed = [version for version in versions if may_fire(version, required=False)]
        return allowed[-1] if allowed else self.approved_version(pipeline)

    def history(self, version: PipelineVersion) -> list[Approval]:
        """Every decision on a version, oldest first."""
        return self._records.decisions(version)

    def _stop(self, version: PipelineVersion) -> PipelineVersion:
        """Pause what fires a version."""
        for schedule in self._schedules.of_version(version.id):
            self._schedules.pause(schedule.id, said_of(version, version.reference))
        return version

    def _require_no_request(self, version: PipelineVersion) -> None:
        asked = open_requests(self.cell_reviews(version))
        if asked:
            said = "; ".join(f"{one.title} ({one.author}: {one.comment})" for one in asked)
            raise NotApprovedError(
                f"{version.reference} is not approved: changes are requested of {said}.",
                cure="Change them and build again, or approve each after all: nbmlops approve "
                f"{version.reference} --cell '{asked[0].title}' --comment '…'.",
            )

    def _said(self, version: PipelineVersion, comment: str) -> str:
        if not comment.strip():
            raise UsageError(
                f"A decision on {version.reference} needs a comment that says why.",
                cure="Add one: --comment '…'.",
            )
        return comment.strip()

    def _decide(
        self, version: PipelineVersion, *, decision: Decision, comment: str
    ) -> PipelineVersion:
        approval = Approval(
            decision=decision,
            digest=version.spec.digest,
            author=self._author,
            comment=self._said(version, comment),
            decided_at=self._clock(),
        )
        return self._records.decide(version, approval)


def may_fire(version: PipelineVersion, *, required: bool) -> bool:
    """Whether a version may be run by a schedule.

    Args:
        version: with the latest decision on it.
        required: whether the project asks for an approval; without, silence is as good.
    """
    return version.approved or (version.approval is None and not required)


def check_approved(version: PipelineVersion | None, name: str, *, required: bool = True) -> None:
    """Make sure that a version is approved now.

    Args:
        version: the version; ``None`` where it is gone.
        name: what it is called: ``flights@2``.
        required: as for `may_fire`.

    Raises:
        NotApprovedError: it is not; says who withdrew the approval.
    """
    if version is not None and may_fire(version, required=required):
        return
    raise NotApprovedError(
        said_of(version, name),
        cure=f"Approve it again, then go on: nbmlops approve {name} --comment '…'.",
    )


def said_of(version: PipelineVersion | None, name: str) -> str:
    """That a version is not approved, and who has decided so, in a sentence."""
    decision = version.approval if version else None
    by = f"; {decision.author} {_DONE[decision.decision]}" if decision else ""
    return f"{name} is not approved{by}."


def newest_approved(pipeline: str, versions: Sequence[PipelineVersion]) -> PipelineVersion:
    """The last of a pipeline's versions that is approved; ``versions`` are in order of builds.

    Raises:
        NotApprovedError: there is none.
    """
    approved = [version for version in versions if version.approved]
    if not approved:
        raise NotApprovedError(
            said("No version of the pipeline %1 is approved.", repr(pipeline)),
            cure=said("Review it and approve it: %1.", f"nbmlops approve {pipeline} --comment '…'"),
        )
    return approved[-1]
