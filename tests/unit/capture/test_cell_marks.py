"""The mark of the cell that is running."""

from __future__ import annotations

import json
import os
import resource
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbmlops.capture.cell import RunningCell
from nbmlops.capture.cell_marks import CellMark, CellMarks, read
from nbmlops.capture.session import Session
from nbmlops.notebook.dataflow.effects import Effects
from nbmlops.store.making import make_store

AT = datetime(2026, 1, 5, 12, 30, tzinfo=UTC)


def _cell(source: str) -> RunningCell:
    return RunningCell(
        source=source, cell_id="one", label=None, step=None, is_parameters=False, effects=Effects(),
        problem=None,
    )  # fmt: skip


class Marked:
    """The marks of a session, and what others read of them."""

    def __init__(self, project: Path) -> None:
        self.session = Session(project=project, notebook="a.ipynb", path=None)
        self.marks = CellMarks(lambda: self.session, "ada")
        self.path = project / ".nbmlops" / "running" / self.session.id

    def set(self, source: str) -> None:
        """A cell begins."""
        self.marks.set(_cell(source), used={}, imports=["math"], at=AT)

    def read(self) -> CellMark | None:
        """What whoever looks finds."""
        return read(self.path.read_bytes())


@pytest.fixture
def marked(tmp_path: Path) -> Marked:
    """The marks of a new session."""
    return Marked(tmp_path)


def test_a_mark_tells_what_runs_until_it_is_taken_away(marked: Marked) -> None:
    marked.set("x = '\udc80é'")
    found = marked.read()
    assert found is not None
    assert found.runs
    assert not found.is_over
    assert (found.source, found.cell_id, found.notebook) == ("x = '\udc80é'", "one", "a.ipynb")
    assert (found.started_at, found.author, found.imports) == (AT, "ada", ("math",))
    marked.marks.clear()
    found = marked.read()
    assert found is not None
    assert not found.runs


def test_a_shorter_cell_takes_the_place_of_a_longer_one(marked: Marked) -> None:
    marked.set("a = 1\n" * 1000)
    marked.set("b = 2")
    found = marked.read()
    assert found is not None
    assert found.source == "b = 2"


def test_a_cell_that_has_replaced_the_function_of_json_is_marked(
    marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "dumps", None)
    marked.set("a = 1")
    found = marked.read()
    assert found is not None
    assert found.source == "a = 1"


@pytest.mark.parametrize("ended", [True, False])
def test_an_end_in_order_leaves_the_file_only_where_a_cell_still_runs(
    marked: Marked, *, ended: bool
) -> None:
    marked.set("a = 1")
    marked.marks.close(ended=ended)
    assert marked.path.exists() is not ended


def test_a_mark_that_was_not_written_to_its_end_is_none(marked: Marked) -> None:
    """Nor is what stands in the file by chance."""
    marked.set("a = 1")
    content = marked.path.read_bytes()
    for broken in (b"", content[:5], content[:-1], content[:-2] + b"x}", b"\0" * 500):
        assert read(broken) is None


def test_a_run_says_itself_how_it_ended(tmp_path: Path) -> None:
    marked = Marked(tmp_path)
    marked.session = Session(project=tmp_path, notebook="a.ipynb", path=None, run_id=1)
    marked.set("a = 1")
    assert not marked.path.exists()


def test_a_store_that_was_deleted_gets_marks_again(marked: Marked) -> None:
    marked.set("a = 1")
    shutil.rmtree(marked.path.parents[1])
    marked.marks.clear()
    marked.set("b = 2")
    found = marked.read()
    assert found is not None
    assert found.source == "b = 2"


def test_a_file_that_code_has_closed_is_not_mistaken_for_one_of_its_own(
    marked: Marked, tmp_path: Path
) -> None:
    """The number of a closed file is given to the next one that is opened."""
    marked.set("a = 1")
    number = marked.marks._file
    assert number is not None
    os.close(number)
    own = os.open(tmp_path / "own", os.O_RDWR | os.O_CREAT)
    assert own == number
    marked.marks.clear()
    marked.set("b = 2")
    assert (tmp_path / "own").read_bytes() == b""
    found = marked.read()
    assert found is not None
    assert found.source == "b = 2"
    os.close(own)


def test_a_disk_that_is_full_leaves_no_mark_and_harms_nothing(marked: Marked) -> None:
    """Here a limit of the process stands for the disk; its end is that of a process of its own."""
    make_store(marked.path.parents[1])
    process = os.fork()
    if process == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            marked.set("a = 1")
            marked.marks.clear()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert marked.path.read_bytes() == b""


def test_a_folder_that_cannot_be_written_harms_nothing(marked: Marked) -> None:
    marked.path.parents[1].write_text("a file is where the store would be")
    marked.set("a = 1")
    marked.marks.clear()
    marked.marks.close()
