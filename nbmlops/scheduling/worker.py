"""Run one claimed due time in a process of its own."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any, Protocol

from nbmlops.domain.clock import Clock
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.rules import RunRules, back_off
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Claim, FireStatus
from nbmlops.durations import as_written
from nbmlops.errors import ClusterAwayError, NbmlopsError
from nbmlops.scheduling.events import due_facts, due_name
from nbmlops.scheduling.journal import Journal
from nbmlops.scheduling.lease import LEASE, Lease
from nbmlops.scheduling.occasion import occasion_of, started_by
from nbmlops.store.catalog.schedules import ScheduleRecords

_NOTE_LENGTH = 300
_OVERTAKEN = "a later due time of schedule"
_NOTHING_SAID = RunRules()


class RunPipeline(Protocol):
    """Runs a pipeline version once and closes the run, whatever happens."""

    def __call__(
        self,
        *,
        version_id: int,
        parameters: dict[str, Any],
        trigger: str,
        occasion: Occasion,
        on_started: Callable[[Run], None],
        rules: RunRules,
        parallel: int | None,
        on: str | None,
        memory: int | None,
        cpus: int | None,
    ) -> Run:
        """Run it; ``on_started`` is called with the open run before any work is done.

        A ``KeyboardInterrupt`` asks to stop: it closes the run, and is raised again or answered
        with a run that is ``CANCELLED``.
        """


def run_fire(
    records: ScheduleRecords,
    fire_id: int,
    token: int,
    *,
    run_pipeline: RunPipeline,
    clock: Clock,
    journal: Journal,
    lease: timedelta = LEASE,
    defaults: RunRules = _NOTHING_SAID,
) -> FireStatus | None:
    """Run a claimed due time, renewing its lease, and write how it ended.

    The lease is taken over before anything else: ``run_pipeline`` should import what it needs
    when it is called, for that may take longer than a lease lasts.

    SIGTERM stops the run and gives the due time back; so does the loss of the lease, which
    another process has by then.

    A cluster that is away is asked again as often as the rules let a step be tried again, with
    their pauses; ``defaults`` hold where the schedule says nothing.

    Returns:
        How it ended; ``None`` where this process had to leave it to another.
    """

    def stop() -> None:
        journal.write(f"due time {fire_id}: stopping, another process has taken it over")
        os.kill(os.getpid(), signal.SIGTERM)

    keeper = Lease(records, fire_id, token, clock=clock, length=lease, on_lost=stop)
    claim = records.claimed(fire_id, token) if keeper.begin() else None
    if claim is None:
        journal.write(f"due time {fire_id}: leaving, another process has taken it over")
        return None
    begun: list[Run] = []
    once = partial(_run, records, claim, run_pipeline, begun)
    run = partial(_patiently, once, claim, journal, defaults)
    status = _hold(records, claim, keeper, run, journal)
    said = status or "left to the next worker"
    _note(journal, claim, said, **({"run_id": begun[-1].id} if begun else {}))
    return status


def _hold(
    records: ScheduleRecords,
    claim: Claim,
    keeper: Lease,
    run_pipeline: Callable[[], Run],
    journal: Journal,
) -> FireStatus | None:
    """Run the due time while its lease is kept."""
    fire_id, token = claim.fire.id, claim.token
    try:
        with keeper, _stoppable() as stopping:
            _note(journal, claim, "holds the lease")
            run = run_pipeline()
        if run.status is RunStatus.CANCELLED and stopping.is_set():
            raise KeyboardInterrupt  # noqa: TRY301 (a run may swallow what stopped it)
    except KeyboardInterrupt:
        records.release(fire_id, token, attempts=claim.fire.attempts - 1)
        return None
    except NbmlopsError as error:
        return _finish(records, claim, FireStatus.FAILED, str(error))
    except Exception as error:
        # The edge of this process: the ledger hears of it, the traceback goes to the log.
        _finish(records, claim, FireStatus.FAILED, f"{type(error).__name__}: {error}")
        raise
    return _finish(records, claim, *verdict(run))


def _note(journal: Journal, claim: Claim, message: str, **more: Any) -> None:
    """Write a line about the due time; which run it leads to, the scheduler writes."""
    about = claim.schedule, claim.fire
    journal.write(f"{due_name(*about)}: {message}", **(due_facts(*about) | more))


def overtaken_by(schedule_id: int) -> str:
    """On whose behalf a run is cancelled that has to make room for the next one."""
    return f"{_OVERTAKEN} {schedule_id}"


def verdict(run: Run) -> tuple[FireStatus, str | None]:
    """How a closed run ends its due time, with the failure in one sentence.

    What had to make room for a later due time has not failed: it is skipped.
    """
    if run.status is RunStatus.SUCCEEDED:
        return FireStatus.SUCCEEDED, None
    by, stopped = run.cancelled_by, run.status in (RunStatus.CANCELLED, RunStatus.LOST)
    if stopped and by is not None and by.startswith(_OVERTAKEN):
        return FireStatus.SKIPPED, f"{run.reference} was cancelled by {by}."
    failure = run.failure
    if stopped and by is not None and (failure is None or run.status is RunStatus.LOST):
        return FireStatus.FAILED, f"{run.reference} was cancelled by {by}."
    if failure is None:
        return FireStatus.FAILED, f"{run.reference} was {run.status}."
    if run.status is RunStatus.CANCELLED:
        return FireStatus.FAILED, f"{run.reference} was {failure.message}."
    where = f" in step {failure.step!r}" if failure.step else ""
    line = f", line {failure.line}" if failure.line else ""
    return FireStatus.FAILED, f"{run.reference} failed{where}{line}: {_reason(run)}"


def _reason(run: Run) -> str:
    failure = run.failure
    return f"{failure.kind}: {failure.message}" if failure else ""


def _patiently(once: Callable[[], Run], claim: Claim, journal: Journal, defaults: RunRules) -> Run:
    """Run it; while its cluster is away, wait as before a further attempt at a step."""
    rules = claim.schedule.rules.over(defaults)
    until = time.monotonic() + (math.inf if rules.timeout is None else rules.timeout)
    failures = 0
    while True:
        try:
            return once()
        except ClusterAwayError as error:
            failures += 1
            pause = back_off(rules.retry_delay, failures)
            if failures > (rules.retries or 0) or time.monotonic() + pause > until:
                raise
            again = f"tried again in {as_written(pause)}" if pause else "tried again"
            _note(journal, claim, f"{error.message} It is {again}.")
            time.sleep(pause)


def _run(
    records: ScheduleRecords, claim: Claim, run_pipeline: RunPipeline, begun: list[Run]
) -> Run:
    """Run it; the run is added to what has begun as soon as it is open."""

    def attach(run: Run) -> None:
        begun.append(run)
        if not records.attach_run(claim.fire.id, claim.token, run.id):
            raise KeyboardInterrupt

    return run_pipeline(
        version_id=claim.schedule.version_id,
        parameters=claim.parameters,
        trigger=started_by(claim.schedule),
        occasion=occasion_of(claim.schedule, claim.fire),
        on_started=attach,
        rules=claim.schedule.rules,
        parallel=claim.schedule.policies.kernels,
        on=claim.schedule.policies.engine,
        memory=claim.schedule.policies.memory,
        cpus=claim.schedule.policies.cpus,
    )


def _finish(
    records: ScheduleRecords, claim: Claim, status: FireStatus, note: str | None
) -> FireStatus | None:
    first_line = (note or "").strip().partition("\n")[0][:_NOTE_LENGTH]
    written = records.finish(claim.fire.id, claim.token, status, first_line or None)
    return status if written else None


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Turn SIGTERM into ``KeyboardInterrupt``, which kernels and papermill understand."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        signal.default_int_handler(number, frame)

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield stopping
    finally:
        signal.signal(signal.SIGTERM, previous)
