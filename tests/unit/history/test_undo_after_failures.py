"""Undo takes back the last cell that changed something, failed or not, and says which."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


@dataclass(frozen=True, kw_only=True)
class Failing:
    """A cell that fails behind ``a = [1]`` and ``a.append(2)``, and what holds once undone."""

    name: str
    cell: str
    undone: str
    holds: list[int]
    told: str = ""


FAILING = (
    Failing(
        name="it had changed a value",
        cell="a.append(3); a[7]",
        undone="@3 (a.append(3); a[7])",
        holds=[1, 2],
    ),
    Failing(
        name="it had bound a name",
        cell="b = 1; a[7]",
        undone="@3 (b = 1; a[7])",
        holds=[1, 2],
    ),
    Failing(
        name="it had changed nothing",
        cell="b = a[7]",
        undone="@2 (a.append(2))",
        holds=[1],
        told="@3 (b = a[7]) failed, and had changed no variable",
    ),
)


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case.name)
def test_undo_behind_a_failed_cell_names_the_cell_that_it_takes_back(
    case: Failing, notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is the failed one only where it changed something; the others stay."""
    notebook.run("a = [1]", "a.append(2)")
    notebook.said(case.cell)
    capsys.readouterr()
    notebook.run("%mlops undo --dry-run")
    assert f"would be undone: {case.undone}" in capsys.readouterr().out
    notebook.run("%mlops undo")
    out = capsys.readouterr().out
    assert f"was undone: {case.undone}" in out
    assert case.told in out
    assert case.told or "failed" not in out
    assert notebook["a"] == case.holds
    assert "b" not in notebook.shell.user_ns


def test_the_document_names_what_undo_takes_back(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkout takes nothing back."""
    notebook.run("a = [1]", "a.append(2)")
    capsys.readouterr()
    notebook.run("%mlops undo --json")
    assert json.loads(capsys.readouterr().out)["undone"] == 2
    notebook.run("%mlops checkout @2 --json")
    assert json.loads(capsys.readouterr().out)["undone"] is None
