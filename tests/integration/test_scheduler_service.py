"""A scheduler in the background: found, asked, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def nbmlops(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbmlops", "--project", str(project), "scheduler", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def running(project: Path) -> list[dict[str, Any]]:
    answer = nbmlops(project, "status", "--json")
    found: list[dict[str, Any]] = json.loads(answer.stdout)["schedulers"]
    return found


def test_one_is_started_once_answers_and_stops_gracefully(tmp_path: Path) -> None:
    started = nbmlops(tmp_path, "start", "--listen", "127.0.0.1:0", "--json")
    assert started.returncode == 0, started.stderr
    try:
        (one,) = json.loads(started.stdout)["schedulers"]
        again = nbmlops(tmp_path, "start")
        assert f"runs already: process {one['process']}" in again.stdout
        with urllib.request.urlopen(f"http://{one['listen']}/healthz", timeout=5) as answer:
            assert answer.read() == b"ok"
    finally:
        stopped = nbmlops(tmp_path, "stop")
    assert f"Stopped: process {one['process']}" in stopped.stdout
    assert running(tmp_path) == []
    log = (tmp_path / ".nbmlops" / "scheduler.log").read_text()
    assert "stopped; due times that were run: 0" in log
    assert "No scheduler runs here." in nbmlops(tmp_path, "stop").stdout


@pytest.mark.parametrize(
    "words", [("start", "--log-format", "json"), ("--log-format", "json", "start")]
)
def test_one_of_the_background_writes_its_log_as_it_is_told(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    started = nbmlops(tmp_path, *words)
    assert started.returncode == 0, started.stderr
    nbmlops(tmp_path, "stop")
    log = (tmp_path / ".nbmlops" / "scheduler.log").read_text()
    assert [json.loads(line)["by"].partition(" ")[0] for line in log.splitlines()]
    assert "stopped; due times that were run: 0" in log


def test_a_unit_says_how_the_log_is_written(tmp_path: Path) -> None:
    for words in (("install", "--log-format", "json"), ("--log-format", "json", "install")):
        printed = nbmlops(tmp_path, *words, "--print").stdout
        assert '"scheduler" "--log-format" "json"' in printed
    assert "--log-format" not in nbmlops(tmp_path, "install", "--print").stdout


def test_one_that_is_killed_is_not_listed(tmp_path: Path) -> None:
    started = nbmlops(tmp_path, "start", "--json")
    (one,) = json.loads(started.stdout)["schedulers"]
    os.kill(one["process"], signal.SIGKILL)
    end = time.monotonic() + 10
    while running(tmp_path):
        assert time.monotonic() < end
    assert "No scheduler runs here." in nbmlops(tmp_path, "stop").stdout


def test_one_that_cannot_begin_says_where_to_look(tmp_path: Path) -> None:
    taken = nbmlops(tmp_path, "start", "--listen", "256.0.0.1:80")
    assert taken.returncode == 1
    assert "ended with exit code 2" in taken.stderr
    assert "scheduler.log" in taken.stderr
    wrong = nbmlops(tmp_path, "start", "--listen", "9464")
    assert wrong.returncode == 2
    assert "is no address" in wrong.stderr
