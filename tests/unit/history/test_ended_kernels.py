"""Cells that were running when their kernels were killed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.pages import Choice
from nbmlops.domain.references import StepReference
from nbmlops.server import queries
from nbmlops.server.projects import Projects
from nbmlops.testing import Notebook as NotebookFile
from nbmlops.workspace import Workspace
from tests.unit.history.test_timetravel import NewNotebook, Notebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]

KILL = "import os; os.kill(os.getpid(), 9)"
TRAIN = f"%mlops track train\ndouble(a)\n{KILL}"
CELLS = ("%mlops track --values", "a = 1", "def double(x):\n    return 2 * x", TRAIN)


def die(new_notebook: NewNotebook, *cells: str, also: Callable[[], None] | None = None) -> None:
    """Run cells in a kernel of a process of its own, which then ends without a word."""
    process = os.fork()
    if process == 0:
        try:
            kernel = new_notebook()
            for cell in cells:
                kernel.shell.run_cell(cell, store_history=True)
            if also is not None:
                also()
        finally:
            os._exit(0)
    os.waitpid(process, 0)


def recorded(project: Path) -> list[Execution]:
    """What the project's kernels ran, in the order in which it was recorded."""
    workspace = Workspace(project)
    newest = workspace.executions.newest() or 0
    found = workspace.executions.by_ids(range(1, newest + 1))
    workspace.close()
    return [found[key] for key in sorted(found)]


def test_the_cell_that_ran_when_its_kernel_was_killed_is_recorded(
    new_notebook: NewNotebook, tmp_path: Path
) -> None:
    """By whoever looks next, with its source, its time and its version's code."""
    die(new_notebook, *CELLS)
    assert [found.record.source for found in recorded(tmp_path)] == list(CELLS[1:3])

    (ended,) = Workspace(tmp_path).ended_kernels.settle()
    assert recorded(tmp_path)[-1].id == ended.id
    record = recorded(tmp_path)[-1].record
    assert record.source == TRAIN
    assert record.status is ExecutionStatus.ERROR
    assert record.failure is not None
    assert record.failure.reason == "The kernel ended while this cell ran."
    assert record.was_cut_off
    assert record.step == "train"
    assert record.session == recorded(tmp_path)[0].record.session
    assert record.started_at > recorded(tmp_path)[1].record.started_at
    assert record.definitions == {"double": CELLS[2]}
    assert not record.inputs_complete
    assert Workspace(tmp_path).ended_kernels.settle() == []
    assert not list((tmp_path / ".nbmlops" / "running").iterdir())


def test_it_is_an_execution_of_the_version_that_its_code_is(
    new_notebook: NewNotebook,
    notebook: Notebook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The project's own modules that it used are a part of that."""
    (tmp_path / "ending_lib.py").write_text(
        "import os\n\ndef end():\n    os.kill(os.getpid(), 9)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    train = (
        "%mlops track train\nimport os, ending_lib\nif os.path.exists('end'):\n    ending_lib.end()"
    )
    notebook.run(train)
    (tmp_path / "end").touch()
    die(new_notebook, train)
    (ended,) = Workspace(tmp_path).ended_kernels.settle()
    assert ended.version is not None
    assert (ended.version.reference, [*ended.version.definitions]) == ("train@1", ["ending_lib.py"])


def test_a_new_kernel_and_every_verb_find_it(
    new_notebook: NewNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    die(new_notebook, *CELLS)
    later = new_notebook()
    later.run("%mlops log")
    assert "kernel ended" in capsys.readouterr().out
    for verb in ("versions train", "versions train --executions"):
        later.run(f"%mlops {verb}")
        shown = capsys.readouterr().out
        assert "kernel ended" in shown
        assert "error" not in shown
    later.run("%mlops show train")
    shown = capsys.readouterr().out
    assert "kernel ended" in shown
    assert "The kernel ended while this cell ran." in shown


def test_versions_tell_it_beside_an_execution_that_succeeded(
    new_notebook: NewNotebook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = "%mlops track train\nimport os\nif os.path.exists('end'):\n    os.kill(os.getpid(), 9)"
    new_notebook().run(ends)
    (tmp_path / "end").touch()
    die(new_notebook, ends)
    later = new_notebook()
    capsys.readouterr()
    later.run("%mlops versions train")
    assert "ok, then kernel ended" in capsys.readouterr().out
    later.run("%mlops versions train --executions")
    assert "kernel ended" in capsys.readouterr().out


def test_nobody_says_how_long_it_took(
    new_notebook: NewNotebook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    die(new_notebook, *CELLS)
    later = new_notebook()
    later.run("%mlops why train")
    assert re.search(r"train@1 ran .* by \w+; the cell did not", capsys.readouterr().out)
    workspace = Workspace(tmp_path)
    (version,) = workspace.history.versions("train")
    reference = StepReference.parse(version.reference)
    (execution,) = workspace.history.execution_rows(workspace.history.version(reference))
    (page,) = workspace.executions.page(Choice()).rows
    (cut_off,) = [
        row for row in workspace.time_travel.log(None, session=None, limit=9) if row.was_cut_off
    ]
    found = (version, execution, page, cut_off)
    assert [row.duration for row in found] == [None] * len(found)


def test_turning_recording_on_finds_it(new_notebook: NewNotebook, tmp_path: Path) -> None:
    die(new_notebook, *CELLS)
    new_notebook().run("%mlops track", "1")
    assert [found.record.was_cut_off for found in recorded(tmp_path)] == [False, False, True, False]


def test_a_cell_that_still_runs_is_left_alone(notebook: Notebook) -> None:
    """Its process is alive: it is not for others to say how it ends."""
    settle = "from nbmlops.workspace import Workspace\nfrom pathlib import Path\n"
    notebook.run(f"{settle}found = Workspace(Path()).ended_kernels.settle()")
    assert notebook["found"] == []
    assert len(list(Path(".nbmlops/running").iterdir())) == 1


def test_the_panel_s_state_finds_it(new_notebook: NewNotebook, tmp_path: Path) -> None:
    """As soon as it is asked, also where the server has the store open for long."""
    NotebookFile(tmp_path).step("train", "a = 1").save("flights.ipynb")
    projects = Projects(tmp_path)
    patch = pytest.MonkeyPatch()
    patch.setenv("JPY_SESSION_NAME", str(tmp_path / "flights.ipynb"))
    die(new_notebook, "%mlops track train\na = 1")
    assert [step.state for step in queries.freshness(projects, "flights.ipynb").steps] == ["fresh"]
    die(new_notebook, f"%mlops track train\n{KILL}")
    patch.undo()
    (step,) = queries.freshness(projects, "flights.ipynb").steps
    assert (step.state, step.duration) == ("failed", None)
    assert "was running when its kernel ended" in [str(one.detail) for one in step.reasons]
    projects.close()


def test_several_that_look_at_once_record_it_once(
    new_notebook: NewNotebook, tmp_path: Path
) -> None:
    die(new_notebook, *CELLS)
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: Workspace(tmp_path).ended_kernels.settle(), range(8))]
    assert sum(map(len, found)) == 1
    assert len(recorded(tmp_path)) == 3


def test_cells_that_ended_leave_no_execution_however_the_process_ends(
    new_notebook: NewNotebook, tmp_path: Path
) -> None:
    die(new_notebook, "%mlops track", "a = 1", "1 / 0")
    assert Workspace(tmp_path).ended_kernels.settle() == []
    assert not list((tmp_path / ".nbmlops" / "running").iterdir())
    assert len(recorded(tmp_path)) == 2


def test_a_cell_that_was_recorded_before_its_mark_was_taken_away_is_recorded_once(
    new_notebook: NewNotebook, tmp_path: Path
) -> None:
    """The process may end between the two."""
    copy = (
        "import shutil, pathlib\n"
        "mark, = pathlib.Path('.nbmlops/running').iterdir()\n"
        "shutil.copy(mark, 'mark')"
    )
    die(new_notebook, "%mlops track", copy)
    (mark,) = (tmp_path / ".nbmlops" / "running").iterdir()
    (tmp_path / "mark").replace(mark)
    assert Workspace(tmp_path).ended_kernels.settle() == []
    assert not mark.exists()
    assert len(recorded(tmp_path)) == 1


def test_a_process_that_a_cell_has_forked_leaves_the_mark_alone(
    new_notebook: NewNotebook, tmp_path: Path
) -> None:
    """It ends with its own cell; the kernel's goes on."""
    fork = "import os\nif os.fork() == 0:\n    raise SystemExit\nos.wait()\nos.kill(os.getpid(), 9)"
    die(new_notebook, "%mlops track", fork)
    found = Workspace(tmp_path).ended_kernels.settle()
    assert [one.record.source for one in found] == [fork]
    assert len(recorded(tmp_path)) == 1
