"""Remove the files of old runs, and their due times, as their schedules say."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Schedule
from nbmlops.store.catalog.ledger_retention import AT_ONCE, LedgerRetentionRecords, OldRows
from nbmlops.store.catalog.run_retention import OldRun, RunRetentionRecords
from nbmlops.store.catalog.trace_retention import TraceRetentionRecords, Traces

SWEEP_EVERY = 24 * 3600.0
"""Seconds after which schedulers free the space of what was removed since; ``gc`` does at once."""

TOGETHER = 100
"""Due times that are removed together after a run: a transaction for each would cost too much."""


class RunRetentionService:
    """Keeps to ``--keep`` and ``--keep-for`` of schedules.

    Of an old run the report, the executed notebook, its log and what it displayed go, and then
    its due time's row in the ledger. The run itself stays, with its parameters, metrics and
    failure.

    Args:
        store: where the folders of runs are.
        records: finds what is old.
        ledger: finds which due times are.
        traces: finds what these have left elsewhere, and runs that nothing needs.
        sweep: frees the space of what no record names any more.
        clock: gives the present.
    """

    def __init__(
        self,
        *,
        store: Path,
        records: RunRetentionRecords,
        ledger: LedgerRetentionRecords,
        traces: TraceRetentionRecords,
        sweep: Callable[[], object],
        clock: Clock,
    ) -> None:
        self._store = store
        self._records = records
        self._ledger = ledger
        self._traces = traces
        self._sweep = sweep
        self._clock = clock

    def old(self, schedule: Schedule) -> list[OldRun]:
        """The runs of a schedule whose files are to go now; none where it keeps everything."""
        policies = schedule.policies
        if policies.keeps_all:
            return []
        length = policies.keep_for
        since = None if length is None else self._clock() - timedelta(seconds=length)
        trigger = f"schedule:{schedule.id}"
        return self._records.old(schedule.id, trigger, keep=policies.keep, since=since)

    def all_old(self) -> list[OldRun]:
        """Those of every schedule."""
        return [run for schedule in self._records.schedules() for run in self.old(schedule)]

    def keep_to(self, schedule: Schedule) -> list[OldRun]:
        """Remove what is old of a schedule; after each of its runs.

        The space that runs share with others is freed once a day, and what people were told of
        due times that have gone is removed then. Due times go `TOGETHER`.

        Returns:
            The runs whose files went.

        Raises:
            StoreError: the store cannot be written.
        """
        found = self.old(schedule)
        self.remove(found)
        if found and self._is_time_to_sweep():
            self._sweep()
            self.remove_traces()
        for old in self._old_rows([schedule]):
            self._ledger.remove(old, self._clock(), at_least=TOGETHER)
        return found

    def remove(self, runs: Sequence[OldRun]) -> None:
        """Remove the files of runs; a folder that cannot be removed now is left to ``fsck``.

        Raises:
            StoreError: the store cannot be written.
        """
        self._records.release(runs)
        for run in runs:
            with suppress(OSError):
                shutil.rmtree(self.folder(run))

    def count_due_times(self, younger_than: timedelta, *, going: Sequence[OldRun] = ()) -> int:
        """How many due times `remove_due_times` would remove.

        Args:
            younger_than: as there.
            going: the runs whose files would go before.
        """
        now, runs = self._clock(), {run.id for run in going}
        rows = [*self._old_rows(self._records.schedules()), *self._left(now - younger_than)]
        counted = sum(self._ledger.count(old, now, going=runs) for old in rows)
        return counted + self._ledger.put_away(now - younger_than, now)

    def remove_due_times(self, younger_than: timedelta) -> int:
        """Remove the due times that no schedule keeps, some at once, and say how many.

        Those are what is old by ``--keep`` and ``--keep-for``; and what deleted schedules, and
        jobs that were put away, have left, unless it is younger.

        Args:
            younger_than: how long what was left stays.

        Raises:
            StoreError: the store cannot be written.
        """
        now, removed = self._clock(), 0
        since = now - younger_than
        for old in [*self._old_rows(self._records.schedules()), *self._left(since)]:
            removed += _repeated(partial(self._ledger.remove, old, now))
        return removed + _repeated(partial(self._ledger.remove_put_away, since, now))

    def count_traces(self) -> Traces:
        """What `remove_traces` would remove, as long as no further due time goes."""
        return self._traces.count_traces(self._with_limits(), self._clock())

    def remove_traces(self) -> Traces:
        """Remove what people were told of due times that have gone, and the calls for them.

        Raises:
            StoreError: the store cannot be written.
        """
        return self._traces.remove_traces(self._with_limits(), self._clock())

    def forgettable(self, older_than: timedelta) -> list[OldRun]:
        """The runs of schedules that ended before, and that nothing needs; see `forget`."""
        return self._traces.old_runs(self._clock() - older_than)

    def forget(self, runs: Sequence[OldRun], older_than: timedelta) -> int:
        """Remove runs with all that was recorded in them, as far as nothing needs them still.

        Returns:
            How many went.

        Raises:
            StoreError: the store cannot be written.
        """
        gone = self._traces.forget(runs, self._clock() - older_than)
        for run in gone:
            with suppress(OSError):
                shutil.rmtree(self.folder(run))
        return len(gone)

    def _with_limits(self) -> list[int]:
        """The schedules that say how long they keep what they have run."""
        return [one.id for one in self._records.schedules() if not one.policies.keeps_all]

    def folder(self, run: OldRun) -> Path:
        """Where the files of a run are."""
        return self._store / "runs" / run.pipeline / str(run.number)

    def removed(self, run_ids: Sequence[int]) -> set[int]:
        """Of which of these runs the files were removed."""
        return self._records.removed(run_ids)

    def _old_rows(self, schedules: Sequence[Schedule]) -> Iterator[OldRows]:
        """What is old of schedules that say how long they keep it; of backfills nothing is."""
        now = self._clock()
        for schedule in schedules:
            policies = schedule.policies
            if policies.keeps_all or schedule.backfill:
                continue
            length = policies.keep_for
            yield OldRows(
                schedule_id=schedule.id,
                due_before=None if length is None else now - timedelta(seconds=length),
                keep=policies.keep or 1,
            )

    def _left(self, since: datetime) -> list[OldRows]:
        """What deleted schedules have left."""
        return [
            OldRows(schedule_id=number, due_before=since, keep=0)
            for number in self._ledger.deleted()
        ]

    def _is_time_to_sweep(self) -> bool:
        mark = self._store / "swept"
        with suppress(OSError):
            if mark.exists() and time.time() - mark.stat().st_mtime < SWEEP_EVERY:
                return False
            mark.touch()
            return True
        return False


def _repeated(remove: Callable[[], int]) -> int:
    """Remove batches until there is no more; others write in between."""
    removed = 0
    while batch := remove():
        removed += batch
        if batch < AT_ONCE:
            break
    return removed
