"""What a shell is told of builds and decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]


@pytest.fixture
def notebook(
    mlops_workspace: Workspace, mlops_notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A notebook with one step, and one cell that looks at what it made."""
    monkeypatch.chdir(mlops_workspace.project)
    return mlops_notebook.step("load", "rows = [2]").cell("print(rows)").save("flights.ipynb")


def test_a_build_says_which_cells_it_leaves_out(notebook: Path, shell: Shell) -> None:
    told = shell("build", notebook.name).out
    assert "Left out: cell 2 (no step needs it; name a cell to keep it).\n" in told


def test_an_approval_is_recorded_once(notebook: Path, shell: Shell) -> None:
    shell("build", notebook.name)
    first = shell("approve", "flights", "--comment", "compared with May")
    again = shell("approve", "flights", "--comment", "once more")
    assert (first.code, again.code) == (0, 0)
    assert "approved before" not in first.out
    assert again.out.startswith("flights@1 was approved before; nothing was recorded.\n")
    assert "compared with May" in again.out
