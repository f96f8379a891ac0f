"""How a run has ended, kept where a full disk does not keep it from being written."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import RunStatus
from nbmlops.execution.ending import EndRecord, RunEnd
from nbmlops.testing import NOON

DONE = RunEnd(status=RunStatus.SUCCEEDED, ended_at=NOON, warnings=("It was late.",))
FAILED = RunEnd(
    status=RunStatus.FAILED,
    ended_at=NOON,
    failure=Failure(kind="ValueError", message="\n" * 9000, traceback="x" * 9000, step="s", line=3),
    warnings=("long " * 2000,),
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of a megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_what_was_reserved_says_nothing_until_the_end_is_written(tmp_path: Path) -> None:
    record = EndRecord(tmp_path / "runs" / "end.json")
    assert record.read() is None
    record.reserve()
    assert record.read() is None
    record.write(DONE)
    assert record.read() == DONE
    record.forget()
    assert record.read() is None


def test_the_first_end_that_was_written_holds(tmp_path: Path) -> None:
    record = EndRecord(tmp_path / "end.json")
    record.reserve()
    record.write(DONE)
    record.write(FAILED)
    assert record.read() == DONE


def test_an_end_is_not_written_where_nothing_was_reserved(tmp_path: Path) -> None:
    record = EndRecord(tmp_path / "end.json")
    record.write(DONE)
    assert not list(tmp_path.iterdir())


def test_of_a_long_failure_the_beginning_is_kept_and_where_it_was(tmp_path: Path) -> None:
    record = EndRecord(tmp_path / "end.json")
    record.reserve()
    size = (tmp_path / "end.json").stat().st_size
    record.write(FAILED)
    assert (tmp_path / "end.json").stat().st_size == size
    found = record.read()
    assert found is not None
    assert found.failure == Failure(kind="ValueError", message="\n" * 512, step="s", line=3)
    assert found.warnings == ()


def test_the_end_is_written_on_a_disk_that_is_full(small_disk: Path) -> None:
    record = EndRecord(small_disk / "end.json")
    record.reserve()
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 512)
    record.write(DONE)
    assert record.read() == DONE
