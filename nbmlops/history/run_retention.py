"""Remove the files of old runs, as their schedules say."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Schedule
from nbmlops.store.catalog.run_retention import OldRun, RunRetentionRecords

SWEEP_EVERY = 24 * 3600.0
"""Seconds after which schedulers free the space of what was removed since; ``gc`` does at once."""


class RunRetentionService:
    """Keeps to ``--keep`` and ``--keep-for`` of schedules.

    Of an old run the report, the executed notebook, its log and what it displayed go. The run
    itself stays, with its parameters, metrics and failure, and so does the row of the ledger.

    Args:
        store: where the folders of runs are.
        records: finds what is old.
        sweep: frees the space of what no record names any more.
        clock: gives the present.
    """

    def __init__(
        self,
        *,
        store: Path,
        records: RunRetentionRecords,
        sweep: Callable[[], object],
        clock: Clock,
    ) -> None:
        self._store = store
        self._records = records
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

        The space that runs share with others is freed once a day.

        Raises:
            StoreError: the store cannot be written.
        """
        found = self.old(schedule)
        self.remove(found)
        if found and self._is_time_to_sweep():
            self._sweep()
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

    def folder(self, run: OldRun) -> Path:
        """Where the files of a run are."""
        return self._store / "runs" / run.pipeline / str(run.number)

    def removed(self, run_ids: Sequence[int]) -> set[int]:
        """Of which of these runs the files were removed."""
        return self._records.removed(run_ids)

    def _is_time_to_sweep(self) -> bool:
        mark = self._store / "swept"
        with suppress(OSError):
            if mark.exists() and time.time() - mark.stat().st_mtime < SWEEP_EVERY:
                return False
            mark.touch()
            return True
        return False
