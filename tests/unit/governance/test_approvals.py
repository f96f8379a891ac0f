"""Decisions are written down, bound to what they decide on, and never edited."""

from __future__ import annotations

import pytest

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.errors import NotApprovedError, UnknownNameError, UsageError
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
