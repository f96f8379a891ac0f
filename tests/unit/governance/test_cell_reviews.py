"""Decisions on cells hold for every version that has the cell as it was."""

from __future__ import annotations

import pytest

from nbmlops.domain.approvals import CellDecision
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.errors import NotApprovedError, UnknownNameError, UsageError
from nbmlops.governance.cell_reviews import open_requests
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


def built(workspace: Workspace, load: str, train: str) -> PipelineVersion:
    """The version of a notebook with two steps and a function between them."""
    notebook = Notebook(workspace.project).step("load", load)
    notebook.cell("def mean(rows):\n    return sum(rows) / len(rows)")
    path = notebook.step("train", train).save("flights.ipynb")
    return workspace.pipelines.build(path).version


@pytest.fixture
def version(mlops_workspace: Workspace) -> PipelineVersion:
    """A built pipeline version."""
    return built(mlops_workspace, "rows = [1, 2]", "auc = mean(rows)")


def asked_of(workspace: Workspace, version: PipelineVersion) -> list[tuple[str, str, str]]:
    """The open requests that hold for a version."""
    reviews = workspace.approvals.cell_reviews(version)
    return [(one.title, one.comment, one.reference) for one in open_requests(reviews)]


def test_a_request_of_a_cell_is_carried_until_a_version_changes_the_cell(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """Whatever else is changed, and however the cell is laid out."""
    approvals = mlops_workspace.approvals
    approvals.review_cell(
        version, "load", decision="changes requested", comment="read them from the file"
    )
    asked = [("load", "read them from the file", "flights@1")]
    assert asked_of(mlops_workspace, version) == asked

    other = built(mlops_workspace, "rows=[1,2]  # by hand", "auc = mean(rows) / 2")
    assert other.reference == "flights@2"
    assert asked_of(mlops_workspace, other) == asked
    with pytest.raises(NotApprovedError, match=r"of load \(tester: read them") as refusal:
        approvals.approve(other, comment="good")
    assert "approve flights@2 --cell 'load'" in (refusal.value.cure or "")

    changed = built(mlops_workspace, "rows = list(range(9))", "auc = mean(rows) / 2")
    assert asked_of(mlops_workspace, changed) == []
    assert approvals.approve(changed, comment="good").approved
    assert asked_of(mlops_workspace, other) == asked


def test_a_request_of_a_cell_returns_the_version(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """It waits for its author, as one of which all is asked for; the comment names the cell."""
    mlops_workspace.approvals.review_cell(
        version, "train", decision="changes requested", comment="the median"
    )
    assert list(mlops_workspace.pipelines.awaiting()) == []
    [returned] = mlops_workspace.pipelines.returned()
    assert returned.approval is not None
    assert returned.approval.comment == "train: the median"


def test_a_cell_is_approved_after_all(mlops_workspace: Workspace, version: PipelineVersion) -> None:
    """Then the whole can be; the decision on the cell alone lets nothing be scheduled."""
    approvals = mlops_workspace.approvals
    approvals.review_cell(version, "load", decision="changes requested", comment="why by hand?")
    decided = approvals.review_cell(version, "load", decision="approved", comment="told why")
    assert [(one.title, one.decision) for one in decided] == [("load", "approved")]
    with pytest.raises(NotApprovedError):
        approvals.approved_version("flights")
    assert approvals.approve(version, comment="good").approved


def test_a_cell_without_a_name_goes_by_its_number(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """Or by its id, as the front end has it."""
    approvals = mlops_workspace.approvals
    [one] = approvals.review_cell(version, "cell 2", decision="approved", comment="right")
    assert one.title == "cell 2"
    [other] = approvals.review_cell(version, one.cell_id, decision="approved", comment="again")
    assert (other.cell_id, other.comment) == (one.cell_id, "again")
    with pytest.raises(UnknownNameError, match="train"):
        approvals.review_cell(version, "trian", decision="approved", comment="right")


@pytest.mark.parametrize("decision", ["approved", "changes requested"])
def test_a_decision_on_a_cell_says_why(
    mlops_workspace: Workspace, version: PipelineVersion, decision: CellDecision
) -> None:
    """Without a comment nothing is recorded."""
    approvals = mlops_workspace.approvals
    with pytest.raises(UsageError, match="needs a comment"):
        approvals.review_cell(version, "load", decision=decision, comment=" ")
    assert approvals.cell_reviews(version) == ()
    assert approvals.history(version) == []


def test_no_change_of_a_cell_is_requested_of_what_is_approved(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """An approval is taken back as a whole, which pauses what it lets fire."""
    approved = mlops_workspace.approvals.approve(version, comment="good")
    with pytest.raises(UsageError, match="is approved"):
        mlops_workspace.approvals.review_cell(
            approved, "load", decision="changes requested", comment="no"
        )
    assert mlops_workspace.approvals.cell_reviews(approved) == ()


def test_where_silence_is_enough_a_request_of_a_cell_pauses_what_fires(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """As a request of the whole does."""
    (mlops_workspace.store / "config.toml").write_text("[schedule]\nrequire_approval = false\n")
    free = Workspace(mlops_workspace.project, author="tester")
    made = free.schedules.create("flights", cron="@daily")
    free.approvals.review_cell(version, "load", decision="changes requested", comment="no")
    assert free.schedules.get(made.id).paused
    free.close()
