"""``train@2026-01-01``: the version that was current at a time."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.references import PipelineReference, StepReference
from nbmlops.errors import UnknownNameError
from nbmlops.testing import NOON, FixedClock, Notebook
from nbmlops.workspace import Workspace


def ran(workspace: Workspace, source: str, *, days: int) -> None:
    """Record that ``train`` ran some days after noon of the first of January, in UTC."""
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step="train",
        cell_id="cell",
        source=source,
        digest=source,
        session="session",
        started_at=NOON + timedelta(days=days),
        duration=1.5,
        status=ExecutionStatus.OK,
        author="tester",
    )
    workspace.executions.add(record)


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-01-01T12:00+00:00", 1),
        ("2026-01-02T11:59+00:00", 1),
        ("2026-01-02T12:00+00:00", 2),
        ("2026-01-03T12:00+00:00", 1),
        ("2026-12-24", 1),
    ],
)
def test_the_version_that_had_run_last_is_meant(
    mlops_workspace: Workspace, mlops_clock: FixedClock, moment: str, number: int
) -> None:
    """The first version ran again on the third day, so it was current again."""
    mlops_clock.advance(days=365)
    for days, source in enumerate(("one", "two", "one")):
        ran(mlops_workspace, source, days=days)
    found = mlops_workspace.history.version(StepReference.parse(f"train@{moment}"))
    assert found.number == number


def test_before_the_first_execution_there_was_none(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "one", days=0)
    with pytest.raises(UnknownNameError, match="There is no version 'train@2025-12-24'") as caught:
        mlops_workspace.history.version(StepReference.parse("train@2025-12-24"))
    assert "first ran at 2026-01-0" in str(caught.value.cure)


@pytest.mark.parametrize("moment", ["2026-01-02", "2026-01-01T12:01+00:00", "2099-01-01"])
def test_of_a_time_that_has_not_come_nothing_is_known(
    mlops_workspace: Workspace, mlops_notebook: Notebook, moment: str
) -> None:
    """The latest version is named, and not taken for the one that will be current then."""
    ran(mlops_workspace, "one", days=0)
    with pytest.raises(UnknownNameError, match=re.escape(f"'train@{moment}'")) as caught:
        mlops_workspace.history.version(StepReference.parse(f"train@{moment}"))
    assert "That time has not come yet. The latest is train@1." in str(caught.value.cure)
    mlops_workspace.pipelines.build(mlops_notebook.step("train", "a = 1").save("flights.ipynb"))
    with pytest.raises(UnknownNameError, match=re.escape(f"'flights@{moment}'")) as caught:
        mlops_workspace.pipelines.get(PipelineReference.parse(f"flights@{moment}"))
    assert "That time has not come yet. The latest is flights@1." in str(caught.value.cure)


@pytest.mark.parametrize("moment", ["2026-01-01", "2026-01-01T12:00+00:00"])
def test_today_may_be_asked_for_before_it_has_ended(
    mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    ran(mlops_workspace, "one", days=0)
    assert mlops_workspace.history.version(StepReference.parse(f"train@{moment}")).number == 1
    monkeypatch.undo()
    time.tzset()


def test_a_pipeline_version_counts_from_its_build(
    mlops_workspace: Workspace, mlops_clock: FixedClock, mlops_notebook: Notebook
) -> None:
    path = mlops_notebook.step("train", "a = 1").save("flights.ipynb")
    mlops_workspace.pipelines.build(path)
    mlops_clock.advance(days=2)
    path = mlops_notebook.step("score", "b = a").save("flights.ipynb")
    mlops_workspace.pipelines.build(path)

    def number(moment: str) -> int:
        return mlops_workspace.pipelines.get(PipelineReference.parse(f"flights@{moment}")).number

    assert [number("2026-01-02"), number("2026-01-03")] == [1, 2]
    with pytest.raises(UnknownNameError) as caught:
        number("2025-01-01")
    assert "flights@1 was built at" in str(caught.value.cure)
