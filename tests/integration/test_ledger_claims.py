"""Many processes at one ledger, some of them killed: each due time is run by one only."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

CLAIMANT = Path(__file__).parent / "scripts" / "claimant.py"
SCHEDULES = 10
DUE_TIMES = 12
PROCESSES = 8
KILLS = 6


def _fill(database: Database) -> list[int]:
    now = datetime.now(UTC)
    spec = PipelineSpec(
        name="p", notebook="p.ipynb", kernel="python3", digest="d", cells=(), steps=(), edges=()
    )
    version, _ = PipelineRecords(database).add(
        spec, notebook_object="o", environment=None, author="me", created_at=now
    )
    records = ScheduleRecords(database)
    due_times = [now - timedelta(minutes=minute) for minute in range(DUE_TIMES)]
    schedules = []
    for _ in range(SCHEDULES):
        schedule = records.create(
            version,
            cron="* * * * *",
            timezone="UTC",
            parameters={},
            missed="all",
            author="me",
            created_at=now,
        )
        records.open_fires(schedule.id, due_times)
        schedules.append(schedule.id)
    return schedules


@pytest.mark.slow
def test_eight_processes_of_which_some_are_killed_run_each_due_time_once(
    tmp_path: Path, catalog_place: Path | str, open_catalog: Callable[..., Database]
) -> None:
    database, log = open_catalog(), tmp_path / "log"
    schedules = _fill(database)
    chance = random.Random(7)  # noqa: S311

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(CLAIMANT), str(catalog_place), str(log)])

    claimants = [start() for _ in range(PROCESSES)]
    while not log.exists():
        time.sleep(0.01)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.02, 0.2))
        victim = claimants.pop(chance.randrange(PROCESSES))
        victim.kill()
        victim.wait()
        claimants.append(start())
    assert [claimant.wait(timeout=60) for claimant in claimants] == [0] * PROCESSES

    lines = Counter(log.read_text().splitlines())
    assert max(lines.values()) == 1, "two processes had the same token"
    finished = Counter(line.split()[1] for line in lines if line.startswith("finished"))
    assert max(finished.values()) == 1, "a due time ended twice"
    fires = [fire for id_ in schedules for fire in ScheduleRecords(database).fires(id_)]
    assert len(fires) == SCHEDULES * DUE_TIMES
    assert {fire.status for fire in fires} == {FireStatus.SUCCEEDED}
