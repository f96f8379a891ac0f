"""The journal keeps a true state of every cell."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from nbmlops.execution.journal import COMPLETED, FAILED, Journal


@pytest.fixture
def notebook() -> Any:
    """Two cells, the first with what an earlier execution left."""
    cells = [nbformat.v4.new_code_cell(source) for source in ("a = 1", "b = 2")]
    cells[0].execution_count = 7
    cells[0].outputs = [nbformat.v4.new_output("stream", text="old")]
    node = nbformat.v4.new_notebook(cells=cells)
    node.metadata.papermill = nbformat.NotebookNode()
    return node


def statuses(notebook: Any) -> list[str]:
    """What each cell says of itself."""
    return [cell.metadata.papermill.status for cell in notebook.cells]


def test_what_an_earlier_execution_left_is_cleared(notebook: Any) -> None:
    Journal(notebook, lambda: None).start()
    assert notebook.cells[0].outputs == []
    assert notebook.cells[0].execution_count is None
    assert statuses(notebook) == ["pending", "pending"]


def test_a_cell_behind_a_failed_one_says_that_it_was_not_run(notebook: Any) -> None:
    journal = Journal(notebook, lambda: None)
    journal.start()
    journal.cell_started(notebook.cells[0])
    assert statuses(notebook) == ["running", "pending"]
    journal.cell_ended(notebook.cells[0], FAILED)
    journal.end()
    assert statuses(notebook) == ["failed", "not run"]
    assert notebook.metadata.papermill.exception is True
    assert notebook.metadata.papermill.end_time is not None


def test_the_notebook_is_written_at_the_start_and_the_end_but_not_per_cell(notebook: Any) -> None:
    saved: list[list[str]] = []
    journal = Journal(notebook, lambda: saved.append(statuses(notebook)))
    journal.start()
    for cell in notebook.cells:
        journal.cell_started(cell)
        journal.cell_ended(cell, COMPLETED)
    journal.end()
    assert saved == [["pending", "pending"], ["completed", "completed"]]
