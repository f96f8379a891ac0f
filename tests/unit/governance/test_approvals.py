"""Decisions are written down, bound to what they decide on, and never edited."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbmlops.config import SchedulePolicy
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.proofs import Proof
from nbmlops.domain.verifications import Verdict, Verification
from nbmlops.errors import NotApprovedError, UnknownNameError, UsageError
from nbmlops.governance.approvals import check_approved
from nbmlops.store.catalog.proofs import ProofRecords
from nbmlops.store.catalog.verifications import VerificationRecords
from nbmlops.testing import NOON, FixedClock, Notebook
from nbmlops.workspace import Workspace


@pytest.fixture
def version(mlops_workspace: Workspace) -> PipelineVersion:
    """A built pipeline version."""
    path = Notebook(mlops_workspace.project).step("load", "rows = [1]").save("flights.ipynb")
    return mlops_workspace.pipelines.build(path).version


def test_an_approval_keeps_who_when_why_and_on_what(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    approved = mlops_workspace.approvals.approve(version, comment="compared with May")
    assert approved.approved
    assert approved.approval is not None
    assert approved.approval.author == "tester"
    assert approved.approval.decided_at == NOON
    assert approved.approval.comment == "compared with May"
    assert approved.approval.digest == version.spec.digest


def test_the_latest_decision_holds_and_the_earlier_ones_stay(
    mlops_workspace: Workspace, version: PipelineVersion, mlops_clock: FixedClock
) -> None:
    approvals = mlops_workspace.approvals
    approved = approvals.approve(version, comment="good")
    mlops_clock.advance(days=1)
    withdrawn = approvals.withdraw(approved, comment="wrong month")
    assert not withdrawn.approved
    assert [(item.decision, item.comment) for item in approvals.history(version)] == [
        ("approved", "good"),
        ("withdrawn", "wrong month"),
    ]
    with pytest.raises(NotApprovedError):
        approvals.approved_version("flights")
    assert approvals.approve(withdrawn, comment="right after all").approved


def test_what_fires_a_withdrawn_version_pauses_at_once(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    approvals, schedules = mlops_workspace.approvals, mlops_workspace.schedules
    approved = approvals.approve(version, comment="good")
    first = schedules.create("flights", cron="@daily")
    second = schedules.create("flights", cron="@hourly")
    schedules.pause(second.id, "holidays")
    assert schedules.firing(version) == [first]
    approvals.withdraw(approved, comment="wrong month")
    assert schedules.firing(version) == []
    assert {each.id: each.pause_reason for each in schedules.all()} == {
        first.id: "flights@1 is not approved; tester withdrew the approval.",
        second.id: "holidays",
    }
    approvals.approve(version, comment="right after all")
    assert not schedules.resume(first.id).paused


def test_where_no_approval_is_required_only_a_withdrawn_version_is_held_back(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    with pytest.raises(NotApprovedError):
        mlops_workspace.approvals.schedulable_version("flights")
    (mlops_workspace.store / "config.toml").write_text("[schedule]\nrequire_approval = false\n")
    free = Workspace(mlops_workspace.project, author="tester")
    assert free.settings.schedule == SchedulePolicy(require_approval=False)
    assert free.approvals.schedulable_version("flights").number == 1
    free.approvals.withdraw(free.approvals.approve(version, comment="good"), comment="bad")
    with pytest.raises(NotApprovedError):
        free.approvals.schedulable_version("flights")
    free.close()


def test_what_is_to_change_is_not_approved_and_waits_no_more(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    approvals, pipelines = mlops_workspace.approvals, mlops_workspace.pipelines
    assert pipelines.awaiting() == [version]
    returned = approvals.request_changes(version, comment="name the month")
    assert not returned.approved
    assert pipelines.awaiting() == []
    with pytest.raises(NotApprovedError, match="flights@1 is not approved; tester asked for chan"):
        check_approved(returned, returned.reference)
    with pytest.raises(NotApprovedError):
        approvals.schedulable_version("flights")
    approved = approvals.approve(returned, comment="it does not need to")
    assert approved.approved
    assert [item.decision for item in approvals.history(version)] == [
        "changes requested",
        "approved",
    ]
    with pytest.raises(UsageError, match="flights@1 is approved"):
        approvals.request_changes(approved, comment="name the month")


def test_what_fires_without_a_decision_pauses_as_changes_are_requested(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    (mlops_workspace.store / "config.toml").write_text("[schedule]\nrequire_approval = false\n")
    free = Workspace(mlops_workspace.project, author="tester")
    made = free.schedules.create("flights", cron="@daily")
    free.approvals.request_changes(version, comment="name the month")
    assert free.schedules.get(made.id).pause_reason == (
        "flights@1 is not approved; tester asked for changes."
    )
    with pytest.raises(NotApprovedError):
        free.schedules.create("flights", cron="@daily")
    free.close()


def test_what_is_not_approved_cannot_be_withdrawn(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    with pytest.raises(NotApprovedError, match="flights@1 is not approved"):
        mlops_workspace.approvals.withdraw(version, comment="no")


def test_what_is_approved_is_not_approved_again(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    approvals = mlops_workspace.approvals
    approved = approvals.approve(version, comment="good")
    assert approvals.approve(approved, comment="better") == approved
    assert [item.comment for item in approvals.history(version)] == ["good"]


@pytest.mark.parametrize("comment", ["", " \n"])
def test_a_decision_says_why(
    mlops_workspace: Workspace, version: PipelineVersion, comment: str
) -> None:
    approvals = mlops_workspace.approvals
    with pytest.raises(UsageError, match="flights@1 needs a comment that says why"):
        approvals.approve(version, comment=comment)
    approved = approvals.approve(version, comment="good")
    with pytest.raises(UsageError, match="needs a comment"):
        approvals.withdraw(approved, comment=comment)
    assert [item.decision for item in approvals.history(version)] == ["approved"]


def test_an_unknown_pipeline_is_not_merely_unapproved(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    assert version.number == 1
    with pytest.raises(UnknownNameError, match="Did you mean 'flights'"):
        mlops_workspace.approvals.approved_version("flight")


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ((), "load (not verified)"),
        ((Verdict.DIFFERENT,), "load (different)"),
        ((Verdict.IDENTICAL, Verdict.NOT_COMPARABLE), "load (not comparable)"),
        ((Verdict.DIFFERENT, Verdict.IDENTICAL), None),
        ((Verdict.WITHIN_TOLERANCE,), None),
    ],
)
def test_an_approval_may_ask_for_steps_that_were_reproduced(
    mlops_workspace: Workspace,
    version: PipelineVersion,
    verdicts: tuple[Verdict, ...],
    said: str | None,
) -> None:
    """The latest verification of exactly the code that is in the pipeline version counts."""
    [step] = version.spec.steps
    records = VerificationRecords(mlops_workspace.database)
    for digest, shown in ((step.digest, verdicts), ("other code", (Verdict.IDENTICAL,))):
        ran = mlops_workspace.executions.add(
            ExecutionRecord(
                notebook="flights.ipynb",
                step="load",
                cell_id=None,
                source="rows = [1]",
                digest=digest,
                session="session",
                started_at=NOON,
                duration=0.1,
                status=ExecutionStatus.OK,
                author="tester",
            )
        )
        for verdict in shown:
            records.add(
                Verification(
                    execution_id=ran.id, verdict=verdict, author="tester", verified_at=NOON
                )
            )
    if said is None:
        mlops_workspace.approvals.require_verified(version)
        return
    with pytest.raises(NotApprovedError) as refused:
        mlops_workspace.approvals.require_verified(version)
    assert said in refused.value.message
    assert "nbmlops verify load" in str(refused.value.cure)


def test_a_policy_asks_for_a_proof_that_holds(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    (mlops_workspace.store / "config.toml").write_text("require_proof = true\n")
    workspace = Workspace(mlops_workspace.project, clock=mlops_workspace.clock)
    records = ProofRecords(workspace.database)
    with pytest.raises(NotApprovedError, match="flights@1 is not approved: it is not proved"):
        workspace.approvals.approve(version, comment="good")
    failed = Proof(
        verdict=Verdict.DIFFERENT,
        reason="load differed first",
        duration=1,
        author="tester",
        proved_at=NOON,
    )
    records.add(version, failed)
    with pytest.raises(NotApprovedError, match="its proof failed: load differed"):
        workspace.approvals.approve(version, comment="good")
    records.add(version, replace(failed, verdict=Verdict.IDENTICAL, reason=""))
    assert workspace.approvals.approve(version, comment="good").approved
    workspace.close()


def test_a_policy_asks_for_verified_steps(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    (mlops_workspace.store / "config.toml").write_text("require_verified = true\n")
    workspace = Workspace(mlops_workspace.project, clock=mlops_workspace.clock)
    with pytest.raises(NotApprovedError, match=r"load \(not verified\)"):
        workspace.approvals.approve(version, comment="good")
    workspace.close()
