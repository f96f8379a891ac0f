"""A scheduler over `fire_worker`: ``scheduler_process.py CATALOG LOG [MAX_FIRES] [GRACE]``.

The variable ``LEASE`` says how long a lease lasts, in seconds.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from nbmlops.scheduling.scheduler import Scheduler, stopped_by_signals
from nbmlops.store.catalog.ledger import LedgerRecords
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase

WORKER = Path(__file__).with_name("fire_worker.py")
LEASE = timedelta(seconds=float(os.environ.get("LEASE", "4")))


def main(catalog: str, log: str, max_fires: str = "0", grace: str = "10") -> None:
    """Print a line per event, until a signal comes or enough has been run."""
    database = SqliteDatabase(Path(catalog))
    scheduler = Scheduler(
        records=ScheduleRecords(database),
        ledger=LedgerRecords(database),
        runs=RunRecords(database),
        versions=PipelineRecords(database),
        changes=database.change_counter,
        ask_to_stop=lambda _run, _by: False,
        command=(sys.executable, str(WORKER), catalog, log),
        lease=LEASE,
        grace=timedelta(seconds=float(grace)),
        max_fires=int(max_fires) or None,
        log=Path(log).with_suffix(".workers"),
        on_event=lambda event: print(event.line, flush=True),
    )
    with stopped_by_signals(scheduler):
        scheduler.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
