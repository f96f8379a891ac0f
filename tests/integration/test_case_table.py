"""What is recorded of a sequence of cells: one table of the constructs that notebooks use.

Each case is a sequence of cells in a real shell with a real recorder and a real store. The last
cell is looked at: what it read, what it bound or changed, what it deleted, and which of the
earlier cells (counted from 0) its result follows from.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.domain.clock import system_clock
from nbmlops.domain.executions import Execution
from nbmlops.history.slices import slice_of
from nbmlops.workspace import Workspace
from tests.integration.recorded_cases.case import Case
from tests.integration.recorded_cases.code import FUNCTIONS, OBJECTS
from tests.integration.recorded_cases.containers import DICTS, LISTS, SETS
from tests.integration.recorded_cases.data import ARRAYS, FRAMES
from tests.integration.recorded_cases.running import NAMES, PROCESS, RUNNING

GROUPS = (LISTS, DICTS, SETS, OBJECTS, FUNCTIONS, ARRAYS, FRAMES, RUNNING, NAMES, PROCESS)
CASES = tuple(case for group in GROUPS for case in group)

Runs = Callable[[tuple[str, ...]], list[Execution]]


@pytest.fixture(scope="module")
def bare_shell() -> Iterator[InteractiveShell]:
    """A shell of its own, after which the process is as it was."""
    main, hooks = sys.modules["__main__"], (sys.excepthook, sys.displayhook)
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    yield shell
    shell.builtin_trap.deactivate()
    sys.modules["__main__"] = main
    sys.excepthook, sys.displayhook = hooks


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path_factory.mktemp("project"))
    yield workspace
    workspace.close()


@pytest.fixture
def runs(
    bare_shell: InteractiveShell,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Runs]:
    """Runs cells in an empty namespace; settings of the process are put back after them."""
    monkeypatch.chdir(workspace.project)
    monkeypatch.setattr(sys, "path", [*sys.path])
    environment, limit, drawn = dict(os.environ), sys.getrecursionlimit(), random.getstate()
    bare_shell.reset(new_session=True)
    session = Session(project=Path(workspace.project), notebook="cases.ipynb", path=None)
    recorder = Recorder(
        bare_shell, session=session, ledger=lambda _: workspace.ledger, clock=system_clock,
        author="tester",
    )  # fmt: skip
    recorder.tracking = True
    recorder.attach()

    def run(cells: tuple[str, ...]) -> list[Execution]:
        found = []
        for number, source in enumerate(cells):
            recorder.latest = None
            bare_shell.run_cell(source, store_history=True, cell_id=f"c{number}")
            assert recorder.latest is not None, source
            found.append(recorder.latest)
        return found

    yield run
    recorder.detach()
    os.environ.clear()
    os.environ.update(environment)
    sys.setrecursionlimit(limit)
    random.setstate(drawn)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_cell_is_recorded_as_it_was(case: Case, runs: Runs) -> None:
    executions = runs(case.cells)
    last = executions[-1].record
    places = {execution.id: place for place, execution in enumerate(executions)}
    needed = {places[cell.execution] for cell in slice_of(executions).cells if cell.execution}
    found = Case(
        case.name,
        case.cells,
        " ".join(sorted(value.name for value in last.inputs)),
        " ".join(sorted(value.name for value in last.outputs)),
        " ".join(last.deleted),
        tuple(sorted(needed - {len(executions) - 1})),
        last.inputs_complete,
    )
    unasked = {name: None for name in ("reads", "writes", "needs") if getattr(case, name) is None}
    found = replace(found, **unasked)
    assert found == case
