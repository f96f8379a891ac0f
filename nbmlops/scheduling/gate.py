"""What is decided about a claimed due time before a worker starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nbmlops.domain.clock import Clock
from nbmlops.domain.executions import Failure
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.schedules import Claim, FireStatus, Schedule
from nbmlops.errors import NotApprovedError
from nbmlops.governance import approvals
from nbmlops.scheduling.occasion import trigger_of
from nbmlops.scheduling.worker import verdict
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

ATTEMPTS = 3
"""How often a due time is tried whose worker ends without a result."""


class Versions(Protocol):
    """Knows the versions of pipelines, with the latest decision on each."""

    def versions(self, name: str) -> list[PipelineVersion]:
        """The versions of a pipeline."""


CloseLeft = Callable[[Run, Failure], object]
"""Closes a run that its worker has left open: as its folder says, else as lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a due time ends without a worker; ``pause`` says why its schedule must stop."""

    status: FireStatus
    note: str | None
    pause: str | None = None


class Gate:
    """Lets a claimed due time pass, or ends it.

    - closes what a vanished worker left open, as lost unless its folder says that it had ended;
    - ends what that worker had finished but not written into the ledger, and what somebody has
      cancelled;
    - gives up after `ATTEMPTS` lost workers;
    - keeps away what is paused, deleted or no longer approved, and what a later due time has
      overtaken where its schedule says so.
    """

    def __init__(
        self,
        *,
        records: ScheduleRecords,
        ledger: LedgerRecords,
        runs: RunRecords,
        versions: Versions,
        clock: Clock,
        close_left: CloseLeft | None = None,
        approval_required: bool = True,
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._runs = runs
        self._versions = versions
        self._clock = clock
        self._close_left = close_left or self._close_as_lost
        self._approval_required = approval_required

    def outcome(self, claim: Claim) -> Outcome | None:
        """How the due time ends now; ``None`` where a worker shall run it."""
        self._close_lost(claim)
        return (
            self._settled(claim)
            or _exhausted(claim)
            or self._stopped(claim.schedule)
            or self._overtaken(claim)
        )

    def _close_lost(self, claim: Claim) -> None:
        failure = Failure(kind="WorkerLost", message="The worker process of this run vanished.")
        # Due times of a schedule run one after the other, so an open run has lost its worker.
        # Those of a backfill, which say so, do not: only the run that this one has led to.
        for run in self._runs.left_open(trigger_of(claim.schedule.id), claim.fire.run_id):
            self._close_left(run, failure)

    def _close_as_lost(self, run: Run, failure: Failure) -> Run:
        at = self._clock()
        return self._runs.finish(run, status=RunStatus.LOST, ended_at=at, failure=failure)

    def _settled(self, claim: Claim) -> Outcome | None:
        run = self._runs.by_id(claim.fire.run_id) if claim.fire.run_id else None
        if run is None:
            return None
        # Who stops a scheduler wants its due times to go on; who cancels a run does not.
        ended = run.status in (RunStatus.SUCCEEDED, RunStatus.FAILED)
        if not ended and run.cancelled_by is None:
            return None
        status, note = verdict(run)
        return Outcome(status=status, note=note)

    def _overtaken(self, claim: Claim) -> Outcome | None:
        if claim.schedule.policies.overlap != "cancel" or not self._ledger.has_later(claim.fire.id):
            return None
        note = "Passed over: a later due time had come before it could run."
        return Outcome(status=FireStatus.SKIPPED, note=note)

    def _stopped(self, claimed: Schedule) -> Outcome | None:
        schedule = self._records.get(claimed.id)
        if schedule is None:
            return Outcome(status=FireStatus.SKIPPED, note="The schedule was deleted.")
        if schedule.paused:
            note = f"The schedule was paused: {schedule.pause_reason}"
            return Outcome(status=FireStatus.SKIPPED, note=note)
        try:
            check_approved(self._versions, schedule, required=self._approval_required)
        except NotApprovedError as error:
            note = f"Not run: {error.message}"
            return Outcome(status=FireStatus.SKIPPED, note=note, pause=error.message)
        return None


def check_approved(versions: Versions, schedule: Schedule, *, required: bool = True) -> None:
    """Make sure that what a schedule runs is still approved, or needs no approval.

    Raises:
        NotApprovedError: its version is not; says who withdrew the approval.
    """
    known = {version.id: version for version in versions.versions(schedule.pipeline)}
    version = known.get(schedule.version_id)
    name = f"{schedule.pipeline}@{schedule.version}"
    approvals.check_approved(version, name, required=required)


def _exhausted(claim: Claim) -> Outcome | None:
    if claim.fire.attempts < ATTEMPTS:
        return None
    last = claim.fire.note or "Its workers vanished together with their scheduler."
    note = f"Given up after {ATTEMPTS} attempts. {last}"
    return Outcome(status=FireStatus.FAILED, note=note)
