"""What the first record needs is fetched between two cells."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from nbmlops.capture.warming import Warming


def test_it_begins_when_the_cell_has_ended_and_waits_for_its_end() -> None:
    done: list[str] = []
    is_open = threading.Event()
    warming = Warming()
    warming.begin()
    warming.finish()
    warming.ask(is_open.wait, lambda: done.append("one"), lambda: done.append("other"))
    assert not done
    warming.begin()
    is_open.set()
    warming.finish()
    assert done == ["one", "other"]


def test_it_is_done_once_and_what_fails_keeps_nothing_back() -> None:
    done: list[int] = []
    warming = Warming()
    warming.ask(lambda: 1 / 0, lambda: done.append(1))
    for _ in range(2):
        warming.begin()
        warming.finish()
    assert done == [1]


TELL = """
import json, sys, threading
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
cell = "%load_ext nbmlops\\n%mlops track\\nimport sys\\nseen = 'sqlalchemy' in sys.modules"
ran = shell.run_cell(cell, store_history=True)
for thread in threading.enumerate():
    if thread.name == "nbmlops-warming":
        thread.join()
before = set(sys.modules)
shell.run_cell("x = 1", store_history=True)
print(json.dumps([ran.success, shell.user_ns["seen"], sorted(set(sys.modules) - before)]))
"""


def test_neither_the_line_that_tracks_nor_the_first_cell_loads_the_store(tmp_path: Path) -> None:
    (tmp_path / ".nbmlops").mkdir()
    told = subprocess.run(
        [sys.executable, "-c", TELL], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout.splitlines()[-1]) == [True, False, []]
    assert (tmp_path / ".nbmlops" / "catalog.db").exists()
