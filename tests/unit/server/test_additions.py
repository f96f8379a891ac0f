"""The server knows of which notebooks something was recorded since it looked last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.server.additions import Additions
from nbmlops.server.events import RecordedEvent
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace

Record = Callable[[str], int]


@pytest.fixture
def record(mlops_workspace: Workspace) -> Record:
    """Records that a cell of a notebook ran."""

    def recorded(notebook: str) -> int:
        found = ExecutionRecord(
            notebook=notebook,
            step=None,
            cell_id="c1",
            source="x = 1",
            digest="d",
            session="s",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            author="tester",
        )
        return mlops_workspace.executions.add(found).id

    return recorded


def place(path: Path) -> str | None:
    """Where the server has a notebook: not those below ``hidden``."""
    return None if path.parent.name == "hidden" else f"project/{path.name}"


def test_what_was_recorded_before_is_not_told(mlops_workspace: Workspace, record: Record) -> None:
    record("flights.ipynb")
    assert Additions(mlops_workspace, place).look() == []


def test_each_notebook_is_told_of_once_with_its_newest_execution(
    mlops_workspace: Workspace, record: Record
) -> None:
    additions = Additions(mlops_workspace, place)
    record("flights.ipynb")
    other = record("other.ipynb")
    newest = record("flights.ipynb")
    record("hidden/secret.ipynb")
    assert additions.look() == [
        RecordedEvent(notebook="project/other.ipynb", execution=other),
        RecordedEvent(notebook="project/flights.ipynb", execution=newest),
    ]
    assert additions.look() == []
