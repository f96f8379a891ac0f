"""What the ledger says about a worker that a scheduler has started."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Fire, FireStatus
from nbmlops.scheduling.events import EventKind, Reporter
from nbmlops.scheduling.gate import ATTEMPTS
from nbmlops.scheduling.workers import Worker
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

BACK_OFF = timedelta(seconds=5)
"""How long to wait before a worker that could not begin is replaced; twice as long each time."""


class Follower:
    """Keeps the claims of living workers, and tells what they did.

    - A worker renews its own lease; while it cannot, because it is still starting or the
      machine is slow, this does: a living worker never loses its due time to its scheduler.
    - A worker that vanished in its run gives up its lease at once: nobody has to wait for it.
    - One that ended before its run began is tried again after `BACK_OFF`: what kept it from
      beginning may pass.

    Args:
        records: the ledger.
        runs: to name the runs that workers have opened.
        reporter: told what happens.
        clock: gives the present.
        lease: how long a worker may be silent.
        log: the file that takes what workers print, to say where to look.
    """

    def __init__(
        self,
        *,
        records: ScheduleRecords,
        runs: RunRecords,
        reporter: Reporter,
        clock: Clock,
        lease: timedelta,
        log: Path | None,
    ) -> None:
        self._records = records
        self._runs = runs
        self._reporter = reporter
        self._clock = clock
        self._lease = lease
        self._log = log

    def look(self, worker: Worker) -> None:
        """Renew the lease of a living worker where it has not, and tell of its run, once."""
        fire = self._fire(worker)
        if fire is None:
            return
        if fire.status is FireStatus.CLAIMED and not worker.ended:
            self._keep(worker, fire)
        if not worker.run and _has_begun(worker, fire):
            worker.run = self._runs.references([fire.run_id or 0])[fire.run_id or 0]
            self._tell("started", f"started run {worker.run}", worker, fire)

    def close(self, worker: Worker, *, stopped: bool) -> bool:
        """Tell how a worker has ended that is gone.

        Args:
            worker: its process has ended.
            stopped: whether it was asked to, so that ending without a word is no fault.

        Returns:
            Whether its due time has been run.
        """
        fire = self._fire(worker)
        if fire is None:
            self._reporter.note(
                f"worker {worker.process.pid} has left: another process has the due time",
                schedule=worker.claim.schedule,
                fire=worker.claim.fire,
            )
            return False
        if fire.status is FireStatus.CLAIMED and stopped:
            self._records.release(fire.id, fire.token, attempts=worker.claim.fire.attempts)
            self._reporter.note("given back", schedule=worker.claim.schedule, fire=fire)
        elif fire.status is FireStatus.CLAIMED:
            self._try_again(worker, fire)
        elif fire.status is FireStatus.SUCCEEDED:
            seconds = (self._clock() - worker.started_at).total_seconds()
            self._tell("succeeded", f"succeeded in {seconds:.1f} s", worker, fire)
        elif fire.status is FireStatus.FAILED:
            self._tell("failed", f"failed: {fire.note}", worker, fire)
        elif fire.status is FireStatus.SKIPPED:
            self._tell("skipped", f"cut short: {fire.note}", worker, fire)
        return fire.status in (FireStatus.SUCCEEDED, FireStatus.FAILED)

    def _keep(self, worker: Worker, fire: Fire) -> None:
        # A worker renews so often that three quarters of its lease are always left.
        now = self._clock()
        if fire.lease_until is not None and fire.lease_until - now > self._lease / 2:
            return
        kept = self._records.renew(fire.id, fire.token, now + self._lease)
        if kept and not worker.silent:
            worker.silent = True
            doing = "busy" if _has_begun(worker, fire) else "still starting"
            message = f"its worker (process {worker.process.pid}) is {doing}: lease kept for it"
            self._tell("waiting", message, worker, fire)

    def _try_again(self, worker: Worker, fire: Fire) -> None:
        attempt = worker.claim.fire.attempts + 1
        wait, last = timedelta(), attempt >= ATTEMPTS
        where = f"during run {worker.run}"
        if not _has_begun(worker, fire):
            wait = timedelta() if last else BACK_OFF * 2 ** (attempt - 1)
            where = f"before the run began{f': see {self._log}' if self._log else ''}"
        lost = f"its worker {_ending(worker.process.returncode)} {where}"
        note = f"Attempt {attempt}: {lost}."
        until = self._clock() + wait
        self._records.retry(fire.id, fire.token, until, note, attempts=attempt)
        soon = f"in {wait.total_seconds():g} s" if wait else "now"
        then = "" if last else f"; next attempt {soon}"
        self._tell("lost", f"attempt {attempt} of {ATTEMPTS}: {lost}{then}", worker, fire)

    def _fire(self, worker: Worker) -> Fire | None:
        """The row of the worker, unless another has taken over."""
        fire = self._records.fire(worker.claim.fire.id)
        return fire if fire is not None and fire.token == worker.claim.token else None

    def _tell(self, kind: EventKind, message: str, worker: Worker, fire: Fire) -> None:
        self._reporter.tell(
            kind, message, schedule=worker.claim.schedule, fire=fire, run=worker.run
        )


def _has_begun(worker: Worker, fire: Fire) -> bool:
    """Whether the worker has opened a run; an earlier attempt may have left one in the row."""
    return fire.run_id not in (None, worker.claim.fire.run_id)


def _ending(code: int | None) -> str:
    """How a process ended: ``ended with exit code 3``, or ``was killed by SIGKILL``."""
    if code is None or code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has no name
        return f"was killed by signal {-code}"
