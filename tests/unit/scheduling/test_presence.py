"""Schedulers are found while they run, and not after they were killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbmlops.errors import StoreError
from nbmlops.scheduling.background import start
from nbmlops.scheduling.presence import FOLDER, present, running_schedulers
from nbmlops.testing import NOON


def test_one_is_found_while_it_runs(tmp_path: Path) -> None:
    with present(tmp_path, NOON, "127.0.0.1:9464"):
        (found,) = running_schedulers(tmp_path)
        assert (found.process, found.listen) == (os.getpid(), "127.0.0.1:9464")
    assert running_schedulers(tmp_path) == []


def test_one_that_was_killed_is_forgotten_also_when_its_number_is_another_s(tmp_path: Path) -> None:
    with present(tmp_path, NOON):
        (path,) = (tmp_path / FOLDER).iterdir()
        said = json.loads(path.read_text())
    for changed in ({"process_started_at": 1.0}, {"process": _ended()}):
        path.write_text(json.dumps(said | changed))
        assert running_schedulers(tmp_path) == []
        assert not path.exists()
    path.write_text("{")
    assert running_schedulers(tmp_path) == []


def test_one_that_ends_at_once_is_told_of_with_what_it_said(tmp_path: Path) -> None:
    log = tmp_path / "scheduler.log"
    log.write_text("nbmlops: said by an earlier one.\n")
    words = "a.b: warning\nnbmlops: Nothing can be answered there. Choose another address."
    fails = [sys.executable, "-c", f"import sys; sys.exit({words!r})"]
    with pytest.raises(StoreError) as refusal:
        start(fails, tmp_path, log)
    said = "The scheduler ended with exit code 1. Nothing can be answered there. Choose another"
    assert str(refusal.value).startswith(said)
    with pytest.raises(StoreError, match=r"^The scheduler ended with exit code 3\. See"):
        start([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, log)


def test_a_store_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with present(tmp_path, NOON):
        assert running_schedulers(tmp_path) == []


def _ended() -> int:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid
