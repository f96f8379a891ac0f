"""What holds of a worker that is a process of its own holds of one that is forked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Fire, FireStatus, Schedule
from nbmlops.scheduling.triggers.when import When
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only"),
]

NOTE = """
with open("effects", "a") as file:
    file.write({word!r} + f" {{number}}\\n")
"""
ENDINGS = {
    "slow": ("import time\ntime.sleep(60)", RunRules(timeout=2.0), "took longer than 2s"),
    "large": (
        "import time\nheld = bytearray(300_000_000)\ntime.sleep(60)",
        RunRules(),
        "out of memory: step large was over its limit of 200M",
    ),
    "stopped": ("import time\ntime.sleep(60)", RunRules(), "cancelled by"),
}


class Project:
    """A project in which schedules fire when they are asked to, and its schedulers."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder, author="tester")
        self.folder = folder
        self.records = ScheduleRecords(self.workspace.database)
        self.runs = RunRecords(self.workspace.database)
        self.schedulers: list[subprocess.Popen[bytes]] = []

    def schedule(self, notebook: Notebook, name: str, rules: RunRules | None = None) -> Schedule:
        """An approved pipeline that runs all its steps each time."""
        version = self.workspace.pipelines.build(notebook.save(f"{name}.ipynb")).version
        self.workspace.approvals.approve(version, comment="for the test")
        rules = (rules or RunRules()).over(RunRules(no_cache=True))
        return self.workspace.schedules.create(name, when=When(http=True), rules=rules)

    def start(self) -> subprocess.Popen[bytes]:
        """A scheduler in a process of its own."""
        words = [sys.executable, "-m", "nbmlops", "--project", str(self.folder), "scheduler"]
        with (self.folder / "printed").open("ab") as printed:
            warm = {"NBMLOPS_WARM_KERNELS": "1"}
            started = subprocess.Popen(words, stdout=printed, stderr=printed, env=os.environ | warm)
        self.schedulers.append(started)
        return started

    def kill(self) -> None:
        """End the schedulers without a warning."""
        for scheduler in self.schedulers:
            scheduler.kill()
            scheduler.wait()
        self.schedulers.clear()

    def warm_up(self, schedule: Schedule) -> None:
        """Make it due until its worker is forked."""
        for _ in range(20):
            fire = self.workspace.schedules.fire_now(schedule.id)
            until(lambda fire=fire: self.fire(fire).status.ended)  # type: ignore[misc]  # is bound
            if self.forked:
                return
        raise AssertionError(self.log)

    @property
    def log(self) -> str:
        """What schedulers and workers have written down."""
        return self.workspace.scheduler_log.read_text("utf-8")

    @property
    def forked(self) -> set[int]:
        """The workers that were forked."""
        return {int(one) for one in re.findall(r"worker (\d+) forked", self.log)}

    def fire(self, fire: Fire) -> Fire:
        """As it is now."""
        found = self.records.fire(fire.id)
        assert found is not None
        return found

    def at_work(self, *, but: int | None = None) -> tuple[Run, int]:
        """The run whose first cell has run, and the worker that drives it."""
        found: list[tuple[Run, int]] = []

        def begun() -> bool:
            running = self.runs.open_processes()
            found[:] = [(run, one.process) for run, one in running if one.process != but]
            return bool(found) and self.effects("begun")[-1:] == [found[0][0].parameters["number"]]

        until(begun)
        return found[0]

    def effects(self, word: str) -> list[int]:
        """The numbers of the due times that have come so far."""
        path = self.folder / "effects"
        lines = path.read_text("utf-8").splitlines() if path.exists() else ()
        return [int(line.split()[1]) for line in lines if line.startswith(word)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """An empty project, whose schedulers are gone afterwards."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    made = Project(tmp_path)
    yield made
    made.kill()
    made.workspace.close()


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@contextmanager
def lost_within(project: Project, run: Run, seconds: float) -> Iterator[None]:
    """See that a run whose worker is killed here is closed as lost so soon."""
    began = datetime.now(UTC)
    yield
    until(lambda: project.runs.by_id(run.id).status is RunStatus.LOST)  # type: ignore[union-attr]
    closed = project.runs.by_id(run.id)
    assert closed is not None
    assert closed.ended_at is not None
    assert (closed.ended_at - began).total_seconds() < seconds


def test_killed_schedulers_and_forked_workers_lose_and_double_no_due_time(
    project: Project,
) -> None:
    """A worker, a scheduler and both are killed in mid-run; what was lost runs within a lease."""
    notebook = (
        Notebook(project.folder)
        .parameters(number=0, seconds=0.0)
        .step("begin", "import time" + NOTE.format(word="begun") + "time.sleep(seconds)")
        .step("end", NOTE.format(word="done"))
    )
    schedule = project.schedule(notebook, "tick")
    project.start()
    project.warm_up(schedule)
    fires = [
        project.workspace.schedules.fire_now(schedule.id, {"number": number, "seconds": 1.5})
        for number in range(1, 5)
    ]

    run, worker = project.at_work()
    assert worker in project.forked
    with lost_within(project, run, 2):
        os.kill(worker, signal.SIGKILL)

    run, worker = project.at_work(but=worker)
    project.kill()
    project.start()
    until(lambda: project.runs.by_id(run.id).status.ended)  # type: ignore[union-attr]
    assert worker in project.forked
    assert project.runs.by_id(run.id).status is RunStatus.SUCCEEDED  # type: ignore[union-attr]

    run, worker = project.at_work(but=worker)
    with lost_within(project, run, 10):
        project.kill()
        os.kill(worker, signal.SIGKILL)
        project.start()

    until(lambda: all(project.fire(fire).status.ended for fire in fires))
    ended = [project.fire(fire) for fire in fires]
    assert {fire.status for fire in ended} == {FireStatus.SUCCEEDED}
    assert sorted(fire.attempts for fire in ended) == [1, 1, 2, 2]
    done = Counter(number for number in project.effects("done") if number)
    assert done == dict.fromkeys(range(1, 5), 1)
    statuses = Counter(run.status for run in project.runs.newest(limit=100))
    assert statuses[RunStatus.LOST] == 2
    assert set(statuses) == {RunStatus.LOST, RunStatus.SUCCEEDED}


def test_timeout_memory_and_cancel_end_the_run_of_a_forked_worker(project: Project) -> None:
    """Each fails in words at its first attempt, and the next due time is run."""
    quick = project.schedule(Notebook(project.folder).step("quick", "x = 1"), "quick")
    made = {}
    for name, (code, rules, _) in ENDINGS.items():
        step = f"{name} --memory 200M" if name == "large" else name
        made[name] = project.schedule(Notebook(project.folder).step(step, code), name, rules)
    project.start()
    project.warm_up(quick)
    for name, (_, _, said) in ENDINGS.items():
        fire = project.workspace.schedules.fire_now(made[name].id)
        until(lambda: bool(project.runs.open_processes()))
        ((run, identity),) = project.runs.open_processes()
        assert identity.process in project.forked
        if name == "stopped":
            project.workspace.runs.cancel(run)
        until(lambda fire=fire: project.fire(fire).status.ended)  # type: ignore[misc]  # is bound
        ended = project.fire(fire)
        assert (ended.status, ended.attempts) == (FireStatus.FAILED, 1)
        assert said in (ended.note or "")
    project.warm_up(quick)
