"""A cell that has a program add to a file has read it, as what it leaves depends on it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmlops.capture import auditing


def by_system() -> None:
    os.system("echo 2 >> rows.csv")  # noqa: S605 (what people write)


def by_run() -> None:
    subprocess.run("echo 2 | tee -a rows.csv > /dev/null", shell=True, check=True)  # noqa: S602


@pytest.mark.parametrize("add", [by_system, by_run])
def test_what_a_program_adds_to_was_read(
    add: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("1\n")
    log = auditing.start()
    try:
        add()
    finally:
        auditing.stop()
    touched = log.files[str(tmp_path / "rows.csv")]
    assert touched.deeds == ["read", "write"]
    assert touched.before is not None
    assert touched.before.size == len("1\n")
    assert (tmp_path / "rows.csv").read_text() == "1\n2\n"
