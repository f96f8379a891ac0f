"""The log says of each execution whether what it left comes back, and by what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.history.test_timetravel import NewNotebook, new_notebook

__all__ = ["new_notebook"]

NOBODY = "not kept"
CODE = "by its code"
KEPT = "kept"
PART = "in part"


@dataclass(frozen=True)
class Case:
    """A cell, and what the log says of its values where they are not stored."""

    name: str
    source: str
    said: str


CASES = [
    Case("imports", "import math\nfrom os import path as p", CODE),
    Case("definitions", "def f(x):\n    return x\nclass C: pass", CODE),
    Case("parameters", "depth = 3\nrates = [0.1, 0.2]", CODE),
    Case("parameters with types", "depth: int = 3", CODE),
    Case("a number that its record tells", "n = len([1, 2])", KEPT),
    Case("what is computed", "rows = list(range(3))", NOBODY),
    Case("what is changed in its cell", "rows = [1]\nrows.append(2)", NOBODY),
    Case("a function and what it made", "def g():\n    return [1]\nmade = g()", PART),
    Case("a step", "%mlops track made\nrows = list(range(3))\nimport json", KEPT),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_are_said_to_come_back_only_where_they_do(
    case: Case, new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = new_notebook()
    notebook.run("%mlops track", case.source)
    capsys.readouterr()
    notebook.run("%mlops log")
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("@1 ")]
    said = [word for word in (NOBODY, CODE, PART, KEPT) if f" {word} " in line]
    assert said[0] == case.said


def test_the_log_says_how_to_see_what_ran_earlier(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = new_notebook()
    notebook.run("%mlops track", "a = 1", "a = 2")
    capsys.readouterr()
    notebook.run("%mlops log --limit 2")
    assert "Earlier" not in capsys.readouterr().out
    notebook.run("%mlops log --limit 1")
    said = capsys.readouterr().out
    assert "Earlier ones: %mlops log --limit 5" in said
    assert ("a = 1" in said, "a = 2" in said) == (False, True)
