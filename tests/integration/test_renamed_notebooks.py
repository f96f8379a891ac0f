"""A notebook that is renamed keeps its history; a copy gets none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbmlops.testing import Notebook

pytestmark = pytest.mark.slow


def started(start_kernel: Callable[..., Any], folder: Path) -> Any:
    """A kernel on a notebook whose step has one version."""
    folder.mkdir()
    Notebook(folder).step("load", "rows = [1]").save("old.ipynb")
    kernel = start_kernel(folder / "old.ipynb")
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track load\nrows = [1]", cell_id=cell_id(folder / "old.ipynb"))
    return kernel


def cell_id(path: Path) -> str:
    """The id of the notebook's cell."""
    from nbmlops.notebook.document import read

    return read(path).code_cells[-1].id


def notebooks(kernel: Any) -> list[str]:
    return [found.record.notebook for found in kernel.executions()]


def test_a_living_kernel_follows_its_notebook(
    start_kernel: Callable[..., Any], tmp_path: Path
) -> None:
    kernel = started(start_kernel, tmp_path / "project")
    identity = cell_id(kernel.notebook)
    assert kernel.run("%mlops build", cell_id="unsaved").status == "ok"
    kernel.notebook.rename(kernel.project / "new.ipynb")
    outcome = kernel.run("%mlops track load\nrows = [1, 2]", cell_id=identity)
    assert "renamed: the history of old.ipynb goes on as new.ipynb." in outcome.stderr
    assert kernel.run("rows", cell_id=identity).stderr == ""
    assert notebooks(kernel) == ["new.ipynb", "new.ipynb"]
    assert kernel.latest().version.number == 2
    assert "old@1 from new.ipynb" in kernel.run("%mlops build").displayed[0]["text/plain"]


def test_a_copy_takes_no_history(start_kernel: Callable[..., Any], tmp_path: Path) -> None:
    kernel = started(start_kernel, tmp_path / "project")
    shutil.copy(kernel.notebook, kernel.project / "copy.ipynb")
    copied = start_kernel(kernel.project / "copy.ipynb")
    copied.run("%load_ext nbmlops")
    assert (
        copied.run("%mlops track load\nrows = [3]", cell_id=cell_id(copied.notebook)).stderr == ""
    )
    kernel.run("%mlops track load\nrows = [4]", cell_id=cell_id(kernel.notebook))
    assert notebooks(kernel) == ["old.ipynb", "copy.ipynb", "old.ipynb"]


def test_a_notebook_renamed_without_a_kernel_is_known_again(
    start_kernel: Callable[..., Any], tmp_path: Path
) -> None:
    kernel = started(start_kernel, tmp_path / "project")
    kernel.notebook.rename(kernel.project / "new.ipynb")
    reopened = start_kernel(kernel.project / "new.ipynb")
    reopened.run("%load_ext nbmlops")
    assert reopened.run("%mlops track").stderr == ""
    outcome = reopened.run("rows = [5]")
    assert "renamed: the history of old.ipynb goes on as new.ipynb." in outcome.stderr
    assert notebooks(kernel) == ["new.ipynb", "new.ipynb"]
