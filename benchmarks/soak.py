"""Schedulers that are killed at random: what is lost, what is doubled, and how soon it goes on.

``python -m benchmarks.soak --due 10000 --seconds 600`` runs it alone, with as many due times as
fit into the time.
"""

from __future__ import annotations

import argparse
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
from typing import NamedTuple

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.schedules import approved_pipeline, schedule
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.schedules import FireStatus, Policies
from nbmlops.scheduling.lease import LEASE
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.workspace import Workspace

SCHEDULERS = 4
_WORKERS = 2
_A_MINUTE = 60
"""Due times of one schedule, of which those of a minute are due."""
_AT_ONCE = 16
"""Schedules whose due times wait at the same time."""
_BETWEEN_KILLS = 40
"""Attempts, on average, of which the last is cut or loses its scheduler."""
_LONGEST = 900
_PATIENCE = 120


class Line(NamedTuple):
    """What a worker has said: ``begun`` or ``done``, of which due time, in which process, when."""

    word: str
    due: tuple[int, str]
    process: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What came of it, as the observer has counted it."""

    due: int
    lost: int
    doubled: int
    foreign: int
    scheduler_kills: int
    worker_kills: int
    seconds: float
    recoveries: tuple[float, ...]

    @property
    def line(self) -> str:
        """Everything, in a sentence."""
        return (
            f"{self.due:,} due times by {SCHEDULERS} schedulers, of which {self.scheduler_kills} "
            f"were killed, and {self.worker_kills} workers: {self.lost} lost, {self.doubled} "
            f"doubled, {self.foreign} never asked for"
        )


@dataclass
class Field:
    """Schedulers over a catalog, and what their workers have said so far.

    ``begun`` counts the attempts, ``done`` those that ended of each schedule; ``ended`` are the
    processes of the latter.
    """

    workspace: Workspace
    version: PipelineVersion
    work: float
    schedulers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    said: list[Line] = field(default_factory=list)
    expected: set[tuple[int, str]] = field(default_factory=set)
    begun: int = 0
    done: Counter[int] = field(default_factory=Counter)
    ended: set[int] = field(default_factory=set)
    _read: int = 0

    @property
    def folder(self) -> Path:
        """Where the schedulers and workers write."""
        return self.workspace.project

    @property
    def records(self) -> ScheduleRecords:
        """The ledger."""
        return ScheduleRecords(self.workspace.database)

    def start(self) -> None:
        """One more scheduler, in a process of its own."""
        words = (self.workspace.catalog, self.folder, str(self.work))
        command = [sys.executable, "-m", "benchmarks.soak", "--drive", *map(str, words)]
        root = Path(__file__).parent.parent
        with (self.folder / "printed").open("ab") as printed:
            started = subprocess.Popen(command, cwd=root, stdout=printed, stderr=printed)
        self.schedulers.append(started)

    def plan(self, seconds: int = _A_MINUTE) -> int:
        """A schedule whose due times are the seconds of the minute before this one."""
        now = datetime.now(UTC)
        minute = now.replace(second=0, microsecond=0) - timedelta(minutes=1)
        cron = f"0-{seconds - 1} {minute.minute} {minute.hour} * * *"
        before = minute - timedelta(seconds=1)
        made = schedule(self.records, self.version, before, cron=cron, policies=Policies())
        moments = (minute + timedelta(seconds=second) for second in range(seconds))
        self.expected |= {(made, f"{moment:%Y-%m-%dT%H:%M:%S}") for moment in moments}
        return made

    def observe(self) -> list[Line]:
        """Read what was said since: whole lines, for one may just be written."""
        path = self.folder / "observed"
        if path.exists():
            with path.open("rb") as observed:
                observed.seek(self._read)
                told, ends, _ = observed.read().rpartition(b"\n")
            self._read += len(told + ends)
            for line in told.decode().splitlines():
                word, number, due_at, process, at = line.split()
                self._hear(Line(word, (int(number), due_at), int(process), float(at)))
        return self.said

    def _hear(self, line: Line) -> None:
        self.said.append(line)
        if line.word == "begun":
            self.begun += 1
        else:
            self.done[line.due[0]] += 1
            self.ended.add(line.process)

    def kill(self, scheduler: subprocess.Popen[bytes]) -> None:
        """End a scheduler without a warning; its workers go on."""
        scheduler.kill()
        scheduler.wait()
        self.schedulers.remove(scheduler)

    def kill_worker(self, line: Line) -> bool:
        """End a worker without a warning, unless it is done."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.observe()
            if line.process in self.ended:
                return False
            with contextlib.suppress(ProcessLookupError):
                os.kill(line.process, signal.SIGKILL)
                return True
        return False

    def close(self) -> None:
        """End what is left."""
        for scheduler in list(self.schedulers):
            self.kill(scheduler)
        for line in list(self.observe()):
            if line.process not in self.ended:
                self.kill_worker(line)


def measure(effort: Effort) -> Iterator[Comparison]:
    """The soak, for as long as a benchmark may take, and how long each recovery took."""
    found = soak(
        due=effort.times(10_000, 96), seconds=effort.times(_LONGEST, 60), rounds=effort.times(5, 1)
    )
    assert not found.lost, found.line
    assert not found.doubled, found.line
    both, alone = found.recoveries[::2], found.recoveries[1::2]
    yield Comparison(
        title="From SIGKILL to the next attempt",
        figures=(
            Figure(name="scheduler and worker killed", wall=both),
            Figure(name="worker killed", wall=alone),
        ),
        note=f"beside it {found.line}, in {found.seconds:.0f} s",
        key="soak",
    )


def soak(*, due: int, seconds: float, rounds: int, seed: int = 11) -> Soaked:
    """Kill schedulers and workers at random, then see what the observer has counted.

    Args:
        due: how many due times there are to be.
        seconds: when to add no more of them.
        rounds: how often each recovery is measured.
        seed: of what is killed when.
    """
    recoveries = tuple(_recoveries(rounds))
    began = time.monotonic()
    with _field(work=0.02) as at_work:
        chance = random.Random(seed)  # noqa: S311
        killer = _Killer(at_work, chance, every=min(_BETWEEN_KILLS, due / 8))
        _feed(at_work, due, began + seconds, killer)
        told = Counter(line.due for line in at_work.observe() if line.word == "done")
        return Soaked(
            due=len(at_work.expected),
            lost=len(at_work.expected - set(told)),
            doubled=sum(count - 1 for count in told.values()),
            foreign=len(set(told) - at_work.expected),
            scheduler_kills=killer.schedulers,
            worker_kills=killer.workers,
            seconds=time.monotonic() - began,
            recoveries=recoveries,
        )


class _Killer:
    """Kills a scheduler or a worker now and then, but no due time's worker twice.

    It goes by what has been begun, not by the clock: however fast the work is, some of it is cut.

    Args:
        at_work: whom to kill.
        chance: whether scheduler or worker, and when.
        every: the mean number of attempts from one kill to the next.
    """

    def __init__(self, at_work: Field, chance: random.Random, every: float) -> None:
        self._field = at_work
        self._chance = chance
        self._every = every
        self._struck: set[tuple[int, str]] = set()
        self._next = every
        self._worker_next = True
        self.schedulers = self.workers = 0

    def strike(self) -> None:
        """Kill one, if it is time."""
        self._field.observe()
        begun = self._field.begun
        if begun < self._next or not (self._worker() if self._worker_next else self._scheduler()):
            return
        self._next = begun + self._every * self._chance.uniform(0.3, 1.7)
        each_once = self.schedulers and self.workers
        self._worker_next = self._chance.random() < 0.5 if each_once else not self._worker_next

    def _scheduler(self) -> bool:
        self._field.kill(self._chance.choice(self._field.schedulers))
        self._field.start()
        self.schedulers += 1
        return True

    def _worker(self) -> bool:
        """Whether one was at work, so that it could be killed."""
        self._field.observe()
        at_work = [
            line
            for line in self._field.said[-8 * _WORKERS * SCHEDULERS :]
            if line.process not in self._field.ended and line.due not in self._struck
        ]
        if not at_work or not self._field.kill_worker(line := self._chance.choice(at_work)):
            return False
        self._struck.add(line.due)
        self.workers += 1
        return True


def _feed(at_work: Field, due: int, until: float, killer: _Killer) -> None:
    """Keep due times waiting until there were enough, and wait for the last."""
    size, waiting = min(_A_MINUTE, max(1, due // _AT_ONCE)), dict[int, int]()
    quiet_since, seen = time.monotonic(), 0
    while waiting or len(at_work.expected) < due:
        time.sleep(0.02)
        killer.strike()
        at_work.observe()
        for number, count in list(waiting.items()):
            if at_work.done[number] >= count:
                at_work.records.delete(number)  # whoever looks for what is due passes it over
                del waiting[number]
        while len(waiting) < _AT_ONCE and len(at_work.expected) < due:
            waiting[at_work.plan(size)] = size
        if time.monotonic() > until:
            due = len(at_work.expected)
        if len(at_work.said) > seen:
            quiet_since, seen = time.monotonic(), len(at_work.said)
        if time.monotonic() - quiet_since > _PATIENCE:
            return  # what has not come by now is lost


def _recoveries(rounds: int) -> Iterator[float]:
    """Seconds to the next attempt, in turns: scheduler and worker killed, the worker alone."""
    for _ in range(rounds):
        for with_scheduler in (True, False):
            with _field(work=_PATIENCE) as at_work:
                yield _recovery(at_work, with_scheduler=with_scheduler)


def _recovery(at_work: Field, *, with_scheduler: bool) -> float:
    at_work.plan(1)
    first = _until(lambda: next(iter(at_work.observe()), None))
    fire = at_work.records.fires(first.due[0])[0]
    assert fire.status is FireStatus.CLAIMED
    owner = int((fire.owner or "").rpartition(":")[2])
    killed = time.time()
    if with_scheduler:
        at_work.kill(next(one for one in at_work.schedulers if one.pid == owner))
    os.kill(first.process, signal.SIGKILL)
    second = _until(lambda: next(iter(at_work.observe()[1:]), None))
    assert second.due == first.due
    return second.at - killed


def _until(look: Callable[[], Line | None]) -> Line:
    end = time.monotonic() + _PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)
    return found


@contextlib.contextmanager
def _field(*, work: float) -> Iterator[Field]:
    with approved_pipeline() as (workspace, version):
        at_work = Field(workspace, version, work)
        try:
            for _ in range(SCHEDULERS):
                at_work.start()
            yield at_work
        finally:
            at_work.close()


def drive(catalog: str, folder: str, work: str) -> None:
    """One of the schedulers, in its process."""
    from nbmlops.scheduling.scheduler import Scheduler
    from nbmlops.store.catalog.ledger import LedgerRecords
    from nbmlops.store.catalog.pipelines import PipelineRecords
    from nbmlops.store.catalog.runs import RunRecords
    from nbmlops.store.catalog.sqlite import SqliteDatabase

    database = SqliteDatabase(Path(catalog), busy_timeout=1000 * _PATIENCE)
    worker = Path(__file__).with_name("soak_worker.py")
    Scheduler(
        records=ScheduleRecords(database),
        ledger=LedgerRecords(database),
        runs=RunRecords(database),
        versions=PipelineRecords(database),
        changes=database.change_counter,
        ask_to_stop=lambda *_: False,
        command=(sys.executable, "-I", "-S", str(worker), catalog, folder, work),
        workers=_WORKERS,
        lease=LEASE,
        log=Path(folder) / "scheduler.log",
    ).run()


def main() -> None:
    """Soak as long as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--due", type=int, default=10_000, help="how many due times")
    parser.add_argument("--seconds", type=float, default=600, help="when to add no more")
    parser.add_argument("--rounds", type=int, default=5, help="how often recoveries are measured")
    parser.add_argument("--drive", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        drive(*given.drive)
        return
    found = soak(due=given.due, seconds=given.seconds, rounds=given.rounds)
    print(f"{found.line}, in {found.seconds:.0f} s.")
    for name, some in (
        ("scheduler and worker", found.recoveries[::2]),
        ("worker", found.recoveries[1::2]),
    ):
        print(f"{name} killed, to the next attempt: " + ", ".join(f"{one:.1f} s" for one in some))
    if found.lost or found.doubled or found.foreign:
        sys.exit(1)


if __name__ == "__main__":
    main()
