"""What is asked first of a notebook that was renamed knows its history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.notebook.document import read
from nbmlops.pipelines.outline import outline
from nbmlops.server import queries
from nbmlops.server.projects import Projects
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace


@pytest.fixture
def renamed(mlops_workspace: Workspace) -> Path:
    """A notebook whose step has run and whose pipeline is built, under another name by now."""
    path = Notebook(mlops_workspace.project).step("load", "rows = [1]").save("old.ipynb")
    flow = outline(read(path)).flow(0)
    mlops_workspace.executions.add(
        ExecutionRecord(
            notebook="old.ipynb",
            step="load",
            cell_id=flow.cell.id,
            source=flow.cell.source,
            digest=flow.digest,
            session="session",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            author="tester",
        )
    )
    return path.rename(path.with_name("new.ipynb"))


def standing(projects: Projects) -> str | None:
    (found,) = queries.freshness(projects, "new.ipynb").steps
    return found.version


def versions(projects: Projects) -> str | None:
    (found,) = queries.steps(projects, "new.ipynb").steps
    return found.versions[0].reference


@pytest.mark.parametrize("asked", [standing, versions])
def test_a_renamed_notebook_has_its_history_whatever_is_asked_first(
    renamed: Path, asked: Callable[[Projects], str | None]
) -> None:
    projects = Projects(renamed.parent)
    assert asked(projects) == "load@1"
    projects.close()
