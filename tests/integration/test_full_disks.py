"""A disk that is full when a run ends: what has ended is known, and is not done again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import CellProgress, RunStatus
from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import StoreUnwritableError
from nbmlops.scheduling.triggers.when import When
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

FILL = """
full = False
try:
    with open("filler", "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
except OSError:
    full = True
"""


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a disk of eight megabytes, beside the signing key."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_a_due_time_whose_run_has_filled_the_disk_is_not_run_again(
    small_disk: Path, tmp_path: Path
) -> None:
    """It fails in one sentence once there is room again, and the scheduler goes on."""
    effects = tmp_path / "effects"
    note = f"with open({str(effects)!r}, 'a') as file:\n    file.write('worked ')"
    workspace = Workspace(small_disk, author="tester")
    notebook = Notebook(small_disk).step("work", note).step("fill", FILL)
    version = workspace.pipelines.build(notebook.save("job.ipynb")).version
    workspace.approvals.approve(version, comment="for the test")
    schedule = workspace.schedules.create("job", when=When(http=True))
    workspace.schedules.fire_now(schedule.id)
    words = [sys.executable, "-m", "nbmlops", "--project", str(small_disk), "scheduler"]
    printed = tmp_path / "printed"
    with printed.open("wb") as told:
        scheduler = subprocess.Popen([*words, "--max-fires", "1"], stdout=told, stderr=told)
    try:
        until(lambda: "is full" in printed.read_text("utf-8"))
        (small_disk / "filler").unlink()
        assert scheduler.wait(timeout=60) == 0
    finally:
        scheduler.kill()
    (fire,) = workspace.schedules.fires(schedule)
    (run,) = workspace.runs.newest()
    workspace.close()
    assert effects.read_text("utf-8") == "worked "
    assert (fire.status, run.status) == (FireStatus.FAILED, RunStatus.FAILED)
    assert "No space left on device. Make it writable or free some space" in (fire.note or "")


def test_a_run_that_ends_well_beside_a_full_catalog_has_succeeded_once_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    """What the catalog could not be told is in the folder of the run, with all its files."""
    catalog = tmp_path / "project/.nbmlops/catalog.db"
    catalog.parent.mkdir(parents=True)
    catalog.symlink_to(small_disk / "catalog.db")
    project = tmp_path / "project"
    workspace = Workspace(project, author="tester")
    notebook = Notebook(project).step("work", "x = 1").step("end", "y = x + 1")
    version = workspace.pipelines.build(notebook.save("job.ipynb")).version
    filler = small_disk / "filler"

    def observe(progress: CellProgress) -> None:
        if progress.step == "end" and progress.event == "started":
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 512)

    with pytest.raises(StoreUnwritableError):
        workspace.runs.run(version, {}, observer=observe)
    records = RunRecords(workspace.database)
    (left,) = records.newest()
    assert left.status is RunStatus.RUNNING
    filler.unlink()
    workspace.runs.close_left(left, Failure(kind="WorkerLost", message="It is gone."))
    (run,) = records.newest()
    workspace.close()
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, None)
    assert {one.name for one in run.artifacts} >= {"job.ipynb", "job.html"}
    assert not (workspace.runs.folder(run).path / "end.json").exists()


def test_a_value_that_finds_no_room_is_all_that_its_record_lacks(small_disk: Path) -> None:
    workspace = Workspace(small_disk, author="tester")
    notebook = Notebook(small_disk).step("make", "import os\nbig = os.urandom(12_000_000)")
    notebook = notebook.step("use", "n = len(big)")
    version = workspace.pipelines.build(notebook.save("job.ipynb")).version
    run = workspace.runs.run(version, {})
    records = [one.record for one in workspace.runs.executions(run)]
    workspace.close()
    assert run.status is RunStatus.SUCCEEDED
    assert len(records) == 2
    (big,) = [one for record in records for one in record.outputs if one.name == "big"]
    assert big.fingerprint
    assert big.manifest is None
    assert "no room in the store: The disk that holds " in (big.reason or "")
    assert run.warnings[0] == "Not kept, no room in the store: big."
