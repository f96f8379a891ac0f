"""What a real run does at its limits: attempts, time, failures that do not end it, `cancel`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from nbmlops.domain.rules import RunRules
from nbmlops.domain.runs import RunStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

FETCH = """\
seen = Path('tries')
count = int(seen.read_text()) if seen.exists() else 0
seen.write_text(str(count + 1))
if count < 1:
    raise ConnectionError('no answer')
rows = [count]"""


def test_an_attempt_takes_what_went_well_and_every_one_is_kept(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """The first attempt fails; the second does not run again what the first has done."""
    mlops_notebook.cell("from pathlib import Path")
    mlops_notebook.step("load", "x = [1]\nprint('loaded')")
    mlops_notebook.step("fetch", FETCH).step("report", "z = rows + x")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    run = mlops_workspace.runs.run(version, {}, rules=RunRules(retries=2, retry_delay=0.1))
    assert run.status is RunStatus.SUCCEEDED
    assert [attempt.status for attempt in run.attempts] == ["failed", "succeeded"]
    failure = run.attempts[0].failure
    assert failure is not None
    assert (failure.step, failure.kind) == ("fetch", "ConnectionError")
    assert "attempt-1.ipynb" in {artifact.name for artifact in run.artifacts}
    made = mlops_workspace.runs.executions(run)
    ran = [(one.record.step, str(one.record.status)) for one in made if one.record.step]
    assert sorted(ran) == [("fetch", "error"), ("fetch", "ok"), ("load", "ok"), ("report", "ok")]
    cells = json.loads(mlops_workspace.runs.folder(run).notebook.read_text("utf-8"))["cells"]
    load = next(cell for cell in cells if "track load" in "".join(cell["source"]))
    assert load["metadata"]["nbmlops"]["cached"]["run"] == run.reference
    assert "".join(load["outputs"][0]["text"]) == "loaded\n"


def test_what_takes_too_long_is_named_and_what_does_not_depend_on_it_still_runs(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """The record, the notebook and its page say what was not run, and why."""
    mlops_notebook.cell("import time").step("a", "x = 1").step("slow", "time.sleep(60)\ny = 2")
    mlops_notebook.step("b", "z = x + 1").step("c", "w = y + 1")
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    run = mlops_workspace.runs.run(
        version, {}, rules=RunRules(step_timeout=2.0, keep_going=True), cold=True
    )
    assert run.status is RunStatus.FAILED
    assert run.failure is not None
    assert (run.failure.kind, run.failure.step, run.failure.line) == ("Timeout", "slow", 2)
    assert run.failure.message == "step slow took longer than 2s (step timeout)"
    assert run.warnings == ("Not run: c (depends on slow).",)
    folder = mlops_workspace.runs.folder(run)
    cells = json.loads(folder.notebook.read_text("utf-8"))["cells"]
    states = [cell["metadata"]["papermill"]["status"] for cell in cells]
    assert states == ["completed", "completed", "failed", "completed", "not run"]
    assert "".join(cells[-1]["outputs"][0]["text"]) == "not run: depends on slow\n"
    assert "not run: depends on slow" in folder.report.read_text("utf-8")


def test_cancel_stops_a_run_of_another_process_and_says_who_did(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """The driving process ends by itself; the run is closed as cancelled."""
    mlops_notebook.cell("import time").step("slow", "print('begun')\ntime.sleep(60)")
    path = mlops_notebook.save("p.ipynb")
    mlops_workspace.pipelines.build(path)
    command = [sys.executable, "-m", "nbmlops", "run", "p", "--no-cache"]
    driver = subprocess.Popen(command, cwd=path.parent, stderr=subprocess.PIPE, text=True)
    _until_it_runs(mlops_workspace, cell=2)
    run = mlops_workspace.runs.get("p", None)
    assert run is not None
    done = mlops_workspace.runs.cancel(run)
    assert done.status is RunStatus.CANCELLED
    assert done.cancelled_by == "tester"
    assert done.failure is not None
    assert done.failure.message == "cancelled by tester"
    _, told = driver.communicate(timeout=60)
    assert driver.returncode == 1
    assert "p#1 was cancelled" in told


def _until_it_runs(workspace: Workspace, cell: int) -> None:
    """Wait until the only run is at a cell, counted from 1."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        run = workspace.runs.get("p", None)
        progress = workspace.runs.files.progress(run) if run is not None else None
        if progress is not None and progress.cell == cell:
            return
        time.sleep(0.1)
    raise AssertionError("the cell did not start")


LIMITED = (
    "import os, time",
    "%mlops track small --memory 350M --cpus 1\nfew = CPUS",
    "%mlops track large\nheap = bytearray(500_000_000)\ntime.sleep(0.5)\ndel heap\nall_ = CPUS",
    "%mlops track over --memory 400M\nheap = bytearray(600_000_000)\ntime.sleep(30)",
    "%mlops track beside\nrest = few + 1",
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for processors")
def test_a_step_is_held_to_its_own_limits_and_its_neighbours_are_not(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """In one kernel: one step may take little, the next one all, the third one is over its own."""
    for source in LIMITED:
        mlops_notebook.cell(source.replace("CPUS", "len(os.sched_getaffinity(0))"))
    version = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    run = mlops_workspace.runs.run(version, {}, rules=RunRules(keep_going=True))
    made = {one.record.step: one.record for one in mlops_workspace.runs.executions(run)}
    assert {"small", "large", "beside"} <= made.keys()
    told = {value.name: value.summary.text for one in made.values() for value in one.outputs}
    assert told["few"] == "1"
    assert told["all_"] == str(len(os.sched_getaffinity(0)))
    assert run.failure is not None
    assert run.failure.step == "over"
    assert run.failure.message.startswith("out of memory: step over was over its limit of 400M; ")
