"""The loop that fires schedules."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from nbmlops.domain.clock import Clock, system_clock
from nbmlops.domain.schedules import Claim, Fire, FireStatus, Schedule
from nbmlops.errors import CronError, StoreBusyError
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.events import EventKind, SchedulerEvent
from nbmlops.scheduling.gate import Gate, Outcome, Versions
from nbmlops.scheduling.lease import LEASE
from nbmlops.scheduling.missed import Entry, entries
from nbmlops.scheduling.workers import Worker, Workers
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

GRACE = timedelta(seconds=10)
"""How long workers may go on when the scheduler stops."""

_POLL = 0.25
_AGAIN = timedelta(seconds=1)
_TERMINATION = timedelta(seconds=5)


class Scheduler:
    """Writes due times into the ledger, then has each run by a worker process.

    - Several schedulers may share a catalog: each due time is run by one of them.
    - Due times of one schedule run one after the other, in order.
    - A killed scheduler leaves its workers at their runs; the next one takes over what has no
      living worker.
    - It sleeps until the next due time, until a worker ends or until the catalog changes.

    Args:
        records: the ledger.
        runs: to close what vanished workers left open.
        versions: to ask, when a schedule fires, whether its version is still approved.
        changes: `Database.change_counter`.
        command: what runs a worker; see `worker_command`.
        workers: how many run at once. Those that a killed scheduler left behind are not counted.
        lease: how long a new worker has to begin.
        grace: how long workers may go on when the scheduler stops.
        max_fires: end after so many due times have been run; ``None`` goes on for ever.
        log: the file that takes what workers print.
        on_event: told what happens, in the thread of `run`.
    """

    def __init__(
        self,
        *,
        records: ScheduleRecords,
        runs: RunRecords,
        versions: Versions,
        changes: Callable[[], int],
        command: Sequence[str],
        clock: Clock = system_clock,
        workers: int = 2,
        lease: timedelta = LEASE,
        grace: timedelta = GRACE,
        max_fires: int | None = None,
        log: Path | None = None,
        on_event: Callable[[SchedulerEvent], None] | None = None,
    ) -> None:
        self._records = records
        self._runs = runs
        self._gate = Gate(records=records, runs=runs, versions=versions, clock=clock)
        self._changes = changes
        self._clock = clock
        self._limit = workers
        self._lease = lease
        self._grace = grace
        self._max_fires = max_fires
        self._on_event = on_event
        self._workers = Workers(command, log=log)
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._ended = 0
        self._stopping = threading.Event()
        self._hurried = threading.Event()

    def run(self) -> int:
        """Fire schedules until `stop` is called or ``max_fires`` have ended.

        Returns:
            How many due times have been run.
        """
        while not self._is_done():
            seen = self._changes()
            try:
                wake_at = self._step(self._clock())
            except StoreBusyError as error:
                self._tell("waiting", str(error))
                wake_at = self._clock() + _AGAIN
            self._wait(seen, wake_at)
        self._wind_down()
        return self._ended

    def stop(self) -> None:
        """Claim nothing more and end, from any thread; called again, cut the grace short."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    def _is_done(self) -> bool:
        if self._stopping.is_set():
            return True
        return self._max_fires is not None and self._ended >= self._max_fires

    def _step(self, now: datetime) -> datetime | None:
        """Do what can be done now.

        Returns:
            When something is due by the clock alone.
        """
        self._follow_workers()
        moments = self._fill_ledger(now)
        self._dispatch(now)
        lease_end = self._records.next_lease_end()
        if lease_end is not None and lease_end > now:
            moments.append(lease_end)
        return min(moments, default=None)

    def _wait(self, seen: int, wake_at: datetime | None) -> None:
        while not self._stopping.is_set():
            left = (wake_at - self._clock()).total_seconds() if wake_at else _POLL
            if left <= 0 or self._workers.any_ended() or self._changes() != seen:
                return
            self._stopping.wait(min(left, _POLL))

    def _fill_ledger(self, now: datetime) -> list[datetime]:
        """Write what has become due.

        Returns:
            The next due time of each schedule.
        """
        upcoming = []
        for schedule, horizon in self._records.horizons():
            try:
                trigger = CronTrigger(schedule.cron, schedule.timezone)
            except CronError as error:
                self._pause(schedule, str(error))
                continue
            for entry in entries(trigger, horizon, now, schedule.missed):
                self._open(schedule, entry)
            upcoming.append(trigger.next_after(now))
        return upcoming

    def _open(self, schedule: Schedule, entry: Entry) -> None:
        made = self._records.open_fires(
            schedule.id, entry.due_times, status=entry.status, note=entry.note
        )
        for fire in made:
            if fire.status is FireStatus.DUE:
                self._tell_of(schedule, fire, "due", "due")
            else:
                self._tell_of(schedule, fire, "skipped", _skipped(fire, fire.note))

    def _dispatch(self, now: datetime) -> None:
        for fire in self._records.claimable(now):
            if self._free() <= 0:
                return
            until = now + self._lease
            token = self._records.claim(fire, owner=self._owner, lease_until=until, now=now)
            claim = self._records.claimed(fire.id, token) if token is not None else None
            if claim is not None:
                self._begin(claim, now)

    def _free(self) -> int:
        running = len(self._workers.running)
        free = self._limit - running
        if self._max_fires is None:
            return free
        return min(free, self._max_fires - self._ended - running)

    def _begin(self, claim: Claim, now: datetime) -> None:
        outcome = self._gate.outcome(claim)
        if outcome is not None:
            self._end(claim, outcome)
            return
        try:
            self._workers.start(claim, now)
        except OSError as error:
            self._records.release(claim.fire.id, claim.token)
            self._tell("waiting", f"No worker process can be started: {error}.")

    def _end(self, claim: Claim, outcome: Outcome) -> None:
        self._records.finish(claim.fire.id, claim.token, outcome.status, outcome.note)
        if outcome.pause is not None:
            self._pause(claim.schedule, outcome.pause)
        if outcome.status is FireStatus.SKIPPED:
            self._tell_of(claim.schedule, claim.fire, "skipped", _skipped(claim.fire, outcome.note))
            return
        self._ended += 1
        kind: EventKind = "succeeded" if outcome.status is FireStatus.SUCCEEDED else "failed"
        self._tell_of(claim.schedule, claim.fire, kind, outcome.note or "had succeeded before")

    def _follow_workers(self) -> None:
        ended = self._workers.reap()
        for worker in [*ended, *self._workers.running]:
            self._tell_run(worker)
        for worker in ended:
            self._close(worker)

    def _tell_run(self, worker: Worker) -> None:
        fire = self._records.fire(worker.claim.fire.id)
        if worker.run or fire is None or fire.run_id is None or not _is_of(fire, worker):
            return
        if fire.run_id == worker.claim.fire.run_id:
            return
        worker.run = self._runs.references([fire.run_id])[fire.run_id]
        self._tell_of(
            worker.claim.schedule, fire, "started", f"started run {worker.run}", run=worker.run
        )

    def _close(self, worker: Worker) -> None:
        fire = self._records.fire(worker.claim.fire.id)
        if fire is None or not _is_of(fire, worker):
            return
        schedule = worker.claim.schedule
        if fire.status is FireStatus.CLAIMED:
            self._records.renew(fire.id, fire.token, self._clock())
            code = worker.process.returncode
            message = f"lost its worker (exit code {code}) on attempt {fire.attempts}"
            self._tell_of(schedule, fire, "lost", message, run=worker.run)
        if fire.status is FireStatus.SUCCEEDED:
            seconds = (self._clock() - worker.started_at).total_seconds()
            self._ended += 1
            message = f"succeeded in {seconds:.1f} s"
            self._tell_of(schedule, fire, "succeeded", message, run=worker.run)
        if fire.status is FireStatus.FAILED:
            self._ended += 1
            self._tell_of(schedule, fire, "failed", f"failed: {fire.note}", run=worker.run)

    def _wind_down(self) -> None:
        """Leave the workers the grace time, then stop them and give back what they had."""
        if not self._workers.running:
            return
        self._tell("stopping", f"Waiting for {len(self._workers.running)} running.")
        self._await_workers(self._grace, self._hurried)
        self._workers.terminate()
        self._await_workers(_TERMINATION, threading.Event())
        for worker in self._workers.running:
            worker.process.kill()
            worker.process.wait()
            self._records.release(worker.claim.fire.id, worker.claim.token)
        self._follow_workers()

    def _await_workers(self, time: timedelta, hurried: threading.Event) -> None:
        until = self._clock() + time
        while self._workers.running and self._clock() < until and not hurried.is_set():
            hurried.wait(0.1)
            self._follow_workers()

    def _pause(self, schedule: Schedule, reason: str) -> None:
        self._records.pause(schedule.id, reason)
        self._tell("paused", f"schedule {schedule.id} paused: {reason}", subject=_name(schedule))

    def _tell_of(
        self, schedule: Schedule, fire: Fire, kind: EventKind, message: str, run: str | None = None
    ) -> None:
        self._tell(kind, message, subject=_name(schedule), due_at=fire.due_at, run=run)

    def _tell(
        self,
        kind: EventKind,
        message: str,
        *,
        subject: str = "",
        due_at: datetime | None = None,
        run: str | None = None,
    ) -> None:
        if self._on_event is not None:
            self._on_event(
                SchedulerEvent(
                    at=self._clock(),
                    kind=kind,
                    message=message,
                    subject=subject,
                    due_at=due_at,
                    run=run,
                )
            )


@contextmanager
def stopping_on_signals(scheduler: Scheduler) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop a scheduler gracefully; only in the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        scheduler.stop()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _is_of(fire: Fire, worker: Worker) -> bool:
    return fire.token == worker.claim.token


def _name(schedule: Schedule) -> str:
    return f"{schedule.pipeline}@{schedule.version}"


def _skipped(fire: Fire, note: str | None) -> str:
    return f"skipped {fire.due_at.astimezone():%Y-%m-%d %H:%M}: {note}"
