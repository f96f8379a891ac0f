"""The panel is told what a notebook looks at for drift."""

from __future__ import annotations

import pytest

from nbmlops.domain import wire
from nbmlops.domain.drift import DRIFT, ColumnDrift, Drift
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, ReportedOutput
from nbmlops.server import monitors
from nbmlops.server.projects import Projects
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace


def record(workspace: Workspace, step: str) -> None:
    """An execution in which a column is gone."""
    drift = Drift(
        limit=0.2,
        columns=(ColumnDrift(name="carrier", kind="category", drifted=True, note="is gone"),),
        checked=1,
        drifted_columns=1,
        furthest=None,
        rows=9,
        reference_rows=9,
        looked_at=9,
        reference_looked_at=9,
    )
    workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step=step,
            cell_id=step,
            source=step,
            digest=step,
            session="s",
            started_at=NOON,
            duration=1.0,
            status=ExecutionStatus.OK,
            reported=(ReportedOutput(name="drift", type=DRIFT, value=wire.plain(drift)),),
            author="ada",
        )
    )


def test_an_answer_says_how_many_there_are_and_spells_what_is_infinite(
    mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitors, "MOST_MONITORS", 2)
    for number in range(3):
        record(mlops_workspace, f"check{number}")
    projects = Projects(mlops_workspace.project)
    answer = monitors.monitors(projects, "flights.ipynb")
    assert (len(answer.monitors), answer.total) == (2, 3)
    sent = wire.spelled(wire.plain(answer))
    assert sent["monitors"][0]["step"] == "check2"
    assert sent["monitors"][0]["columns"][0]["index"] == "Infinity"
    assert monitors.monitors(projects, "other.ipynb").total == 0
    projects.close()


def test_where_nothing_was_recorded_there_is_none(mlops_workspace: Workspace) -> None:
    projects = Projects(mlops_workspace.project)
    answer = monitors.monitors(projects, "flights.ipynb")
    assert (answer.project, answer.monitors, answer.total) == ("", (), 0)
