"""Start a scheduler that outlives the terminal, and stop those that run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nbmlops.errors import StoreError
from nbmlops.scheduling.presence import RunningScheduler, running_schedulers
from nbmlops.scheduling.scheduler import STOPS_WITHIN

_BEGINS_WITHIN = 30.0
_LOOKS = 0.05
_SAID = "nbmlops: "
"""How a line begins in which a command says why it failed."""


def start(command: Sequence[str], store: Path, log: Path) -> RunningScheduler:
    """Start a scheduler in a session of its own; returns once it is there.

    Args:
        command: what runs it.
        store: where it says that it is there.
        log: takes what it says before it can write a log of its own.

    Raises:
        StoreError: it ended, or did not begin in time.
    """
    with log.open("ab") as errors:
        begins_at = errors.tell()
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    until = time.monotonic() + _BEGINS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        for one in running_schedulers(store):
            if one.process == process.pid:
                return one
        time.sleep(_LOOKS)
    code = process.poll()
    what = "has not begun" if code is None else f"ended with exit code {code}"
    raise StoreError(f"The scheduler {what}.{_last_word(log, begins_at)}", cure=f"See {log}.")


def _last_word(log: Path, begins_at: int) -> str:
    """What a scheduler that ended has said of it: `` Nothing can be answered at …``."""
    with log.open("rb") as said:
        said.seek(begins_at)
        lines = said.read().decode("utf-8", errors="replace").splitlines()
    found = [line.removeprefix(_SAID) for line in lines if line.startswith(_SAID)]
    return f" {found[-1].rstrip()}" if found else ""


def command_of(project: Path, *options: str) -> list[str]:
    """What runs a scheduler of a project."""
    return [sys.executable, "-m", "nbmlops", "--project", str(project), "scheduler", *options]


def start_apart(project: Path, log: Path) -> None:
    """Start one as no child of this process, which may go on for longer than it.

    Args:
        project: whose scheduler.
        log: where to look for what went wrong.

    Raises:
        StoreError: it could not be started.
    """
    starting = subprocess.run(
        command_of(project, "start"), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if starting.returncode:
        said = starting.stderr.decode(errors="replace").strip() or "The scheduler has not begun."
        raise StoreError(said.splitlines()[-1], cure=f"See the end of {log}.")


def stop(found: Sequence[RunningScheduler]) -> list[RunningScheduler]:
    """Ask schedulers to stop, and wait for their runs; returns those that are still there."""
    for one in found:
        one.stop()
    until = time.monotonic() + STOPS_WITHIN.total_seconds()
    left = [one for one in found if not one.gone]
    while left and time.monotonic() < until:
        time.sleep(_LOOKS)
        left = [one for one in left if not one.gone]
    return left
