"""A working directory that was deleted is told in one sentence, and the record is still there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


@pytest.mark.parametrize("verb", ["why x", "lineage x", "verify one", "slice x"])
def test_a_verb_that_needs_the_deleted_working_directory_says_so(
    verb: str, notebook: Notebook, tmp_path: Path
) -> None:
    """With the cure, which is one: the same line works in another folder."""
    notebook.run("%mlops track one\nx = 1", "import os; os.makedirs('gone'); os.chdir('gone')")
    Path.cwd().rmdir()
    said = notebook.said(f"%mlops {verb}")
    assert said.startswith("The working directory is not there any more: it was deleted or moved.")
    assert "%cd" in said
    os.chdir(tmp_path)
    if verb == "why x":
        notebook.run(f"%mlops {verb}")


def test_verbs_that_need_no_working_directory_go_on_without_one(
    notebook: Notebook, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    notebook.run("%mlops track one\nx = 1", "import os; os.makedirs('gone'); os.chdir('gone')")
    Path.cwd().rmdir()
    notebook.run("%mlops show one", "%mlops log", "%mlops status")
    assert "one@1" in capsys.readouterr().out
    os.chdir(tmp_path)
