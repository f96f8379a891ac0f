"""What threads and tasks change after their cell belongs to that cell, wherever it is asked for."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.domain.executions import Execution
from nbmlops.magics.extension import Extension, load, unload

STARTED = (
    "def grow():\n    go.wait(20)\n    rows.append(1)\n"
    "worker = threading.Thread(target=grow, daemon=True)\nworker.start()"
)


class Notebook:
    """A kernel in this process that keeps the values of all cells."""

    def __init__(self) -> None:
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.extension: Extension = load(self.shell)
        self.run("%mlops track --values")

    def run(self, *cells: str) -> None:
        """Run cells that succeed."""
        for cell in cells:
            self.shell.run_cell(cell, store_history=True).raise_error()

    def let_go(self) -> None:
        """Let the thread of `STARTED` end, while no cell runs."""
        self["go"].set()
        self["worker"].join(20)

    def executions(self) -> list[Execution]:
        """What was recorded, in order."""
        session = self.extension.recorder.session.id
        return self.extension.surface.workspace.executions.session_cells(session)

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A kernel in which a step has started a thread that waits to change ``rows``."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    made = Notebook()
    made.run("import threading\nrows, other, go = [], [0], threading.Event()")
    yield made
    made["go"].set()
    unload(made.shell)
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


def test_it_is_recorded_as_a_late_write_of_the_cell_that_started_the_thread(
    notebook: Notebook,
) -> None:
    notebook.run(STARTED)
    notebook.let_go()
    notebook.run("n = len(rows)")
    first, starter, late, reader = notebook.executions()
    assert late.record.late_of == (starter.id,)
    [rows] = late.record.outputs
    assert (rows.name, rows.summary.text) == ("rows", "[1]")
    assert [value.name for value in late.record.inputs] == ["rows"]
    assert reader.record.inputs[0].fingerprint == rows.fingerprint
    assert reader.record.inputs_complete
    assert first.record.late_of == ()


def test_what_it_bound_or_deleted_is_found_and_what_it_left_alone_is_not(
    notebook: Notebook,
) -> None:
    notebook.run(
        "def work():\n    global other, fresh\n    go.wait(20)\n    other, fresh = [2], 1\n"
        "    globals().pop('rows')\n"
        "worker = threading.Thread(target=work, daemon=True)\nworker.start()"
    )
    notebook.let_go()
    notebook.run("1")
    record = notebook.executions()[-2].record
    assert [value.name for value in record.outputs] == ["fresh", "other"]
    assert record.deleted == ("rows",)


def test_nothing_is_recorded_where_a_thread_changed_nothing(notebook: Notebook) -> None:
    notebook.run("worker = threading.Thread(target=lambda: go.wait(20), daemon=True)")
    notebook.run("worker.start()")
    notebook.let_go()
    notebook.run("1", "2")
    assert not any(done.record.late_of for done in notebook.executions())


def test_a_thread_that_nobody_holds_is_found_all_the_same(notebook: Notebook) -> None:
    notebook.run(
        "def grow():\n    go.wait(20)\n    rows.append(1)\n    done.set()\n"
        "done = threading.Event()\nthreading.Thread(target=grow, daemon=True).start()"
    )
    notebook["go"].set()
    notebook["done"].wait(20)
    notebook.run("n = len(rows)")
    assert notebook.executions()[-2].record.late_of == (notebook.executions()[1].id,)


def test_a_thread_that_nobody_holds_and_that_ends_while_a_later_cell_runs_is_found(
    notebook: Notebook,
) -> None:
    notebook.run(
        "def grow():\n    go.wait(20)\n    rows.append(1)\n"
        "threading.Thread(target=grow, daemon=True, name='grows').start()"
    )
    notebook.run(
        "go.set()\n[one.join(20) for one in threading.enumerate() if one.name == 'grows']", "1"
    )
    late = next(done.record for done in notebook.executions() if done.record.late_of)
    assert [value.name for value in late.outputs] == ["rows"]


def test_a_pool_belongs_to_the_cell_that_gave_it_the_work(notebook: Notebook) -> None:
    notebook.run(
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
        "pool.submit(int).result()"
    )
    notebook.run("def grow():\n    go.wait(20)\n    rows.append(1)\ndone = pool.submit(grow)")
    notebook["go"].set()
    notebook["done"].result(20)
    notebook.run("n = len(rows)")
    _, made, gave, late, _ = notebook.executions()
    assert late.record.late_of == (made.id, gave.id)
    notebook["pool"].shutdown()


def test_a_timer_and_a_thread_that_a_thread_starts_are_found(notebook: Notebook) -> None:
    notebook.run(
        "def grow():\n    rows.append(1)\n    go.wait(20)\n    other.append(1)\n"
        "def begin():\n    global worker\n"
        "    worker = threading.Thread(target=grow, daemon=True)\n    worker.start()\n"
        "begun = threading.Timer(0.1, begin)\nbegun.start()"
    )
    starter = notebook.executions()[-1].id
    notebook["begun"].join(20)
    notebook.run("n = len(rows)")
    notebook.let_go()
    notebook.run("m = len(other)")
    late = [done.record for done in notebook.executions() if done.record.late_of]
    assert [record.late_of for record in late] == [(starter,), (starter,)]
    assert [value.name for value in late[1].outputs] == ["other"]


def test_what_is_read_while_the_thread_goes_on_is_not_fully_known(notebook: Notebook) -> None:
    notebook.run(
        "begun = threading.Event()\ndef grow():\n    while not go.wait(0.01):\n"
        "        rows.append(1)\n        begun.set()\n"
        "worker = threading.Thread(target=grow, daemon=True)\nworker.start()"
    )
    notebook["begun"].wait(20)
    notebook.run("n = len(rows)", "m = len(other)")
    *_, reader, _, other = notebook.executions()
    reader = next(done for done in notebook.executions() if done.record.source == "n = len(rows)")
    assert (
        reader.record.inputs_note
        == "a thread or task of an earlier cell goes on that had changed rows"
    )
    assert other.record.inputs_complete


def test_why_lineage_status_and_show_tell_of_it(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.run("%mlops track load\n" + STARTED)
    starter = notebook.executions()[-1].id
    notebook.let_go()

    def said(line: str) -> str:
        capsys.readouterr()
        notebook.run(f"%mlops {line}")
        return capsys.readouterr().out

    changed = f"was changed after its cell had ended, by a thread that @{starter} had started"
    assert changed in said("why rows")
    notebook.run("%mlops track use\nn = len(rows)")
    assert "└─ a thread ← load@1" in said("lineage n")
    assert f"a thread of @{starter} went on" in said("lineage load --forward")
    told = f"rows was changed later, by a thread that @{starter} had started"
    assert told in said("status")
    assert json.loads(said("status --json"))["notebooks"][0]["late"][0]["of"] == [starter]
    assert told in said(f"show @{starter}")
    assert told in said("show load@1")
    assert "use" in said("status")
    assert (
        notebook.extension.surface.workspace.staleness.status(
            None, session=notebook.extension.recorder.session.id
        )
        .steps[-1]
        .reasons
        == ()
    )


def test_undo_takes_it_back_with_its_cell_and_checkout_brings_it_again(notebook: Notebook) -> None:
    notebook.run(
        "def run():\n"
        + STARTED.replace("\n", "\n    ").replace("def", "    def", 1)
        + "\n    return worker"
    )
    notebook.run("worker = run()")
    notebook.let_go()
    notebook.run("other.append(1)")
    late = next(done.id for done in notebook.executions() if done.record.late_of)
    notebook.run("%mlops undo")
    assert (notebook["other"], notebook["rows"]) == ([0], [1])
    notebook.run("%mlops undo --yes")
    assert notebook["rows"] == []
    notebook.run(f"%mlops checkout @{late} --yes")
    assert notebook["rows"] == [1]


def test_a_slice_takes_the_cell_along_and_says_that_a_thread_may_be_the_cause(
    notebook: Notebook,
) -> None:
    notebook.run(STARTED)
    notebook.let_go()
    notebook.run("n = len(rows)")
    workspace = notebook.extension.surface.workspace
    found = workspace.slices.write("n").slice
    assert [cell.source.splitlines()[0] for cell in found.cells] == [
        "import threading",
        "def grow():",
        "n = len(rows)",
    ]
    assert any(note.endswith("(cause: thread)") for note in found.notes)


def test_a_hook_changes_after_each_cell_what_no_cell_changes(notebook: Notebook) -> None:
    notebook.run(
        "def count(_):\n    rows.append(1)\nget_ipython().events.register('post_run_cell', count)"
    )
    setter = notebook.executions()[-1].id
    notebook.run("1", "n = len(rows)")
    *_, late, reader = notebook.executions()
    assert late.record.source == f"# a callback of @{setter} ran"
    assert reader.record.inputs[0].fingerprint == late.record.outputs[0].fingerprint
    assert reader.record.inputs_complete
    notebook.run("get_ipython().events.unregister('post_run_cell', count)", "1", "2")
    assert notebook.executions()[-2].record.source == "1"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no such timers")
def test_the_handler_of_a_signal_may_change_what_no_cell_changes(notebook: Notebook) -> None:
    before = signal.getsignal(signal.SIGALRM)
    try:
        notebook.run("import signal\nsignal.signal(signal.SIGALRM, lambda *_: rows.append(1))")
        setter = notebook.executions()[-1].id
        notebook.run("None")
        signal.raise_signal(signal.SIGALRM)
        notebook.run("n = len(rows)")
    finally:
        signal.signal(signal.SIGALRM, before)
    late, reader = notebook.executions()[-2:]
    assert late.record.late_of == (setter,)
    assert reader.record.inputs[0].fingerprint == late.record.outputs[0].fingerprint


def test_what_read_a_change_that_the_cells_above_do_not_make_is_stale(notebook: Notebook) -> None:
    notebook.run("%mlops track load\nrows = [2]", "%mlops track use\nn = sum(rows)", STARTED)
    starter = notebook.executions()[-1].id
    notebook.let_go()
    notebook.run("%mlops track use\nn = sum(rows)")
    staleness = notebook.extension.surface.workspace.staleness
    session = notebook.extension.recorder.session.id
    reasons = staleness.status(None, session=session).steps[-1].reasons
    thread = f"a thread that @{starter} had started"
    assert [reason.detail for reason in reasons] == [
        f"it read rows as changed by {thread}, not as load left it"
    ]
    plan = staleness.plan("use", None, session=session, live=notebook.shell.user_ns)
    assert [standing.title for standing in plan.standings] == ["load", "use"]
    notebook.run("%mlops refresh use")
    assert notebook["n"] == 2
    assert staleness.status(None, session=session).steps[-1].reasons == ()
