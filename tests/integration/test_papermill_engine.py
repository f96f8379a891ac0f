"""papermill by itself, with the engine that records truly what happened."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from nbmlops.testing import Notebook

pytestmark = pytest.mark.slow

PATIENCE = 120


def papermill(*words: object) -> list[str]:
    """A command line of papermill with our engine."""
    return [sys.executable, "-m", "papermill", "--engine", "nbmlops", *map(str, words)]


def statuses(path: Path) -> list[str]:
    """What the cells of an executed notebook say of themselves."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell.metadata.papermill.status for cell in cells if cell.cell_type == "code"]


def test_it_runs_our_engine_with_its_progress_bar_and_timeout(tmp_path: Path) -> None:
    path = (
        Notebook(tmp_path)
        .cell("import sys\nprint('said')\nprint('warned', file=sys.stderr)")
        .cell("import time; time.sleep(60)")
        .cell("b = 2")
        .save("n.ipynb")
    )
    out, said, warned = (tmp_path / name for name in ("out.ipynb", "said", "warned"))
    files = ("--stdout-file", said, "--stderr-file", warned)
    words = papermill("--execution-timeout", 1, *files, path, out)
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode != 0
    assert "Executing" in done.stderr
    assert "CellTimeoutError" in done.stderr
    assert statuses(out) == ["completed", "failed", "not run"]
    assert (said.read_text(), warned.read_text()) == ("said\n", "warned\n")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=lambda stop: stop.name)
def test_a_signal_ends_it_with_a_notebook_that_says_what_ran(
    stop: signal.Signals, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    path = (
        Notebook(tmp_path)
        .cell("print('first')")
        .cell(f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(120)")
        .cell("b = 2")
        .save("n.ipynb")
    )
    out = tmp_path / "out.ipynb"
    with subprocess.Popen(papermill(path, out), stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(stop)
        assert process.wait(PATIENCE) != 0
    assert statuses(out) == ["completed", "cancelled", "not run"]
    assert "first" in out.read_text()


def test_tests_do_not_run_and_values_are_of_the_declared_types(tmp_path: Path) -> None:
    path = (
        Notebook(tmp_path)
        .cell("from datetime import date")
        .cell("n = 1\nday: date = date(2026, 1, 1)", "parameters")
        .cell("%%mlops test schema\nassert False")
        .cell("print(n, repr(day))")
        .save("n.ipynb")
    )
    out = tmp_path / "out.ipynb"
    wrong = papermill(path, out, "-p", "n", "abc")
    done = subprocess.run(wrong, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode != 0
    assert "The parameter 'n' is a whole number, not 'abc'." in done.stderr
    assert not out.exists() or set(statuses(out)) <= {"pending"}
    right = papermill(path, out, "-p", "n", "3", "-p", "day", "2026-02-01")
    subprocess.run(right, timeout=PATIENCE, check=True, capture_output=True)
    assert statuses(out) == ["completed", "completed", "completed", "not run", "completed"]
    shown = nbformat.read(out, as_version=4).cells[-1].outputs[0].text
    assert shown == "3 datetime.date(2026, 2, 1)\n"
