"""The log of schedulers and workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbmlops.scheduling import journal
from nbmlops.scheduling.journal import Journal
from nbmlops.scheduling.printed import Printed

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


def test_a_line_in_json_holds_the_facts_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_LOG_FORMAT", "json")
    log = tmp_path / "scheduler.log"
    Journal(log, who="scheduler", clock=clock).write("due\nnow", schedule=1)
    assert json.loads(log.read_text()) == {
        "at": NOON.isoformat(),
        "by": f"scheduler[{os.getpid()}]",
        "message": "due\nnow",
        "schedule": 1,
    }


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    Journal(tmp_path / "gone" / "scheduler.log", who="worker", clock=clock).write("began")
    Journal(None, who="worker", clock=clock).write("began")
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_begins_another_file_when_it_is_large_and_keeps_the_latest_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LARGEST", 1)
    log = tmp_path / "scheduler.log"
    for number in range(6):
        Journal(log, who="scheduler", clock=clock).write(f"line {number}")
    kept = [log, *(tmp_path / f"scheduler.log.{number}" for number in (1, 2, 3))]
    assert [path.read_text().split()[-1] for path in kept] == ["5", "4", "3", "2"]
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_worker_goes_on_in_the_file_that_it_prints_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LARGEST", 1)
    log = tmp_path / "scheduler.log"
    for number in range(2):
        Journal(log, who="worker", clock=clock).write(f"line {number}")
    assert len(log.read_text().splitlines()) == 2


def test_what_is_printed_is_an_object_in_each_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By this process, by others and by what fails; in a log of text it is left as it is."""
    log = tmp_path / "scheduler.log"
    journal = Journal(log, who="worker")
    with Printed(journal):
        pass
    assert not log.exists()
    monkeypatch.setenv("NBMLOPS_LOG_FORMAT", "json")
    with Printed(journal):
        os.write(2, b"one\n\ntw\xff")
        subprocess.run([sys.executable, "-c", "print('!')"], check=True)
    with pytest.raises(SystemExit, match="1"), Printed(journal):
        raise ValueError("no such thing")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["printed"] for line in lines} == {True}
    *printed, failed = [line["message"] for line in lines]
    assert printed == ["one", "tw\ufffd!"]
    assert failed.startswith("Traceback")
    assert failed.endswith("ValueError: no such thing")
