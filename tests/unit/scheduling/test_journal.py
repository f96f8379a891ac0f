"""The log of schedulers and workers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from nbmlops.scheduling.journal import Journal

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOON


def test_a_line_says_when_which_process_and_what(tmp_path: Path) -> None:
    log = tmp_path / "scheduler.log"
    Journal(log, who="scheduler", clock=clock).write("started")
    Journal(log, who="worker", clock=clock).write("holds the lease")
    when = f"{NOON.astimezone():%Y-%m-%d %H:%M:%S%z}"
    assert log.read_text().splitlines() == [
        f"{when} scheduler[{os.getpid()}] started",
        f"{when} worker[{os.getpid()}] holds the lease",
    ]


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    Journal(tmp_path / "gone" / "scheduler.log", who="worker", clock=clock).write("began")
    Journal(None, who="worker", clock=clock).write("began")
    assert list(tmp_path.iterdir()) == []
