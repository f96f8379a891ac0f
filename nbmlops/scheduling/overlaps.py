"""Cancels the runs that a later due time of their schedule has overtaken."""

from __future__ import annotations

from collections.abc import Callable

from nbmlops.domain.runs import Run
from nbmlops.scheduling.events import Reporter
from nbmlops.scheduling.worker import overtaken_by
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

AskToStop = Callable[[Run, str], bool]
"""Asks the process that drives a run to stop it, on somebody's behalf; whether it was asked."""


class Overlaps:
    """Keeps the policy ``cancel``: the later due time is the one that counts.

    The run is cancelled as a person cancels one: its process closes it, and the record says for
    whom. It is asked once, whichever of several schedulers sees it first.
    """

    def __init__(
        self,
        *,
        ledger: LedgerRecords,
        records: ScheduleRecords,
        runs: RunRecords,
        ask_to_stop: AskToStop,
        reporter: Reporter,
    ) -> None:
        self._ledger = ledger
        self._records = records
        self._runs = runs
        self._ask_to_stop = ask_to_stop
        self._reporter = reporter

    def cancel_overtaken(self) -> None:
        """Ask each open run to stop behind which a due time waits that is to replace it."""
        overtaken = self._ledger.overtaken()
        numbers = {one.schedule_id for one in overtaken}
        asked = {number: self._records.get(number) for number in numbers}
        for found in overtaken:
            schedule = asked[found.schedule_id]
            if schedule is None or schedule.policies.overlap != "cancel":
                continue  # a run is looked at only for those: its record is large
            run = self._runs.by_id(found.run_id)
            if run is not None and self._ask_to_stop(run, overtaken_by(schedule.id)):
                message = f"a later due time has come: {run.reference} is asked to stop"
                self._reporter.tell("waiting", message, schedule=schedule, run=run.reference)
