"""The loop that fires schedules."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from nbmlops.domain.clock import Clock, system_clock
from nbmlops.domain.schedules import Claim, FireStatus, Schedule
from nbmlops.errors import NbmlopsError, StoreBusyError, StoreUnwritableError
from nbmlops.scheduling.agenda import Agenda
from nbmlops.scheduling.events import EventKind, Reporter, SchedulerEvent
from nbmlops.scheduling.following import Follower
from nbmlops.scheduling.gate import CloseLeft, Gate, Outcome, Versions
from nbmlops.scheduling.hindrance import Hindrance
from nbmlops.scheduling.journal import Journal
from nbmlops.scheduling.lease import LEASE
from nbmlops.scheduling.overlaps import AskToStop, Overlaps
from nbmlops.scheduling.triggers.happenings import Happenings
from nbmlops.scheduling.workers import Workers
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

GRACE = timedelta(seconds=10)
"""How long workers may go on when the scheduler stops."""

_POLL = 0.25
_AGAIN = timedelta(seconds=1)
_PASSING = (StoreBusyError, StoreUnwritableError)
"""What may pass by itself, or once somebody has freed the disk: a scheduler waits for it."""
_TERMINATION = timedelta(seconds=5)

STOPS_WITHIN = GRACE + _TERMINATION + timedelta(seconds=5)
"""How long a scheduler that is asked to stop may take, with time to write the ends down."""


class Scheduler:
    """Writes due times into the ledger, then has each run by a worker process.

    - Several schedulers may share a catalog: each due time is run by one of them.
    - Due times of one schedule run one after the other, in order; those of a backfill as many
      at once as it says. Of several that could run, the one of the highest priority is next.
    - A killed scheduler leaves its workers at their runs; the next one takes over what has no
      living worker.
    - It keeps the claim of a worker of its own that lives, however long that takes to begin.
    - It sleeps until the next due time, until a worker ends or until the catalog changes.

    Args:
        records: the ledger.
        ledger: what policies ask of it.
        runs: to close what vanished workers left open.
        versions: to ask, when a schedule fires, whether its version is still approved.
        changes: `Database.change_counter`.
        happenings: notices the events that schedules wait for; without it, clocks alone fire.
        ask_to_stop: how a run is cancelled that a later due time has overtaken.
        close_left: how a run is closed that its worker left open; by default, as lost.
        command: what runs a worker; see `worker_command`.
        nursery: what runs a process that forks workers; see `nursery_command`.
        workers: how many run at once. Those that a killed scheduler left behind are not counted.
        lease: how long a claim lasts that neither its worker nor its scheduler renews.
        grace: how long workers may go on when the scheduler stops.
        only: the id of a backfill to run alone, until nothing of it is left; it writes no due
            times of schedules then.
        max_fires: end after so many due times have been run; ``None`` goes on for ever.
        approval_required: whether only approved versions fire; see `SchedulePolicy`.
        log: the file that takes what happens, and what workers print.
        on_event: told what happens, in the thread of `run`.
    """

    def __init__(
        self,
        *,
        records: ScheduleRecords,
        ledger: LedgerRecords,
        runs: RunRecords,
        versions: Versions,
        changes: Callable[[], int],
        ask_to_stop: AskToStop,
        command: Sequence[str],
        close_left: CloseLeft | None = None,
        nursery: Sequence[str] | None = None,
        happenings: Happenings | None = None,
        clock: Clock = system_clock,
        workers: int = 2,
        lease: timedelta = LEASE,
        grace: timedelta = GRACE,
        only: int | None = None,
        max_fires: int | None = None,
        log: Path | None = None,
        approval_required: bool = True,
        on_event: Callable[[SchedulerEvent], None] | None = None,
    ) -> None:
        self._records = records
        self._agenda = Agenda(records)
        self._ledger = ledger
        self._gate = Gate(
            records=records,
            ledger=ledger,
            runs=runs,
            versions=versions,
            clock=clock,
            close_left=close_left,
            approval_required=approval_required,
        )
        self._changes = changes
        self._happenings = happenings
        self._clock = clock
        self._limit = workers
        self._lease = lease
        self._grace = grace
        self._only = only
        self._max_fires = max_fires
        self._workers = Workers(command, nursery=nursery, log=log)
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._reporter = Reporter(clock, on_event, Journal(log, who="scheduler", clock=clock))
        self._follower = Follower(
            records=records,
            runs=runs,
            reporter=self._reporter,
            clock=clock,
            lease=lease,
            log=log,
        )
        self._overlaps = Overlaps(
            ledger=ledger,
            records=records,
            runs=runs,
            ask_to_stop=ask_to_stop,
            reporter=self._reporter,
        )
        self._ended = 0
        self._stops = 0
        self._hindrance = Hindrance(self._reporter, clock)
        self._start_again_at = clock()
        self.turned_at = time.monotonic()

    def run(self) -> int:
        """Fire schedules until `stop` is called or ``max_fires`` have ended.

        Returns:
            How many due times have been run.
        """
        self._reporter.note(f"started, for {self._limit} workers at once")
        try:
            self._fire_until_done()
            if self._happenings is not None:
                self._happenings.close()
            self._wind_down()
        except NbmlopsError as error:
            self._reporter.note(f"broke off: {error}")
            raise
        finally:
            self._workers.close()
        self._reporter.note(f"stopped; due times that were run: {self._ended}")
        return self._ended

    def stop(self) -> None:
        """Claim nothing more and end, from any thread; called again, cut the grace short."""
        # A plain number: a signal handler must not touch a lock that its thread may hold.
        self._stops += 1

    def _fire_until_done(self) -> None:
        while not self._is_done():
            seen = self._changed()
            try:
                wake_at = self._step(self._clock())
            except _PASSING as error:
                self._hindrance.is_there(type(error).__name__, str(error))
                wake_at = self._clock() + _AGAIN
            else:
                if self._clock() >= self._start_again_at:
                    self._hindrance.is_over()
            if not self._is_done():
                self._wait(seen, wake_at)

    def _changed(self) -> int | None:
        """What differs once the catalog has changed; ``None`` while it does not answer."""
        try:
            return self._changes()
        except _PASSING:
            return None

    def _is_done(self) -> bool:
        if self._stops or (self._only is not None and self._nothing_left(self._only)):
            return True
        return self._max_fires is not None and self._ended >= self._max_fires

    def _nothing_left(self, backfill: int) -> bool:
        """Whether a backfill is done, or paused with nothing of it running here."""
        if self._workers.running:
            return False
        found = self._records.get(backfill)
        counts = self._ledger.counts([backfill]).get(backfill, {})
        left = counts.get(FireStatus.DUE, 0) + counts.get(FireStatus.CLAIMED, 0)
        return found is None or found.paused or not left

    def _step(self, now: datetime) -> datetime | None:
        """Do what can be done now.

        Returns:
            When something is due by the clock alone.
        """
        self._follow_workers()
        moments: list[datetime] = []
        if self._only is None:
            moments += [*self._fill_ledger(now), *self._take_events(now)]
        self._dispatch(now)
        self._overlaps.cancel_overtaken()
        self._tell_late(now)
        for moment in (self._records.next_lease_end(), self._ledger.next_deadline()):
            if moment is not None and moment > now:
                moments.append(moment)
        if self._workers.running:
            moments.append(now + self._lease / 4)
        if self._start_again_at > now:
            moments.append(self._start_again_at)
        return min(moments, default=None)

    def _wait(self, seen: int | None, wake_at: datetime | None) -> None:
        while not self._stops:
            self.turned_at = time.monotonic()
            left = (wake_at - self._clock()).total_seconds() if wake_at else _POLL
            if left <= 0 or self._workers.any_ended() or self._changed() != seen:
                return
            if self._happenings is not None and self._happenings.stirred():
                return
            if self._agenda.is_outdated:
                return
            self._workers.sleep(min(left, _POLL))

    def _fill_ledger(self, now: datetime) -> list[datetime]:
        """Write what has become due.

        Returns:
            When to look again by the clock.
        """
        entered = self._agenda.enter_due(now)
        for schedule, error in entered.broken:
            self._pause(schedule, str(error))
        self._reporter.tell_all_entered(entered.fires)
        return [entered.again_at] if entered.again_at is not None else []

    def _take_events(self, now: datetime) -> list[datetime]:
        """Write what events have made due.

        Returns:
            When to look again by the clock.
        """
        if self._happenings is None:
            return []
        taken = self._happenings.take(now)
        for schedule, error in taken.broken:
            self._pause(schedule, str(error))
        for schedule, fire in taken.fires:
            self._reporter.tell_entered(schedule, [fire])
        return [taken.again_at] if taken.again_at is not None else []

    def _tell_late(self, now: datetime) -> None:
        for fire_id in self._ledger.judge(now):
            fire = self._records.fire(fire_id)
            schedule = self._records.get(fire.schedule_id) if fire else None
            if fire is not None and schedule is not None:
                self._reporter.tell_late(schedule, fire)

    def _dispatch(self, now: datetime) -> None:
        until = now + self._lease
        while self._free() > 0 and not self._stops and now >= self._start_again_at:
            claim = self._records.claim_next(
                owner=self._owner, lease_until=until, now=now, schedule_id=self._only
            )
            if claim is None or not self._begin(claim, now):
                return

    def _free(self) -> int:
        running = len(self._workers.running)
        free = self._limit - running
        if self._max_fires is None:
            return free
        return min(free, self._max_fires - self._ended - running)

    def _begin(self, claim: Claim, now: datetime) -> bool:
        """Start a worker, or end the due time; ``False`` where no worker can be started now."""
        outcome = self._gate.outcome(claim)
        if outcome is not None:
            self._end(claim, outcome)
            return True
        try:
            worker = self._workers.start(claim, now)
        except OSError as error:
            self._give_back(claim)
            self._hindrance.is_there("process", f"No worker process can be started: {error}.")
            self._start_again_at = now + _AGAIN
            return False
        begun = f"attempt {claim.fire.attempts + 1}: worker {worker.process.pid} {worker.began}"
        self._reporter.note(begun, schedule=claim.schedule, fire=claim.fire)
        return True

    def _give_back(self, claim: Claim) -> None:
        self._records.release(claim.fire.id, claim.token, attempts=claim.fire.attempts)

    def _end(self, claim: Claim, outcome: Outcome) -> None:
        if claim.schedule.backfill and outcome.pause is not None:
            # Nothing else would ask for this time again: it waits until the backfill goes on.
            self._pause(claim.schedule, outcome.pause)
            self._give_back(claim)
            return
        status, note = outcome.status, outcome.note
        self._records.finish(claim.fire.id, claim.token, status, note)
        if outcome.pause is not None:
            self._pause(claim.schedule, outcome.pause)
        if outcome.status is FireStatus.SKIPPED:
            self._reporter.tell_skipped(claim.schedule, claim.fire, outcome.note)
            return
        self._ended += 1
        kind: EventKind = "succeeded" if outcome.status is FireStatus.SUCCEEDED else "failed"
        message = outcome.note or "had succeeded before its worker vanished"
        self._reporter.tell(kind, message, schedule=claim.schedule, fire=claim.fire)

    def _follow_workers(self, *, stopped: bool = False) -> None:
        for worker in list(self._workers.running):
            # Asked before the ledger is read: what a worker wrote last must be seen.
            has_ended = worker.ended
            self._follower.look(worker)
            if has_ended:
                self._ended += self._follower.close(worker, stopped=stopped)
                self._workers.forget(worker)

    def _wind_down(self) -> None:
        """Leave the workers the grace time, then stop them and give back what they had."""
        if not self._workers.running:
            return
        count, seconds = len(self._workers.running), self._grace.total_seconds()
        runs = "1 run has" if count == 1 else f"{count} runs have"
        self._reporter.tell("stopping", f"Stopping: {runs} {seconds:g} s to end; again to hurry.")
        self._await_workers(self._grace, lambda: self._stops > 1)
        self._workers.terminate()
        self._await_workers(_TERMINATION, lambda: False, stopped=True)
        self._workers.kill()
        with suppress(*_PASSING):
            self._follow_workers(stopped=True)

    def _await_workers(
        self, length: timedelta, is_enough: Callable[[], bool], *, stopped: bool = False
    ) -> None:
        until = time.monotonic() + length.total_seconds()
        while time.monotonic() < until and not is_enough() and self._workers.running:
            time.sleep(0.1)
            # A store that is busy now is asked again; what is never asked keeps its lease.
            with suppress(*_PASSING):
                self._follow_workers(stopped=stopped)

    def _pause(self, schedule: Schedule, reason: str) -> None:
        self._records.pause(schedule.id, reason)
        what = "backfill" if schedule.backfill else "schedule"
        message = f"{what} {schedule.id} paused: {reason}"
        self._reporter.tell("paused", message, schedule=schedule)


def worker_command(project: Path) -> tuple[str, ...]:
    """The command that runs one due time, to which ``--fire`` and ``--token`` are added."""
    return (sys.executable, "-m", "nbmlops", "--project", str(project), "scheduler-worker")


def nursery_command(project: Path) -> tuple[str, ...]:
    """The command that imports what workers need and forks them."""
    return (sys.executable, "-m", "nbmlops", "--project", str(project), "scheduler-nursery")


@contextmanager
def stopped_by_signals(scheduler: Scheduler) -> Iterator[None]:
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
