"""Executed notebooks are compared cell by cell; nothing that changed looks the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from nbmlops.domain.run_differences import CellDifference
from nbmlops.domain.wire import encode
from nbmlops.history.notebook_comparison import ExecutedNotebook, compare_notebooks
from nbmlops.notebook.document import parse


@dataclass(frozen=True)
class Shown:
    """A cell of an executed notebook, with what it printed."""

    id: str
    source: str
    text: str = ""
    state: str = "completed"
    tags: tuple[str, ...] = ()
    error: str = ""

    @property
    def raw(self) -> dict[str, Any]:
        """As in the file."""
        outputs: list[dict[str, Any]] = []
        if self.text:
            outputs.append({"output_type": "stream", "name": "stdout", "text": self.text})
        if self.error:
            outputs.append(
                {"output_type": "error", "ename": self.error, "evalue": "no", "traceback": []}
            )
        return {
            "cell_type": "code",
            "id": self.id,
            "metadata": {"papermill": {"status": self.state}, "tags": list(self.tags)},
            "source": self.source,
            "outputs": outputs,
            "execution_count": 1,
        }


def notebook(name: str, *cells: Shown) -> ExecutedNotebook:
    """An executed notebook."""
    raw = {"cells": [cell.raw for cell in cells], "metadata": {}, "nbformat": 4}
    return ExecutedNotebook(name, parse(encode({**raw, "nbformat_minor": 5}).decode()))


@dataclass(frozen=True)
class Case:
    """Two notebooks, and what is told of their difference: title, places and why."""

    name: str
    before: tuple[Shown, ...]
    after: tuple[Shown, ...]
    told: list[tuple[str, int | None, int | None, str]] = field(default_factory=list)


TRAIN = "%mlops track train\nfit()"
CASES = (
    Case("the same", (Shown("a", "x = 1", "1\n"),), (Shown("a", "x = 1", "1\n"),)),
    Case(
        "times and addresses do not count",
        (Shown("a", "fit()", "took 3 ms at 0x7f1234567890\n"),),
        (Shown("a", "fit()", "took 5 ms at 0x7f0987654321\n"),),
    ),
    Case(
        "a cached cell shows what was recorded",
        (Shown("a", "fit()", "1\n"),),
        (Shown("a", "fit()", "1\n", state="cached"),),
    ),
    Case(
        "another text",
        (Shown("a", TRAIN, "auc 0.91\n"),),
        (Shown("a", TRAIN, "auc 0.92\n"),),
        [("train", 1, 1, "stdout, line 1: 'auc 0.91' before, 'auc 0.92' now")],
    ),
    Case(
        "only the code",
        (Shown("a", "x = 1"),),
        (Shown("a", "x = 2"),),
        [("cell 1", 1, 1, "")],
    ),
    Case(
        "what was put in for the parameters is no cell",
        (Shown("a", "x = 1"), Shown("b", "show()", "1\n")),
        (
            Shown("a", "x = 1"),
            Shown("i", "x = 2", tags=("injected-parameters",)),
            Shown("b", "show()", "2\n"),
        ),
        [("cell 2", 2, 2, "stdout, line 1: '1' before, '2' now")],
    ),
    Case(
        "a cell came, and one left",
        (Shown("a", "x = 1"), Shown("b", "old()"), Shown("c", "z = 1")),
        (Shown("a", "x = 1"), Shown("c", "z = 1"), Shown("d", "new()")),
        [("cell 2", 2, None, "not in after"), ("cell 3", None, 3, "not in before")],
    ),
    Case(
        "without ids in common, steps and equal sources are the same cells",
        (Shown("a", "x = 1"), Shown("b", TRAIN, "1\n")),
        (Shown("k", "x = 1"), Shown("l", f"{TRAIN}\nmore()", "1\n")),
        [("train", 2, 2, "")],
    ),
    Case(
        "a cell that did not run shows nothing to compare",
        (Shown("a", "x = 1", "1\n"),),
        (Shown("a", "x = 1", state="not run"),),
        [("cell 1", 1, 1, "not run in after")],
    ),
    Case(
        "in neither run",
        (Shown("a", "x = 1", state="not run"),),
        (Shown("a", "x = 1", state="not needed"),),
    ),
    Case(
        "it failed",
        (Shown("a", "x = 1"),),
        (Shown("a", "x = 1", state="failed", error="ValueError"),),
        [("cell 1", 1, 1, "completed before, failed now; nothing before, error now")],
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_differs_is_told_by_cell(case: Case) -> None:
    found = compare_notebooks(notebook("before", *case.before), notebook("after", *case.after))
    assert [(item.title, item.before, item.after, item.why) for item in found] == case.told


def test_cells_have_the_numbers_that_they_have_in_the_notebook_that_people_edit() -> None:
    one, other = (notebook(name, Shown("a", "x()", name), Shown("b", "y")) for name in "12")
    (found,) = compare_notebooks(replace(one, numbers={"a": 3}), replace(other, numbers={"a": 5}))
    assert (found.title, found.before, found.after) == ("cell 5", 3, 5)


def test_a_cell_that_displayed_something_else_has_a_diff_of_the_text() -> None:
    found = compare_notebooks(
        notebook("flights#1", Shown("a", "fit()", "auc 0.91\nin 3 ms\n")),
        notebook("flights#2", Shown("a", "fit()", "auc 0.92\nin 9 ms\n")),
    )
    text = "--- flights#1\n+++ flights#2\n@@ -1,2 +1,2 @@\n-auc 0.91\n+auc 0.92\n in <time>\n"
    why = "stdout, line 1: 'auc 0.91' before, 'auc 0.92' now"
    assert found == [CellDifference(title="cell 1", before=1, after=1, displayed=text, why=why)]
