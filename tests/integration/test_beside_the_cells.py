"""What is around the cells of a notebook and must not disturb their records."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbmlops.notebook.document import from_sources, serialize

pytestmark = pytest.mark.slow


def test_a_refused_line_leaves_the_last_exception_to_the_debugger(
    start_kernel: Callable[..., Any],
) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops\nimport sys")
    assert kernel.run("%mlops show nosuch").status == "error"
    assert kernel.value("hasattr(sys, 'last_value')") is False
    kernel.run("1 / 0")
    assert kernel.run("%mlops show nosuch").status == "error"
    assert kernel.run("%mlops nosuch").status == "error"
    assert kernel.value("type(sys.last_value).__name__") == "ZeroDivisionError"


def test_leaving_the_shell_is_not_recorded_unless_the_notebook_means_another_thing(
    start_kernel: Callable[..., Any],
) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track")
    kernel.run("n = 1\nquit = [n]")
    kernel.run("quit")
    kernel.send("exit")
    until = time.monotonic() + 30
    while kernel.manager.is_alive() and time.monotonic() < until:
        time.sleep(0.1)
    assert not kernel.manager.is_alive()
    assert [done.record.source for done in kernel.executions()] == ["n = 1\nquit = [n]", "quit"]


def test_a_parameters_cell_that_ran_before_nbmlops_is_known_by_the_saved_notebook(
    start_kernel: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    path = folder / "n.ipynb"
    document = from_sources([("depth = 3", ("parameters",)), ("x = depth", ("step:s",))])
    path.write_bytes(serialize(document))
    kernel = start_kernel(path)
    kernel.run("depth = 3")
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track s\nx = depth")
    assert kernel.latest().record.parameters == {"depth": 3}


def test_a_step_that_leaves_a_thread_running_says_so_and_so_does_what_reads_its_changes(
    start_kernel: Callable[..., Any],
) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track")
    kernel.run("import sys, threading\nrows = []")
    kernel.run("sys.setrecursionlimit(4321)", store_history=False)
    kernel.run(
        "%mlops track load\ngo, done = threading.Event(), threading.Event()\n"
        "def grow():\n    go.wait(30)\n    rows.append(1)\n    done.set()\n"
        "    go.wait(30)\nworker = threading.Thread(target=grow, daemon=True)\nworker.start()\n"
        "mark = [sys.getrecursionlimit()]"
    )
    started = kernel.latest().record
    assert "still running at its end" in str(started.inputs_note)
    assert not started.inputs_complete
    kernel.run("go.set(); done.wait(30); worker.join()", store_history=False)
    kernel.run("%mlops track use\nn = len(rows)")
    late, use = kernel.executions()[-2:]
    assert [value.name for value in late.record.outputs] == ["rows"]
    assert late.record.late_of == (kernel.executions()[-3].id,)
    assert use.record.inputs[0].fingerprint == late.record.outputs[0].fingerprint
    said = kernel.run("%mlops verify load").displayed[-1]["text/plain"]
    assert "cause: thread; perhaps it depends on how far that came: a thread that it" in said
    kernel.run(
        "import asyncio\nasync def later():\n    await asyncio.sleep(0.05)\n    rows.append(2)\n"
        "task = asyncio.create_task(later())"
    )
    started = kernel.latest().id
    kernel.run("await task", store_history=False)
    kernel.run("%mlops track use\nn = len(rows)")
    assert kernel.executions()[-2].record.late_of == (started,)
    said = kernel.run("%mlops verify use").displayed[-1]["text/plain"]
    assert f"not reproducible: rows was changed after its cell by a task that @{started}" in said


def test_what_the_kernel_still_holds_is_kept_in_a_store_that_begins_anew(
    start_kernel: Callable[..., Any],
) -> None:
    kernel = start_kernel()
    kernel.run("%load_ext nbmlops")
    kernel.run("%mlops track --values")
    kernel.run("rows = [1]")
    shutil.rmtree(kernel.project / ".nbmlops")
    told = kernel.run("n = 2").stderr
    assert told.startswith("nbmlops: the store of this project is gone")
    assert told.count("\n") == 1
    kernel.run("rows.append(2)")
    assert kernel.run("%mlops undo --yes").status == "ok"
    assert kernel.value("rows") == [1]
