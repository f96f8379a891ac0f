"""Whoever follows a run learns where it stands, and reads each line of its journal once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbmlops.domain.runs import RunProgress
from nbmlops.execution.direction import Direction
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.journal import COMPLETED, NOT_RUN, Journal
from nbmlops.execution.journal_file import JournalFile
from nbmlops.execution.journal_follower import JournalFollower

Begin = Callable[[], tuple[Any, Journal]]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run of three cells that is about to begin; the second is a step."""
    cells = [nbformat.v4.new_code_cell(source) for source in ("a = 1", "%mlops track train", "c")]
    node = nbformat.v4.new_notebook(cells=cells)
    node.metadata.papermill = nbformat.NotebookNode()
    folder = RunFolder(path=tmp_path, pipeline="flights")
    nbformat.write(node, folder.source)
    return folder


@pytest.fixture
def begin(folder: RunFolder) -> Iterator[Begin]:
    """Begins an attempt at it; gives its cells and its journal."""
    with ExitStack() as opened:

        def begun() -> tuple[Any, Journal]:
            node = nbformat.read(folder.source, as_version=4)
            node.metadata.papermill = nbformat.NotebookNode()
            file = opened.enter_context(JournalFile(folder.journal))
            journal = Journal(node, lambda: None, file)
            journal.start()
            return node.cells, journal

        yield begun


def now(follower: JournalFollower) -> RunProgress | None:
    """Where it stands at this moment."""
    return follower.progress(datetime.now(UTC))


def test_nothing_is_known_of_a_run_that_has_not_come_to_a_cell(
    folder: RunFolder, begin: Begin
) -> None:
    follower = JournalFollower(folder)
    assert now(follower) is None
    begin()
    assert now(follower) is None


def test_it_says_in_which_cell_a_run_is_and_what_it_printed_last(
    folder: RunFolder, begin: Begin
) -> None:
    follower = JournalFollower(folder)
    (first, second, _), journal = begin()
    journal.cell_started(first)
    journal.cell_ended(first, COMPLETED)
    journal.cell_started(second)
    journal.cell_says(second, "epoch 1")
    found = now(follower)
    assert found is not None
    assert (found.cell, found.cells, found.done, found.step) == (2, 3, 1, "train")
    assert found.line == "epoch 1"
    journal.cell_says(second, "epoch 2")
    later = follower.progress(datetime.now(UTC) + timedelta(seconds=60))
    assert later is not None
    assert later.line == "epoch 2"
    assert later.seconds >= 60


def test_a_cell_that_is_passed_over_is_done_and_not_where_the_run_is(
    folder: RunFolder, begin: Begin
) -> None:
    follower = JournalFollower(folder)
    (first, second, third), journal = begin()
    journal.cell_started(first)
    journal.cell_ended(first, COMPLETED)
    journal.cell_taken(second, Direction(state=NOT_RUN))
    journal.cell_started(third)
    found = now(follower)
    assert found is not None
    assert (found.cell, found.done, found.step) == (3, 2, None)


def test_it_begins_anew_with_another_attempt(folder: RunFolder, begin: Begin) -> None:
    follower = JournalFollower(folder)
    (first, second, _), journal = begin()
    journal.cell_started(first)
    journal.cell_ended(first, COMPLETED)
    journal.cell_started(second)
    assert getattr(now(follower), "cell", None) == 2
    (first, *_), journal = begin()
    journal.cell_started(first)
    found = now(follower)
    assert found is not None
    assert (found.cell, found.done) == (1, 0)


def test_a_line_that_is_being_written_waits_for_its_end(folder: RunFolder, begin: Begin) -> None:
    follower = JournalFollower(folder)
    (first, *_), journal = begin()
    journal.cell_started(first)
    with folder.journal.open("ab") as file:
        file.write(b'{"cell": 0, "line": "epo')
        file.flush()
        found = now(follower)
        assert found is not None
        assert found.line is None
        file.write(b'ch 1"}\n')
    assert getattr(now(follower), "line", None) == "epoch 1"
