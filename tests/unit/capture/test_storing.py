"""Large values are stored in the background, as they were when their cell ended."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture import storing
from nbmlops.capture.ledger import StoreLedger
from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.capture.storing import BackgroundStoring
from nbmlops.config import Settings
from nbmlops.domain.clock import system_clock
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import StoreUnwritableError
from nbmlops.store.catalog.executions import ExecutionRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.store.catalog.storing import ENDED, StoringRecords, note, told
from nbmlops.store.objects.base import Blocks
from nbmlops.store.objects.folder import FolderObjectStore
from nbmlops.store.values import ValueStore
from nbmlops.values.signing import Signer

MEBI = 2**20
PATIENCE = 20.0


class SlowObjects(FolderObjectStore):
    """A folder that takes large objects only while ``is_open`` is set, and slowly.

    ``full`` makes it refuse them; ``begun`` counts those that it was given.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.is_open = threading.Event()
        self.is_open.set()
        self.delay = 0.0
        self.full = False
        self.begun = 0

    def put(
        self,
        data: bytes | memoryview,
        *,
        durable: bool = True,
        blocks: Blocks | None = None,
        size: int | None = None,
    ) -> str:
        """Keep bytes, later."""
        if blocks is not None and memoryview(data).nbytes > MEBI:
            self.begun += 1
            until = time.monotonic() + PATIENCE
            while not self.is_open.wait(0.02):
                assert time.monotonic() < until
                next(iter(blocks()))  # as any store reads: it hears when the memory moves
            time.sleep(self.delay)
            if self.full:
                raise StoreUnwritableError("The disk is full.", cure="Free some space.")
        return super().put(data, durable=durable, blocks=blocks, size=size)


class Notebook:
    """A shell that is recorded, with all values, over a slow store."""

    def __init__(self, project: Path, *, most: int = 100 * MEBI) -> None:
        self.objects = SlowObjects(project / "objects")
        self.database = SqliteDatabase(project / "catalog.db")
        self.values = ValueStore(self.objects, Signer(b"k" * 32))
        self.executions = ExecutionRecords(self.database)
        self.storing = BackgroundStoring(self.values, StoringRecords(self.database), most=most)
        ledger = StoreLedger(
            executions=self.executions,
            values=self.values,
            objects=self.objects,
            settings=Settings(),
            storing=self.storing,
        )
        self.shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        self.recorder = Recorder(
            self.shell,
            session=Session(project=project, notebook="n.ipynb", path=None),
            ledger=lambda _: ledger,
            clock=system_clock,
            author="tester",
        )
        self.recorder.tracking = self.recorder.keeps_values = True
        self._made = 0
        self.recorder.attach()
        self.run("import numpy as np")

    def run(self, source: str) -> int:
        """Run a cell; returns the id of its execution."""
        result = self.shell.run_cell(source, store_history=True)
        assert result.success, source
        assert self.recorder.latest is not None
        return self.recorder.latest.id

    def make(self) -> tuple[int, Any]:
        """Run a cell that makes 8 MB of what was never there, as ``a``; its id, and a copy."""
        self._made += 1
        execution = self.run(f"a = np.arange({self._made}, {self._made} + 1e6)")
        return execution, np.arange(self._made, self._made + 1e6)

    def record(self, execution: int, name: str) -> ValueRecord:
        """What the catalog says of an output now."""
        outputs = self.executions.by_ids([execution])[execution].record.outputs
        return next(value for value in outputs if value.name == name)

    def stored(self, execution: int, name: str) -> Any:
        """The value that was stored of an output."""
        found = self.record(execution, name)
        assert found.manifest is not None, found.reason
        return self.values.load(found.manifest)

    def close(self) -> None:
        """Finish, and give up everything."""
        self.objects.is_open.set()
        self.recorder.detach()
        self.database.close()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A recorded shell; to look at the environment for the first time takes it a second."""
    notebook = Notebook(tmp_path_factory.mktemp("project"))
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(shell: Notebook) -> Iterator[Notebook]:
    """The same, its store open and at ease."""
    yield shell
    shell.objects.is_open.set()
    shell.objects.delay, shell.objects.full = 0.0, False
    shell.recorder.finish_storing()


@dataclass(frozen=True)
class Change:
    """Cells before the value is made, and those after, the last of which changes it."""

    name: str
    changes: str
    before: str = "0"
    between: str = "0"


CHANGES = (
    Change("in place", "a[:] = 0"),
    Change("through an alias", "b[:] = 0", between="b = a"),
    Change("through a view", "b[:] = 0", between="b = a[10:]"),
    Change("through a view of the name bound anew", "b[:] = 0", between="b = a[10:]\na = None"),
    Change("through a loop variable", "for x in L:\n    x[:] = 0", between="L = [a]"),
    Change("in a function", "f()", before="def f():\n    a[:] = 0"),
    Change("in a method", "box.clear()", between=(
        "class Box:\n    def clear(self):\n        self.held[:] = 0\nbox = Box()\nbox.held = a"
    )),
    Change("in a closure", "f()", between=(
        "def make(held):\n    def f():\n        held[:] = 0\n    return f\nf = make(a)"
    )),
    Change("by exec", "exec('a[:] = 0')"),
    Change("by a memory view", "m[:8] = bytes(8)", between="m = memoryview(a).cast('B')"),
    Change("by a call", "np.copyto(a, 0)"),
    Change("by resizing it", "a.resize(10, refcheck=True)"),
    Change("through what was displayed", "_[:] = 0", between="a"),
)  # fmt: skip


@pytest.mark.parametrize("room", [0, 100 * MEBI], ids=["no room", "room"])
@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.name)
def test_a_cell_that_changes_a_value_waits_until_it_is_stored_or_copied(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, case: Change, room: int
) -> None:
    monkeypatch.setattr(notebook.storing, "_copies", room)
    notebook.objects.delay = 0.05 if room else 0.15
    notebook.run(case.before)
    made, content = notebook.make()
    notebook.run(case.between)
    notebook.run(case.changes)
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(made, "a"), content)


@pytest.mark.parametrize("cell", ["a[:] = 0", "a.resize(10, refcheck=True)"])
def test_a_cell_does_not_wait_where_what_it_changes_can_be_copied(
    notebook: Notebook, cell: str
) -> None:
    notebook.objects.is_open.clear()
    first, one = notebook.make()
    second, other = notebook.make()
    notebook.run(cell)
    assert notebook.record(first, "a").manifest is notebook.record(second, "a").manifest is None
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(first, "a"), one)
    np.testing.assert_array_equal(notebook.stored(second, "a"), other)


@pytest.mark.parametrize(
    "cell",
    ["n = float(a.sum())", "other = 3", "a = None", "del a", "c = a.copy()", "n = total(a)"],
)
def test_a_cell_that_changes_nothing_in_place_does_not_wait(notebook: Notebook, cell: str) -> None:
    notebook.run("def total(x):\n    return float(x.sum())")
    notebook.objects.is_open.clear()
    made, content = notebook.make()
    notebook.run(cell)
    assert notebook.record(made, "a").manifest is None
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(made, "a"), content)


def test_while_a_cell_runs_no_more_is_stored(notebook: Notebook) -> None:
    notebook.objects.is_open.clear()
    before = notebook.objects.begun
    made = notebook.run("first = np.arange(7, 1e6)\nsecond = np.arange(8, 1e6)")
    while notebook.objects.begun == before:
        time.sleep(0.01)
    seen: list[int] = []
    timers = (
        threading.Timer(0.1, notebook.objects.is_open.set),
        threading.Timer(0.5, lambda: seen.append(notebook.objects.begun - before)),
    )
    for timer in timers:
        timer.start()
    notebook.run("import time\ntime.sleep(0.8)")
    notebook.recorder.finish_storing()
    assert seen == [1]
    assert notebook.stored(made, "second")[0] == 8


def test_between_cells_that_follow_each_other_nothing_is_stored(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "_PATIENCE", PATIENCE)
    monkeypatch.setattr(storing, "_PAUSE", PATIENCE)
    before = notebook.objects.begun
    made, content = notebook.make()
    for source in ("b = 1", "b + 1", "import time\ntime.sleep(0.3)"):
        notebook.run(source)
    assert notebook.objects.begun == before
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(made, "a"), content)


def test_a_value_is_stored_once_no_cell_follows(notebook: Notebook) -> None:
    made, content = notebook.make()
    until = time.monotonic() + PATIENCE
    while notebook.record(made, "a").manifest is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    np.testing.assert_array_equal(notebook.stored(made, "a"), content)


def test_what_waited_for_a_cell_is_stored_once_that_has_ended(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "_PATIENCE", 3 * PATIENCE)
    made, content = notebook.make()
    notebook.run("import time\ntime.sleep(0.5)")  # the thread waits for its end meanwhile
    until = time.monotonic() + PATIENCE
    while notebook.record(made, "a").manifest is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    np.testing.assert_array_equal(notebook.stored(made, "a"), content)


def test_a_value_does_not_wait_for_ever_for_cells_to_end(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "_PATIENCE", 0.2)
    notebook.objects.is_open.clear()
    before = notebook.objects.begun
    notebook.run("first = np.arange(9, 1e6)\nsecond = np.arange(10, 1e6)")
    notebook.objects.is_open.set()
    notebook.run("import time\ntime.sleep(1.5)")
    assert notebook.objects.begun == before + 2
    notebook.recorder.finish_storing()


def test_until_it_is_stored_the_record_says_so(notebook: Notebook) -> None:
    notebook.objects.is_open.clear()
    made, _ = notebook.make()
    assert (notebook.record(made, "a").reason or "").startswith("is being stored by process")
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    assert notebook.record(made, "a").reason is None


def test_what_changes_behind_the_recorder_is_not_stored(notebook: Notebook) -> None:
    """Never a value that was not there; and the user is told."""
    notebook.objects.is_open.clear()
    made, _ = notebook.make()
    notebook.shell.user_ns["a"][-1] = 0
    notebook.objects.is_open.set()
    notebook.storing.finish()
    found = notebook.record(made, "a")
    assert found.manifest is None
    assert found.reason == "was not stored: it changed while it was being stored"
    assert notebook.storing.failures() == [f"a {found.reason}"]


def test_a_full_disk_is_told_and_what_is_stored_later_is_there(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook.objects.full = True
    first, content = notebook.make()
    notebook.storing.finish()
    notebook.objects.full = False
    notebook.run("x = 1")
    assert "a was not stored: The disk is full. Free some space.\n" in capsys.readouterr().err
    assert notebook.record(first, "a").reason == "was not stored: The disk is full."
    second, content = notebook.make()
    notebook.recorder.finish_storing()
    np.testing.assert_array_equal(notebook.stored(second, "a"), content)


def test_records_share_what_is_being_stored(notebook: Notebook) -> None:
    notebook.objects.is_open.clear()
    first, _ = notebook.make()
    second = notebook.run("c = a.copy()")
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    assert notebook.record(first, "a").manifest == notebook.record(second, "c").manifest is not None


def test_no_more_waits_than_there_is_room_for(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path, most=10 * MEBI)
    notebook.objects.is_open.clear()
    first, content = notebook.make()
    threading.Timer(0.3, notebook.objects.is_open.set).start()
    began = time.perf_counter()
    notebook.run("b = np.ones(1_000_000)")
    assert time.perf_counter() - began > 0.2
    np.testing.assert_array_equal(notebook.stored(first, "a"), content)
    notebook.close()


def test_the_thread_ends_when_nothing_waits(notebook: Notebook) -> None:
    notebook.recorder.finish_storing()
    before, begun = set(sys._current_frames()), notebook.objects.begun
    notebook.objects.is_open.clear()
    notebook.make()
    while notebook.objects.begun == begun:
        time.sleep(0.01)
    (thread,) = set(sys._current_frames()) - before
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    until = time.monotonic() + PATIENCE
    while thread in sys._current_frames():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_cell_is_told_of_its_own_threads_only(notebook: Notebook) -> None:
    """Also where values of earlier ones wait, have just been stored, and were recorded as such."""
    notebook.recorder.finish_storing()
    notebook.run("import threading\nbefore = threading.enumerate()")
    notebook.objects.is_open.clear()
    made, _ = notebook.make()
    notebook.run("while_waiting = threading.enumerate()")
    notebook.objects.is_open.set()
    notebook.recorder.finish_storing()
    notebook.run("afterwards = threading.enumerate()")
    names = notebook.shell.user_ns
    assert names["before"] == names["while_waiting"] == names["afterwards"]
    assert notebook.record(made, "a").manifest is not None


def test_a_process_that_has_ended_stores_nothing_any_more() -> None:
    assert told("too large") == "too large"
    assert told(note()) is not None
    assert told(note()) != ENDED
    begin, _, rest = note().partition(" (")
    number = begin.rpartition(" ")[2]
    assert told(f"{begin.removesuffix(number)}999999999 ({rest}") == ENDED
    assert told(f"{begin.removesuffix(number)}999999999 ({rest}.elsewhere") != ENDED


STEPS: dict[str, str] = {
    "make": "{0} = np.random.default_rng({2}).random(600_000)",
    "alias": "{0} = {1}",
    "view": "{0} = {1}[5:]",
    "write": "{0}[{2}] = {2}",
    "add": "{0} += 1",
    "loop": "for part in [{0}, {1}]:\n    part[0] = {2}",
    "call": "change({0})",
    "dynamic": "exec('{0}[7] = {2}')",
    "read": "total = {0}.sum() + {1}.max()",
    "forget": "{0} = np.zeros(100)",
}
NAMES = st.sampled_from(["a", "b", "c"])
SEQUENCES = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), NAMES, NAMES, st.integers(0, 9)),
    min_size=2,
    max_size=8,
)


@given(steps=SEQUENCES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_follows_what_is_stored_is_what_was_there(
    notebook: Notebook, steps: list[tuple[str, str, str, int]]
) -> None:
    """Each output of each cell, byte for byte, though the store is always behind."""
    notebook.objects.delay = 0.01
    notebook.run("def change(x):\n    x[3] = -x[3] - 1")
    cells = ["a = np.ones(100)\nb = np.ones(100)\nc = np.ones(100)"]
    cells += [STEPS[step].format(one, other, number) for step, one, other, number in steps]
    seen: list[tuple[int, dict[str, Any]]] = []
    for cell in cells:
        execution = notebook.run(cell)
        there = {name: notebook.shell.user_ns[name].copy() for name in "abc"}
        seen.append((execution, there))
    notebook.recorder.finish_storing()
    for execution, there in seen:
        record = notebook.executions.by_ids([execution])[execution].record
        for name in {value.name for value in record.outputs} & there.keys():
            np.testing.assert_array_equal(notebook.stored(execution, name), there[name])


def test_a_cell_that_runs_while_a_value_is_stored_leaves_no_exit_handler(
    notebook: Notebook,
) -> None:
    """What is stored at the end of the process is not of that cell's doing."""
    for _ in range(2):
        notebook.make()
        after = notebook.run("b = float(np.mean([1, 2]))")
        notebook.recorder.finish_storing()
        record = notebook.executions.by_ids([after])[after].record
        assert "exit handlers" not in {access.name for access in record.externals}
