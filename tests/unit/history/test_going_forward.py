"""Where nothing is to be done, the way forward to what was undone is named."""

from __future__ import annotations

import pytest

from nbmlops.notebook.document import read
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

_STAYS = "Everything is as it was after"


def test_latest_names_the_line_that_was_undone_where_another_one_was_begun(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ran after going back is the latest; what was undone is told with its number."""
    notebook.run("a = [1]", "a.append(2)", "b = 3", "%mlops checkout @1", "c = 4")
    capsys.readouterr()
    notebook.run("%mlops checkout latest")
    said = capsys.readouterr().out
    assert _STAYS in said
    assert "What was undone led to @3 (b = 3): %mlops checkout @3" in said
    notebook.run("%mlops checkout @3")
    assert (notebook["a"], notebook["b"], "c" in notebook) == ([1, 2], 3, False)


def test_nothing_is_named_where_nothing_was_undone(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line that was gone along again is no other one."""
    notebook.run("a = 1", "b = 2", "%mlops undo", "%mlops checkout latest")
    capsys.readouterr()
    notebook.run("%mlops checkout latest")
    said = capsys.readouterr().out
    assert _STAYS in said
    assert "undone" not in said


def test_a_kernel_that_went_on_from_another_one_names_the_state_that_it_left(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where it was the other kernel that had made it."""
    new_notebook().run("%mlops track --values", "a = 1", "b = 2")
    later = new_notebook()
    later.run("%mlops track --values", "%mlops checkout latest", "%mlops undo", "c = 3")
    capsys.readouterr()
    later.run("%mlops checkout latest")
    said = capsys.readouterr().out
    assert _STAYS in said
    assert "What was undone led to @2 (b = 2): %mlops checkout @2" in said


def test_a_session_is_saved_with_the_cells_that_ran_and_without_the_journeys(
    notebook: Notebook,
) -> None:
    """To go back takes no cell out of it; how values came back is no part of what it does."""
    cells = ["%mlops track load\nrows = [1]", "%mlops track total\nt = sum(rows)"]
    notebook.run(*cells, "%mlops restore load@1 --values --no-source", "%mlops checkout @1")
    path = notebook.extension.surface.save_session("flights")
    assert [cell.source for cell in read(path).cells] == cells


def test_what_was_made_again_otherwise_is_left_alone_from_then_on(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another repetition would make yet another value, and what is there would be gone."""
    new_notebook().run("%mlops track", "import os", "a = [*os.urandom(99)]")
    again = new_notebook()
    again.run("%mlops checkout latest --yes", "%mlops track")
    assert "not the same as recorded: a" in capsys.readouterr().out
    came = list(again["a"])
    again.run("b = 1", "%mlops undo", "c = 2", "%mlops checkout latest")
    assert again["a"] == came
    again.run("a.append(1)")
    assert "--yes" in again.said("%mlops undo")
