"""A pipeline that runs in shells of the test's process."""

from __future__ import annotations

import atexit
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.capture import randomness
from nbmlops.capture.recorder import Recorder
from nbmlops.capture.session import Session
from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.domain.runs import RunStatus
from nbmlops.execution.process import this_process
from nbmlops.magics.bringing import bound
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

MakeShell = Callable[[], InteractiveShell]
Outputs = list[dict[str, str | None]]


@pytest.fixture(scope="module")
def new_shell() -> Iterator[MakeShell]:
    """Makes shells in this process; what they put into it is taken back."""
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    config = Config({"HistoryManager": {"enabled": False}})

    def make() -> InteractiveShell:
        shell = InteractiveShell(config=config)
        atexit.unregister(shell.atexit_operations)  # it would collect garbage for each shell
        return shell

    yield make
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


@dataclass
class Project:
    """A project whose pipeline runs in shells of this process, as a run does in kernels."""

    workspace: Workspace
    new_shell: MakeShell
    ran: list[str] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def build(self, cells: Sequence[str]) -> PipelineVersion:
        """Build a notebook of these cells."""
        notebook = Notebook(self.workspace.project)
        for cell in cells:
            notebook.cell(cell)
        return self.workspace.pipelines.build(notebook.save("n.ipynb")).version

    def run(self, version: PipelineVersion, policy: CachePolicy | None = None) -> Outputs | None:
        """What each cell that ran or was taken left; ``None`` if one failed."""
        policy = policy or CachePolicy()
        planner = self.workspace.plans.planner(version, {}, policy=policy)
        shell, recorder = self._recorded(version)
        random.seed()  # as the generators of a new kernel are
        np.random.seed()  # noqa: NPY002 (what notebooks use)
        self.ran, self.taken = [], []
        found: Outputs = []
        try:
            for position, cell in enumerate(version.spec.cells):
                told = planner.next(position)
                if told.execution is not None:
                    self.taken.append(told.execution.id)
                    found.append(_outputs(told.execution))
                    continue
                if told.skip:
                    found.append({})
                    continue
                loaded = self.workspace.values.load_all(told.needs or {})
                assert not loaded.missing
                shell.user_ns.update(loaded.values)
                states = self.workspace.values.load_all(told.random).values
                for name, code in told.binds.items():
                    shell.user_ns[name] = bound(shell, name, code)
                randomness.bring_back({name: state[name] for name, state in states.items()})
                recorder.forget()
                shell.run_cell(cell.source, store_history=True, cell_id=cell.cell_id)
                made = recorder.latest
                assert made is not None
                if made.record.status is not ExecutionStatus.OK:
                    return None
                planner.ran(position, made.record)
                self.ran.append(cell.step or f"cell {cell.index + 1}")
                found.append(_outputs(made))
        finally:
            recorder.detach()
        return found

    def succeed(self) -> None:
        """Close the latest run as one that reached its end."""
        runs = RunRecords(self.workspace.database)
        [run] = runs.newest(limit=1)
        self.workspace.plans.records.take(run.id, self.taken)
        runs.finish(run, status=RunStatus.SUCCEEDED, ended_at=NOON)

    def _recorded(self, version: PipelineVersion) -> tuple[InteractiveShell, Recorder]:
        shell = self.new_shell()
        shell.register_magic_function(lambda _: None, "line", "mlops")
        shell.showtraceback = lambda *_, **__: None
        run = RunRecords(self.workspace.database).start(
            version,
            parameters={},
            trigger="manual",
            author="tester",
            started_at=NOON,
            process=this_process(),
        )
        project = self.workspace.project
        recorder = Recorder(
            shell,
            session=Session(project=project, notebook="n.ipynb", path=None, run_id=run.id),
            ledger=lambda _: self.workspace.ledger,
            clock=self.workspace.clock,
            author="tester",
        )
        recorder.attach()
        return shell, recorder

    def states(self, version: PipelineVersion) -> dict[str, CellPlan]:
        """What the plan says of each step."""
        return {cell.title: cell.state for cell in self.workspace.plans.plan(version, {}).steps}


def _outputs(execution: Execution) -> dict[str, str | None]:
    return {value.name: value.fingerprint for value in execution.record.outputs}


@pytest.fixture
def project(mlops_workspace: Workspace, new_shell: MakeShell) -> Project:
    """An empty project."""
    return Project(mlops_workspace, new_shell)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an empty store, to be copied: making one takes longer."""
    folder = tmp_path_factory.mktemp("empty")
    workspace = Workspace(folder)
    assert workspace.pipelines.names() == []
    workspace.close()
    return folder


@pytest.fixture(scope="module")
def other_project(
    new_shell: MakeShell, empty_store: Path
) -> Callable[[], AbstractContextManager[Project]]:
    """Makes projects one after the other, as a test of many examples needs them."""

    @contextmanager
    def make() -> Iterator[Project]:
        with TemporaryDirectory() as folder:
            store = Path(folder) / "project"
            shutil.copytree(empty_store, store)
            workspace = Workspace(store, author="tester")
            try:
                yield Project(workspace, new_shell)
            finally:
                workspace.close()

    return make
