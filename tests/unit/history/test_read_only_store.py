"""A store that can only be read says so where something would be recorded, and is read."""

from __future__ import annotations

import os
import shutil
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


def test_recording_goes_on_once_it_can_be_written(
    shell: InteractiveShell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unload(shell)
    load(shell)  # opens the store as one that can only be read
    shell.run_cell("%mlops log", store_history=True).raise_error()
    shell.run_cell("%mlops track kept\ny = 1", store_history=True).raise_error()
    assert "was not recorded" in capsys.readouterr().err
    subprocess.run(["mount", "-o", "remount,bind,rw", str(tmp_path / ".nbmlops")], check=True)
    shell.run_cell("%mlops track kept\ny = 2", store_history=True).raise_error()
    assert "was not recorded" not in capsys.readouterr().err
    shell.run_cell("%mlops log", store_history=True).raise_error()
    assert "kept@1" in capsys.readouterr().out


KERNEL = """
import os, pathlib, sqlite3, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from nbmlops.magics.extension import load
os.environ["NBMLOPS_SIGNING_KEY_FILE"] = os.path.join(os.getcwd(), "key")
shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
load(shell)
def writable(yes):
    for path in [pathlib.Path(), *pathlib.Path(".nbmlops").rglob("*"), pathlib.Path(".nbmlops")]:
        path.chmod(path.stat().st_mode | 0o200 if yes else path.stat().st_mode & ~0o222)
others = []
def locked(yes):
    if yes:
        others.append(sqlite3.connect(".nbmlops/catalog.db", isolation_level=None))
    others[0].execute("BEGIN IMMEDIATE" if yes else "COMMIT")
shell.user_ns.update(__writable=writable, __locked=locked)
sys.stderr = sys.stdout
for cell in sys.argv[1:]:
    shell.run_cell(cell, store_history=True)
"""
MADE = ("%mlops track --values", "x = [1, 2]", "%mlops track st\ny = {'a': x}")
MADE += ("%mlops track --off", "__writable(False)")


def said(folder: Path, *cells: str) -> str:
    """What a kernel says whom permissions bind, as they bind everybody but root."""
    kernel = [sys.executable, "-c", KERNEL, *cells]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to forbid it")
        lost = "-dac_override,-dac_read_search"
        kernel = ["setpriv", f"--bounding-set={lost}", f"--inh-caps={lost}", *kernel]
    done = subprocess.run(kernel, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_values_come_back_from_a_store_that_can_only_be_read(tmp_path: Path) -> None:
    said(tmp_path, *MADE)
    told = said(
        tmp_path,
        "%mlops checkout latest",
        "print(x, y['a'] is x)",
        "%mlops checkout latest",
        "del y",
        "%mlops restore st --values",
        "print('restored', y)",
    )
    assert "Back at @2 (st@1).\nloaded: x, y\nThis was not recorded: The store" in told
    assert "[1, 2] True\nEverything is as it was after @2 (st@1).\n" in told
    assert "Restored y of st@1.\nThis was not recorded: The store" in told
    assert "restored {'a': [1, 2]}" in told


def test_what_is_recorded_later_follows_a_journey_that_could_not_be(tmp_path: Path) -> None:
    told = said(
        tmp_path,
        *MADE[:3],
        "%mlops track --off",
        "__locked(True)",
        "%mlops checkout @1",
        "__locked(False)",
        "%mlops track --values",
        "z = x + [3]",
        "%mlops log",
    )
    assert "This was not recorded: The store" in told
    log = [line for line in told.splitlines() if line.startswith("@")]
    assert [line.split()[0] for line in log] == ["@1", "@2", "@3", "@4"]
    assert "%mlops checkout @1" in log[2]
    assert "z = x + [3]" in log[3]


def test_a_step_says_that_it_is_not_recorded_where_no_store_can_be_made(tmp_path: Path) -> None:
    told = said(
        tmp_path, "__writable(False)", "%mlops track st\nz = 1", "print(z)", "__writable(True)"
    )
    assert "this cell was not recorded: The store" in told
    assert "cannot be made" in told
    assert "1" in told.splitlines()
