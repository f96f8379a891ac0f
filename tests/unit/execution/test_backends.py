"""Importing papermill without the clouds that it can read from."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORTED = """
import sys
from nbmlops.execution.backends import deferred_backends
from nbmlops.execution.grammar import deferred_grammar
with deferred_grammar(), deferred_backends():
    import papermill.iorw
"""
TAKEN_LATE = """
from pyarrow.fs import FileSelector
made = papermill.iorw.FileSelector("data")
assert isinstance(made, FileSelector), made
"""
BESIDE_A_THREAD = """
import threading
ended = threading.Event()
threading.Thread(target=ended.wait).start()
"""


def run(source: str) -> None:
    """Run source in a fresh process, in which nothing is imported yet."""
    subprocess.run([sys.executable, "-c", source], check=True, timeout=60)


def test_papermill_is_imported_without_the_clouds() -> None:
    run(f"{IMPORTED}assert not {{'boto3', 'pyarrow', 'pyarrow.fs'}} & sys.modules.keys()")


def test_the_engine_is_loaded_without_the_store_and_the_plans_of_pipelines() -> None:
    """What papermill executes alone needs neither, and would wait for them."""
    run(
        f"{IMPORTED}import nbmlops.execution.engine\n"
        "needless = {'sqlalchemy', 'nbmlops.pipelines.planner'}\n"
        "assert not needless & sys.modules.keys(), needless & sys.modules.keys()"
    )


def test_what_papermill_needs_of_them_is_imported_when_it_is_used() -> None:
    pytest.importorskip("pyarrow")
    run(IMPORTED + TAKEN_LATE)


def test_beside_another_thread_nothing_stands_in_for_them() -> None:
    pytest.importorskip("pyarrow")
    run(
        f"{BESIDE_A_THREAD}{IMPORTED}ended.set()\n"
        "from pyarrow.fs import FileSelector\n"
        "assert papermill.iorw.FileSelector is FileSelector"
    )
