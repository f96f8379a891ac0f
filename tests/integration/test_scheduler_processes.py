"""Real schedulers and workers over a real catalog, some of them killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.approvals import Approval
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Fire, FireStatus, Schedule
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase

pytestmark = pytest.mark.slow

SCHEDULER = Path(__file__).parent / "scripts" / "scheduler_process.py"
EVERY_SECOND = "* * * * * *"


@dataclass
class Project:
    """A catalog, a log of effects and the schedulers at work."""

    folder: Path
    database: SqliteDatabase
    schedulers: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / "effects.log"

    @property
    def explained(self) -> str:
        """What schedulers and workers have written down."""
        path = self.log.with_suffix(".workers")
        return path.read_text() if path.exists() else ""

    @property
    def records(self) -> ScheduleRecords:
        return ScheduleRecords(self.database)

    @property
    def runs(self) -> RunRecords:
        return RunRecords(self.database)

    def schedule(self, cron: str, *, ago: float = 0, **parameters: Any) -> Schedule:
        """A schedule of an approved version, made some seconds ago."""
        now = datetime.now(UTC)
        pipelines = PipelineRecords(self.database)
        spec = PipelineSpec(
            name="flights",
            notebook="flights.ipynb",
            kernel="python3",
            digest="d1",
            cells=(),
            steps=(),
            edges=(),
        )
        version, _ = pipelines.add(
            spec, notebook_object="o1", environment=None, author="me", created_at=now
        )
        approval = Approval(
            decision="approved", digest="d1", author="me", comment="", decided_at=now
        )
        return self.records.create(
            pipelines.decide(version, approval),
            cron=cron,
            timezone="UTC",
            parameters=parameters,
            missed="all",
            author="me",
            created_at=now - timedelta(seconds=ago),
        )

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """A scheduler in a process of its own."""
        scheduler = subprocess.Popen(
            [
                sys.executable,
                str(SCHEDULER),
                str(self.folder / "catalog.sqlite"),
                str(self.log),
                *words,
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | variables,
        )
        self.schedulers.append(scheduler)
        return scheduler

    def kill(self, scheduler: subprocess.Popen[str]) -> None:
        """End a scheduler without a warning."""
        scheduler.kill()
        scheduler.communicate()
        self.schedulers.remove(scheduler)

    def stop(self, scheduler: subprocess.Popen[str]) -> str:
        """End a scheduler gracefully; what it printed."""
        scheduler.terminate()
        printed, _ = scheduler.communicate(timeout=20)
        assert scheduler.returncode == 0
        self.schedulers.remove(scheduler)
        return printed

    def effects(self, word: str) -> list[tuple[int, int]]:
        """Fire and process of each effect of that kind."""
        if not self.log.exists():
            return []
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [(int(fire), int(process)) for kind, fire, process in lines if kind == word]

    def fires(self, schedule: Schedule) -> list[Fire]:
        return self.records.fires(schedule.id, limit=1000)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project, whose schedulers are gone afterwards."""
    made = Project(tmp_path, SqliteDatabase(tmp_path / "catalog.sqlite"))
    yield made
    for scheduler in list(made.schedulers):
        made.kill(scheduler)
    made.database.close()


def _until(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def _minute_before(seconds: str) -> tuple[str, float]:
    """Seconds of the minute before this one, as cron, and how long ago it began."""
    now = datetime.now(UTC)
    minute = now.replace(second=0, microsecond=0) - timedelta(minutes=1)
    return f"{seconds} {minute.minute} {minute.hour} * * *", (now - minute).total_seconds() + 1


class Killer:
    """Kills schedulers and workers at random, but no due time's worker more than twice."""

    def __init__(self, project: Project, chance: random.Random) -> None:
        self._project = project
        self._chance = chance
        self._killed: Counter[int] = Counter()
        self._gone: set[int] = set()

    @property
    def kills(self) -> int:
        """How many workers were killed."""
        return self._killed.total()

    def strike(self) -> None:
        """Kill a scheduler and start another, or kill a worker."""
        if self._chance.random() < 0.4:
            self._project.kill(self._chance.choice(self._project.schedulers))
            self._project.start()
            return
        ended = {process for _, process in self._project.effects("done")} | self._gone
        at_work = [
            (fire, process)
            for fire, process in self._project.effects("started")
            if process not in ended and self._killed[fire] < 2
        ]
        if at_work:
            self._kill_worker(*self._chance.choice(at_work))

    def _kill_worker(self, fire: int, process: int) -> None:
        with self._project.log.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (fire, process) in self._project.effects("done"):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._killed[fire] += 1
        self._gone.add(process)


def test_random_kills_of_two_schedulers_and_their_workers_lose_and_double_nothing(
    project: Project,
) -> None:
    cron, ago = _minute_before("*/8")
    schedules = [project.schedule(cron, ago=ago) for _ in range(4)]
    due = {schedule.id: 8 for schedule in schedules}
    killer = Killer(project, random.Random(11))  # noqa: S311
    project.start()
    project.start()
    _until(lambda: len(project.effects("started")) > 1)

    def ended() -> int:
        fires = [fire for schedule in schedules for fire in project.fires(schedule)]
        return sum(fire.status.ended for fire in fires)

    for _ in range(12):
        time.sleep(0.3)
        killer.strike()
    _until(lambda: ended() == sum(due.values()))

    assert killer.kills, "no worker was killed"
    fires = [fire for schedule in schedules for fire in project.fires(schedule)]
    assert {fire.status for fire in fires} == {FireStatus.SUCCEEDED}
    assert Counter(fire.schedule_id for fire in fires) == due
    done = Counter(fire for fire, _ in project.effects("done"))
    assert done == {fire.id: 1 for fire in fires}
    runs = project.runs.newest(limit=1000)
    assert sum(run.status is RunStatus.SUCCEEDED for run in runs) == len(fires)
    assert {run.status for run in runs} == {RunStatus.SUCCEEDED, RunStatus.LOST}
    assert _in_order(project, schedules)


def _in_order(project: Project, schedules: list[Schedule]) -> bool:
    order = [fire for fire, _ in project.effects("done")]
    return all(
        [fire for fire in order if fire in ledger] == ledger
        for schedule in schedules
        if (ledger := [fire.id for fire in reversed(project.fires(schedule))])
    )


def test_a_killed_scheduler_leaves_its_worker_at_its_run(project: Project) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=2)
    first = project.start()
    _until(lambda: len(project.effects("started")) == 1)
    project.kill(first)
    second = project.start()
    _until(lambda: project.fires(schedule)[0].status.ended)
    project.stop(second)
    assert project.fires(schedule)[0].attempts == 1
    assert len(project.effects("started")) == 1
    assert len(project.effects("done")) == 1


def test_the_run_of_a_killed_worker_is_lost_and_its_due_time_runs_again(project: Project) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=1)
    scheduler = project.start()
    _until(lambda: len(project.effects("started")) == 1)
    os.kill(project.effects("started")[0][1], signal.SIGKILL)
    _until(lambda: project.fires(schedule)[0].status.ended)
    printed = project.stop(scheduler)
    assert project.fires(schedule)[0].attempts == 2
    statuses = [run.status for run in project.runs.newest()]
    assert statuses == [RunStatus.SUCCEEDED, RunStatus.LOST]
    assert "attempt 1 of 3: its worker was killed by SIGKILL during run flights#1" in printed


def test_a_worker_that_starts_for_longer_than_a_lease_lasts_runs_its_due_time_once(
    project: Project,
) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=0)
    scheduler = project.start("1", LEASE="2", STARTS_AFTER="25")
    printed, _ = scheduler.communicate(timeout=60)
    project.schedulers.clear()
    (fire,) = project.fires(schedule)
    assert (fire.status, fire.attempts) == (FireStatus.SUCCEEDED, 1)
    assert len(project.effects("done")) == 1
    assert "is still starting: lease kept for it" in printed
    assert "holds the lease" in project.explained
    assert "succeeded in 2" in project.explained


def test_a_worker_whose_scheduler_is_killed_while_it_starts_goes_on_if_nobody_took_over(
    project: Project,
) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=0)
    first = project.start(LEASE="1", STARTS_AFTER="5")
    _until(lambda: "attempt 1: worker" in project.explained)
    project.kill(first)
    _until(lambda: project.fires(schedule)[0].status is FireStatus.SUCCEEDED)
    assert project.fires(schedule)[0].attempts == 1
    assert len(project.effects("done")) == 1


def test_a_worker_whose_scheduler_is_killed_while_it_starts_leaves_if_another_took_over(
    project: Project,
) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=4)
    first = project.start(LEASE="1", STARTS_AFTER="5")
    _until(lambda: "attempt 1: worker" in project.explained)
    project.kill(first)
    second = project.start(LEASE="1")
    _until(lambda: project.fires(schedule)[0].status is FireStatus.SUCCEEDED)
    _until(lambda: "leaving, another process has taken it over" in project.explained)
    project.stop(second)
    assert project.fires(schedule)[0].attempts == 1
    assert len(project.effects("started")) == 1
    assert len(project.effects("done")) == 1


def test_a_stopped_scheduler_gives_back_what_does_not_end_in_time(project: Project) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=60)
    scheduler = project.start("0", "0.2")
    _until(lambda: len(project.effects("started")) == 1)
    project.stop(scheduler)
    given_back = project.fires(schedule)[0]
    assert (given_back.status, given_back.attempts) == (FireStatus.DUE, 0)
    assert project.effects("done") == []


def test_it_ends_with_its_last_run_and_not_at_the_next_due_time(project: Project) -> None:
    cron, ago = _minute_before("0")
    schedule = project.schedule(cron, ago=ago, seconds=0)
    project.start("1").communicate(timeout=20)
    project.schedulers.clear()
    assert [fire.status for fire in project.fires(schedule)] == [FireStatus.SUCCEEDED]


def test_due_times_are_met_and_told_line_by_line(project: Project) -> None:
    schedule = project.schedule(EVERY_SECOND, seconds=0)
    scheduler = project.start("2")
    printed, _ = scheduler.communicate(timeout=20)
    assert scheduler.returncode == 0
    project.schedulers.clear()
    ended = [fire for fire in project.fires(schedule) if fire.status is FireStatus.SUCCEEDED]
    assert len(ended) == 2
    lines = [line.split(" ", 1)[1] for line in printed.splitlines()]
    assert lines[0] == "flights@1 due"
    assert "flights@1 started run flights#1" in lines
    assert "flights@1 started run flights#2" in lines
    assert sum("flights@1 succeeded in" in line for line in lines) == 2
