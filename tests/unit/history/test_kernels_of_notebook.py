"""Which kernel's state is taken, where several have run a notebook or one was killed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.history.test_ended_kernels import KILL, die
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

TRACK = "%mlops track --values"
OTHER = "the latest of another kernel of this notebook, whose last cell ran 20"


def _said(notebook: Notebook, cell: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    notebook.run(cell)
    return " ".join(capsys.readouterr().out.split())


def test_latest_names_the_other_kernel_that_it_takes_and_how_to_get_the_own(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    new_notebook().run(TRACK, "a = 1", "b = 2")
    later = new_notebook()
    later.run(TRACK, "a = 5")
    said = _said(later, "%mlops checkout latest --dry-run", capsys)
    assert "To go to @2 (b = 2)" in said
    assert OTHER in said
    said = _said(later, "%mlops checkout latest", capsys)
    assert "Back at @2 (b = 2)" in said
    assert OTHER in said
    assert "the latest of this kernel, 20" in said
    assert ": @3 (a = 5): %mlops checkout @3" in said
    later.run("%mlops checkout @3")
    assert (later["a"], "b" in later) == (5, False)


def test_each_of_several_kernels_is_named_the_latest_first(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        new_notebook().run(TRACK, f"n = {number}")
    said = _said(new_notebook(), "%mlops checkout latest", capsys)
    assert "Back at @5 (n = 4)" in said
    places = [said.index(f"checkout @{number}") for number in (4, 3, 2)]
    assert places == sorted(places)
    assert "checkout @1" not in said


def test_a_kernel_alone_is_not_named(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run("a = 1", "b = 2", "%mlops undo")
    assert "kernel" not in _said(notebook, "%mlops checkout latest", capsys)


def test_the_cell_that_ran_when_the_kernel_was_killed_is_named(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes back is the state before it."""
    die(new_notebook, TRACK, "a = 1", f"a = 2\n{KILL}")
    ended = "@2 (a = 2) was running when that kernel ended: nothing of it is there, so run it again"
    for state in ("latest", "@2", "@1"):
        later = new_notebook()
        said = _said(later, f"%mlops checkout {state}", capsys)
        assert later["a"] == 1
        assert "Back at @1 (a = 1)" in said
        assert ended in said


def test_a_cell_that_was_killed_is_not_the_latest_before_what_another_kernel_ran_since(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is recorded after that, by whoever looks."""
    die(new_notebook, TRACK, "a = 1", f"a = 2\n{KILL}")
    (mark,) = Path(".nbmlops/running").iterdir()
    content = mark.read_bytes()
    mark.unlink()
    new_notebook().run(TRACK, "c = 3")
    mark.write_bytes(content)
    later = new_notebook()
    said = _said(later, "%mlops checkout latest", capsys)
    assert "Back at @2 (c = 3)" in said
    assert "@1 (a = 1): %mlops checkout @1" in said
    assert "c" in later


def test_where_only_the_cell_that_was_killed_is_known_latest_says_so(
    new_notebook: NewNotebook,
) -> None:
    die(new_notebook, TRACK, f"a = 2\n{KILL}")
    later = new_notebook()
    told = "Nothing of ipython comes back: @1 was running when its kernel ended."
    assert told in later.said("%mlops checkout latest")


def test_the_document_has_the_kernel_and_the_others(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    new_notebook().run(TRACK, "a = 1")
    later = new_notebook()
    later.run(TRACK, "b = 5")
    capsys.readouterr()
    later.run("%mlops checkout latest --json")
    origin = json.loads(capsys.readouterr().out)["origin"]
    assert origin["kernel"]["execution"] == 1
    assert not origin["kernel"]["is_own"]
    assert [(one["execution"], one["is_own"]) for one in origin["others"]] == [(2, True)]
    assert origin["cut_off"] is None
