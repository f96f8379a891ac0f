"""What was brought back is known to log, why, lineage, status and slices."""

from __future__ import annotations

import pytest

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


TRAINED = (
    "%mlops track train\nauc = [0.5]",
    "%mlops track train\nauc = [0.6]",
    "%mlops track evaluate\nresult = auc[0] * 2",
)


def _text(notebook: Notebook, command: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    notebook.run(command)
    return " ".join(capsys.readouterr().out.split())


def test_values_that_were_brought_back_are_known_to_everything_else(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bringing values back is an execution: why, status, refresh and undo go by it."""
    notebook.run(*TRAINED, "%mlops restore train@1 --values --no-source")
    assert notebook["auc"] == [0.5]
    said = _text(notebook, "%mlops why auc", capsys)
    assert "brought back by `%mlops restore train@1 --values`" in said
    assert "made from auc of train@1" in said
    assert notebook.standings()["train"][0] == "stale"
    assert "auc was brought back from train@1" in _text(notebook, "%mlops status", capsys)

    notebook.run("%mlops undo")
    assert notebook["auc"] == [0.6]
    assert set(notebook.standings().values()) == {("fresh", 2), ("fresh", 3)}
    notebook.run("%mlops restore train@1 --values --no-source", TRAINED[2])
    assert notebook["result"] == 1.0
    assert {state for state, _ in notebook.standings().values()} == {"stale"}
    notebook.run("%mlops refresh evaluate")
    assert (notebook["auc"], notebook["result"]) == ([0.6], 1.2)
    assert {state for state, _ in notebook.standings().values()} == {"fresh"}


def test_bringing_back_what_is_there_makes_nothing_stale(notebook: Notebook) -> None:
    """The same content under the same name still follows from the notebook."""
    notebook.run(*TRAINED, "%mlops restore train@2 --values --no-source")
    assert {state for state, _ in notebook.standings().values()} == {"fresh"}


def test_a_slice_makes_a_value_that_was_brought_back_where_it_was(notebook: Notebook) -> None:
    """The version whose values came back runs again in their place."""
    notebook.run(*TRAINED, "%mlops restore train@1 --values --no-source", TRAINED[2])
    slices = notebook.extension.surface.workspace.slices
    found = slices.write("result").slice
    assert [cell.source for cell in found.cells] == ["auc = [0.5]", "result = auc[0] * 2"]


FITTED = (
    "rows = [1, 2]",
    "%mlops track train\nauc = sum(rows)",
    "rows = [3, 4, 5]",
    "%mlops track train\nauc = len(rows)",
)


def test_a_slice_makes_a_value_that_was_brought_back_of_what_it_was_made_of(
    notebook: Notebook,
) -> None:
    """What the version reads is something else now: it runs where it ran."""
    notebook.run(*FITTED, "%mlops restore train@1 --values --no-source")
    slices = notebook.extension.surface.workspace.slices
    assert [cell.source for cell in slices.write("auc").slice.cells] == [
        "rows = [1, 2]",
        "auc = sum(rows)",
    ]
    notebook.run("result = [auc, *rows]")
    found = slices.write("result").slice
    assert [cell.source for cell in found.cells] == [
        "rows = [1, 2]",
        "auc = sum(rows)",
        "rows = [3, 4, 5]",
        "result = [auc, *rows]",
    ]
    assert found.notes == ()


def test_a_slice_says_that_a_value_that_was_brought_back_cannot_be_made_of_what_it_was(
    notebook: Notebook,
) -> None:
    """Both versions are needed, and the one that came back ran first."""
    notebook.run(*FITTED, "second = auc", "%mlops restore train@1 --values --no-source")
    notebook.run("result = [second, auc]")
    found = notebook.extension.surface.workspace.slices.write("result").slice
    assert [cell.source for cell in found.cells] == [
        "rows = [3, 4, 5]",
        "auc = len(rows)",
        "second = auc",
        "auc = sum(rows)",
        "result = [second, auc]",
    ]
    note = "train@1 was brought back after what it reads had changed: it runs with what is there"
    assert found.notes == (f"{note} then (cause: input)",)


def test_status_names_the_cells_that_no_step_waits_for_and_shows_them_on_request(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was only looked at is no row of its own."""
    notebook.run("base = 2", "print(base)", "%mlops track train\nauc = base * 3", "base = 5")
    said = _text(notebook, "%mlops status", capsys)
    assert "train stale" in said
    assert "cell @2 stale" not in said
    told = "1 more cell stale or failed, which no step waits for: cell @2."
    assert f"{told} Look at them: %mlops status --all" in said
    said = _text(notebook, "%mlops status --all", capsys)
    assert "cell @2 stale cell @4 has made another base since @2" in said
    assert "which no step waits for" not in said
