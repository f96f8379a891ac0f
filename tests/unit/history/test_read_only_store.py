"""A store that can only be read says so where something would be recorded, and is read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbmlops.magics.extension import load, unload


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A kernel in this process, in a project whose store can only be read."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    main, hooks = sys.modules["__main__"], (sys.displayhook, sys.excepthook)
    made = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    load(made)
    for cell in ("%mlops track", "x = 1", "%mlops track --off"):
        made.run_cell(cell, store_history=True).raise_error()
    store = str(tmp_path / ".nbmlops")
    for words in (("--bind", store, store), ("-o", "remount,bind,ro", store)):
        if subprocess.run(["mount", *words], check=False, capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a disk")
    yield made
    subprocess.run(["umount", "--lazy", store], check=True)
    unload(made)
    sys.modules["__main__"] = main
    sys.displayhook, sys.excepthook = hooks


def test_track_does_not_claim_to_record(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("%mlops track", store_history=True).raise_error()
    said = capsys.readouterr()
    assert "Recording" not in said.out
    assert "Nothing is recorded here: " in said.err
    assert "can only be read. Make it writable for you" in said.err
    shell.run_cell("%mlops track", store_history=True).raise_error()
    assert "is being recorded" not in capsys.readouterr().out
    shell.run_cell("%mlops log", store_history=True).raise_error()
    assert "x = 1" in capsys.readouterr().out
