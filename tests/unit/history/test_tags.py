"""``train@best``: names that people give to versions of steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import PipelineReference, StepReference
from nbmlops.errors import NbmlopsError, UnknownNameError, UsageError
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


def named(text: str) -> StepReference:
    """What a person types."""
    return StepReference.parse(text)


@pytest.fixture
def workspace(mlops_workspace: Workspace) -> Workspace:
    """A notebook with three versions of one step, and another notebook with such a step."""
    for number, notebook in enumerate(("flights.ipynb",) * 3 + ("other.ipynb",)):
        record = ExecutionRecord(
            notebook=notebook,
            step="train" if notebook == "flights.ipynb" else "score",
            cell_id="cell",
            source=f"model = {number}",
            digest=str(number),
            session="session",
            started_at=NOON + timedelta(minutes=number),
            duration=1.0,
            status=ExecutionStatus.OK,
            author="tester",
        )
        mlops_workspace.executions.add(record)
    return mlops_workspace


def test_a_version_is_found_by_its_tag(workspace: Workspace) -> None:
    workspace.tags.give(named("train@2"), "best")
    workspace.tags.give(named("train@2"), "v2-signed")
    assert workspace.history.version(named("train@best")).number == 2
    assert workspace.history.version(named("flights:train@v2-signed")).number == 2
    rows = workspace.history.versions("train")
    assert [row.tags for row in rows] == [(), ("best", "v2-signed"), ()]
    assert workspace.history.tags(workspace.history.version(named("train@2"))) == [
        "best",
        "v2-signed",
    ]


def test_a_step_has_one_version_of_a_name(workspace: Workspace) -> None:
    """Other steps may have one of that name as well; to give it again changes nothing."""
    workspace.tags.give(named("train@2"), "best")
    workspace.tags.give(named("score"), "best")
    moved = workspace.tags.give(named("train@latest"), "best")
    assert (moved.before, moved.now and moved.now.reference) == ("train@2", "train@3")
    again = workspace.tags.give(named("train@best"), "best")
    assert (again.before, again.now and again.now.reference) == ("train@3", "train@3")
    assert [(tag.step, tag.reference) for tag in workspace.tags.all()] == [
        ("train", "train@3"),
        ("score", "score@1"),
    ]
    assert [tag.reference for tag in workspace.tags.all(named("score"))] == ["score@1"]


def test_a_tag_is_taken_away_from_the_version_that_has_it(workspace: Workspace) -> None:
    workspace.tags.give(named("train@2"), "best")
    with pytest.raises(UsageError, match="best is a tag of train@2, not of train@1") as caught:
        workspace.tags.take(named("train@1"), "best")
    assert "nbmlops tag train@2 best --remove" in str(caught.value.cure)
    assert workspace.tags.take(named("train"), "best").before == "train@2"
    assert workspace.tags.all() == []
    with pytest.raises(UnknownNameError, match="There is no tag of train 'best'"):
        workspace.tags.take(named("train"), "best")


@pytest.mark.parametrize("name", ["2", "v2", "latest", "approved", "2026-11-01", "a b", "a@b", ""])
def test_what_means_something_else_is_no_tag(workspace: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        workspace.tags.give(named("train@2"), name)
    assert workspace.tags.all() == []


def test_an_unknown_tag_is_answered_with_those_there_are(workspace: Workspace) -> None:
    workspace.tags.give(named("train@2"), "best")
    with pytest.raises(UnknownNameError, match="no version 'train@bets'") as caught:
        workspace.history.version(named("train@bets"))
    assert "'train@best'" in str(caught.value.cure)
    with pytest.raises(NbmlopsError, match="'best' is not a version"):
        PipelineReference.parse("flights@best")


def test_the_verb_gives_moves_lists_and_takes(
    workspace: Workspace, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.project)
    assert "No version has a tag." in shell("tag").out
    assert "train@1 is train@best." in shell("tag", "train@1", "best").out
    assert "train@2 is train@best, no more train@1." in shell("tag", "train@2", "best").out
    assert "train@2 is train@best already." in shell("tag", "train@best", "best").out
    assert "train@best" in shell("tag", "train").out
    assert "best" in shell("versions", "train").out
    assert "tags" in shell("show", "train@best").out
    refused = shell("tag", "train@2", "--remove")
    assert (refused.code, "nbmlops tag train best --remove" in refused.err) == (2, True)
    assert "not train@best any more" in shell("tag", "train", "best", "--remove").out
    assert workspace.tags.all() == []
