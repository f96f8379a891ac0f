"""Claims, pretends to work, finishes, and notes each in a file: ``claimant.py CATALOG LOG``.

The catalog is a file, or the URL of a PostgreSQL database.
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbmlops.domain.schedules import Fire, FireStatus
from nbmlops.store.catalog.postgres import PostgresDatabase
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.store.catalog.sqlite import SqliteDatabase

LEASE = timedelta(seconds=1)


def main(catalog: str, log: Path) -> None:
    """Go on until nothing is open."""
    is_url = catalog.startswith("postgresql:")
    records = ScheduleRecords(
        PostgresDatabase(catalog) if is_url else SqliteDatabase(Path(catalog))
    )
    ledger = os.open(log, os.O_APPEND | os.O_WRONLY | os.O_CREAT)
    while records.next_lease_end() or records.claimable(datetime.now(UTC)):
        found = records.claimable(datetime.now(UTC))
        if found:
            _run(records, random.choice(found), ledger)  # noqa: S311
        time.sleep(0.01)


def _run(records: ScheduleRecords, fire: Fire, ledger: int) -> None:
    now = datetime.now(UTC)
    token = records.claim(fire, owner=str(os.getpid()), lease_until=now + LEASE, now=now)
    if token is None:
        return
    os.write(ledger, f"claimed {fire.id} {token}\n".encode())
    time.sleep(random.uniform(0, 0.03))  # noqa: S311
    if records.finish(fire.id, token, FireStatus.SUCCEEDED):
        os.write(ledger, f"finished {fire.id} {token}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
