"""In a shell, the source of a version goes into the notebook file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.notebook.document import read
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


@pytest.fixture
def notebook(
    mlops_workspace: Workspace, mlops_notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A notebook whose step had another version."""
    path = mlops_notebook.step("load", "rows = [2]").cell("print(rows)").save("flights.ipynb")
    mlops_workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step="load",
            cell_id="cell",
            source="%mlops track load\nrows = [1]",
            digest="digest",
            session="session",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            author="tester",
        )
    )
    monkeypatch.chdir(mlops_workspace.project)
    return path


def test_the_source_stands_in_a_new_cell_below_the_step(notebook: Path, shell: Shell) -> None:
    answer = shell("restore", "load@1")
    assert answer.out == "Added a cell with the restored source to flights.ipynb.\n"
    assert [cell.source for cell in read(notebook).code_cells] == [
        "%mlops track load\nrows = [2]",
        "%mlops track load\nrows = [1]",
        "print(rows)",
    ]
    assert list(notebook.parent.glob(".flights*")) == []


def test_a_notebook_that_is_gone_is_told_with_another_way(notebook: Path, shell: Shell) -> None:
    notebook.unlink()
    answer = shell("restore", "load@1")
    assert answer.code == 2
    assert "Print the source instead: nbmlops show load --source." in answer.err
    assert "rows = [1]" in shell("show", "load", "--source").out


def test_a_notebook_that_cannot_be_written_stays_as_it_was(notebook: Path, shell: Shell) -> None:
    (notebook.parent / ".flights.ipynb.nbmlops").mkdir()
    before = notebook.read_bytes()
    answer = shell("restore", "load@1")
    assert answer.code == 1
    assert "flights.ipynb cannot be written: Is a directory." in answer.err
    assert notebook.read_bytes() == before
