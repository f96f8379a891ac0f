"""A worker whose pipeline appends to a file: ``fire_worker.py CATALOG LOG --fire ID --token T``.

Each run writes ``started FIRE PID`` and, when its work is done, ``done FIRE PID``. The lock is
held from that effect to its record in the catalog: what a run does to the world twice, when it
is killed between the two, is for the run to make harmless, so nobody kills it just there.

The variable ``LEASE`` says how long a lease lasts, ``STARTS_AFTER`` how long this process is
busy with starting before it takes the lease over, in seconds.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbmlops.domain.clock import system_clock
from nbmlops.domain.parameters import Occasion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.scheduling.journal import Journal
from nbmlops.scheduling.worker import run_fire
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase

PIPELINE = "flights"
LEASE = timedelta(seconds=float(os.environ.get("LEASE", "4")))
STARTS_AFTER = float(os.environ.get("STARTS_AFTER", "0"))


@contextmanager
def effect_lock(log: Path) -> Iterator[None]:
    """Exclude the killer from the moment between an effect and its record."""
    with log.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class FileAppender:
    """A `RunPipeline` that keeps real runs and works by appending to a file."""

    def __init__(self, database: SqliteDatabase, log: Path, fire_id: int) -> None:
        self._versions = PipelineRecords(database)
        self._runs = RunRecords(database)
        self._log = log
        self._fire_id = fire_id

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
        assert rules == RunRules()
        assert (parallel, on, memory, cpus) == (None,) * 4
        assert occasion.interval_start < occasion.logical_date == occasion.interval_end
        versions = {version.id: version for version in self._versions.versions(PIPELINE)}
        run = self._runs.start(
            versions[version_id],
            parameters=parameters,
            trigger=trigger,
            author="me",
            started_at=system_clock(),
            process=ProcessIdentity(host="here", process=os.getpid(), started_at=None),
        )
        on_started(run)
        self._write("started")
        time.sleep(parameters.get("seconds", random.uniform(0, 0.3)))  # noqa: S311
        with effect_lock(self._log):
            self._write("done")
            return self._runs.finish(run, status=RunStatus.SUCCEEDED, ended_at=system_clock())

    def _write(self, word: str) -> None:
        with self._log.open("a") as log:
            log.write(f"{word} {self._fire_id} {os.getpid()}\n")


def main() -> None:
    """Run one due time."""
    time.sleep(STARTS_AFTER)
    parser = argparse.ArgumentParser()
    parser.add_argument("catalog", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--fire", type=int)
    parser.add_argument("--token", type=int)
    given = parser.parse_args()
    database = SqliteDatabase(given.catalog)
    run_fire(
        ScheduleRecords(database),
        given.fire,
        given.token,
        run_pipeline=FileAppender(database, given.log, given.fire),
        clock=system_clock,
        journal=Journal(given.log.with_suffix(".workers"), who="worker"),
        lease=LEASE,
    )


if __name__ == "__main__":
    main()
