"""What the ledger says about a worker that a scheduler has started."""

from __future__ import annotations

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Fire, FireStatus
from nbmlops.scheduling.events import EventKind, Reporter
from nbmlops.scheduling.workers import Worker
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords


class Follower:
    """Tells when a worker has opened its run and how it ended.

    A worker that ended without a word gives up its lease at once: nobody has to wait for it.
    """

    def __init__(
        self, *, records: ScheduleRecords, runs: RunRecords, reporter: Reporter, clock: Clock
    ) -> None:
        self._records = records
        self._runs = runs
        self._reporter = reporter
        self._clock = clock

    def look(self, worker: Worker) -> None:
        """Tell of the worker's run, once."""
        fire = self._fire(worker)
        if worker.run or fire is None or fire.run_id in (None, worker.claim.fire.run_id):
            return
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
            return False
        if fire.status is FireStatus.CLAIMED and stopped:
            self._records.release(fire.id, fire.token)
        elif fire.status is FireStatus.CLAIMED:
            self._records.renew(fire.id, fire.token, self._clock())
            code = worker.process.returncode
            lost = f"lost its worker (exit code {code}) on attempt {fire.attempts}"
            self._tell("lost", lost, worker, fire)
        elif fire.status is FireStatus.SUCCEEDED:
            seconds = (self._clock() - worker.started_at).total_seconds()
            self._tell("succeeded", f"succeeded in {seconds:.1f} s", worker, fire)
        elif fire.status is FireStatus.FAILED:
            self._tell("failed", f"failed: {fire.note}", worker, fire)
        return fire.status in (FireStatus.SUCCEEDED, FireStatus.FAILED)

    def _fire(self, worker: Worker) -> Fire | None:
        """The row of the worker, unless another has taken over."""
        fire = self._records.fire(worker.claim.fire.id)
        return fire if fire is not None and fire.token == worker.claim.token else None

    def _tell(self, kind: EventKind, message: str, worker: Worker, fire: Fire) -> None:
        self._reporter.tell(
            kind, message, schedule=worker.claim.schedule, fire=fire, run=worker.run
        )
