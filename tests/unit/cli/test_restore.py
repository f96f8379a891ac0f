"""In a shell, the source of a version goes into the notebook file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.notebook.document import read
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


def record(*, step: str, source: str) -> ExecutionRecord:
    """An execution of a step of the notebook."""
    return ExecutionRecord(
        notebook="flights.ipynb",
        step=step,
        cell_id="cell",
        source=source,
        digest="digest",
        session="session",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        author="tester",
    )


@pytest.fixture
def notebook(
    mlops_workspace: Workspace, mlops_notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A notebook whose step had another version."""
    path = mlops_notebook.step("load", "rows = [2]").cell("print(rows)").save("flights.ipynb")
    mlops_workspace.executions.add(record(step="load", source="%mlops track load\nrows = [1]"))
    monkeypatch.chdir(mlops_workspace.project)
    return path


def test_the_source_stands_in_a_new_cell_below_the_step(notebook: Path, shell: Shell) -> None:
    answer = shell("restore", "load@1")
    assert answer.out == (
        "Added a cell with the restored source to flights.ipynb. "
        "If it is open in JupyterLab, reload it there: File → Reload Notebook from Disk. "
        "It carries the name load too: run it, then delete the cell that you do not want; "
        "a notebook with two cells of one name is not built.\n"
    )
    assert [cell.source for cell in read(notebook).code_cells] == [
        "%mlops track load\nrows = [2]",
        "%mlops track load\nrows = [1]",
        "print(rows)",
    ]
    assert list(notebook.parent.glob(".flights*")) == []


def test_the_restored_cell_of_a_tagged_step_is_tagged(
    mlops_workspace: Workspace, mlops_notebook: Notebook, notebook: Path, shell: Shell
) -> None:
    mlops_notebook.cell("rows = [3]", "step:tagged").save(notebook.name)
    mlops_workspace.executions.add(record(step="tagged", source="rows = [4]"))
    shell("restore", "tagged@1")
    shell("restore", "load@1")
    cells = [(cell.source, cell.tags) for cell in read(notebook).code_cells]
    assert cells[1] == ("%mlops track load\nrows = [1]", ())
    assert cells[-2:] == [("rows = [3]", ("step:tagged",)), ("rows = [4]", ("step:tagged",))]


def test_a_step_that_was_deleted_comes_back_alone(notebook: Path, shell: Shell) -> None:
    Notebook(notebook.parent).cell("print(1)").save(notebook.name)
    assert "too" not in shell("restore", "load@1").out
    assert read(notebook).code_cells[-1].source == "%mlops track load\nrows = [1]"


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


def test_a_function_that_was_another_one_then_is_named(
    mlops_workspace: Workspace, notebook: Path, shell: Shell
) -> None:
    for number, mean in enumerate(("def mean(v): return 1", "def mean(v): return 2")):
        again = record(step="load", source="rows = mean(1)")
        mlops_workspace.executions.add(
            replace(again, digest=f"digest {number}", definitions={"mean": mean})
        )
    said = "load@2 used another mean than load@3 does, which stays as it is"
    assert f"{said}: nbmlops diff load@2 load@3 shows it." in shell("restore", "load@2").out
    assert "another mean" not in shell("restore", "load@3").out
    assert notebook.exists()
