"""The journal keeps a true state of every cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbmlops.execution.journal import COMPLETED, FAILED, Journal
from nbmlops.execution.journal_file import JournalFile, lines_of


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


def test_the_notebook_is_written_at_the_start_but_not_per_cell(notebook: Any) -> None:
    saved: list[list[str]] = []
    journal = Journal(notebook, lambda: saved.append(statuses(notebook)))
    journal.start()
    for cell in notebook.cells:
        journal.cell_started(cell)
        journal.cell_ended(cell, COMPLETED)
    journal.end()
    assert saved == [["pending", "pending"]]
    assert statuses(notebook) == ["completed", "completed"]


def test_a_journal_in_a_file_holds_each_result_as_soon_as_it_is_there(
    notebook: Any, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalFile(path) as file:
        journal = Journal(notebook, lambda: pytest.fail("no notebook is written"), file)
        journal.start()
        journal.cell_started(notebook.cells[0])
        notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="new")]
        journal.cell_ended(notebook.cells[0], COMPLETED)
        journal.cell_started(notebook.cells[1])
        _, *lines = lines_of(path)
    assert [(line["cell"], line["metadata"]["papermill"]["status"]) for line in lines] == [
        (0, "running"),
        (0, "completed"),
        (1, "running"),
    ]
    assert [output["text"] for output in lines[1]["outputs"]] == ["new"]


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"cells": 1}\n{"cell": 0, "met')
    assert list(lines_of(path)) == [{"cells": 1}]
    path.write_bytes(b'{"cells": 1}\n{}')
    assert list(lines_of(path)) == [{"cells": 1}]
