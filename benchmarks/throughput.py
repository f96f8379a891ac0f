"""How many small runs a minute: notebooks of one cell, beside papermill."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from benchmarks.documents import code_cell, notebook
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import as_in, project
from benchmarks.schedules import approved_pipeline, schedule
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.schedules import Due, FireStatus, Policies
from nbmlops.scheduling.events import SchedulerEvent
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.workspace import Workspace

_PAPERMILL = """
import sys, papermill

def run(number):
    papermill.execute_notebook("one.ipynb", f"{sys.argv[2]}.ipynb", {"n": number},
                               progress_bar=False)

run(-1)
print("ready", flush=True)
input()
for number in range(int(sys.argv[1])):
    run(number)
"""
_PROCESSES = 3
"""One more than the two cores that are asked for, so that none is idle while a run waits."""
_FIRST = 20
"""Due times after which a scheduler has what forks its workers, also on a slow machine."""


def measure(effort: Effort) -> Iterator[Comparison]:
    """Runs from three processes at a time; then those of a scheduler with as many workers."""
    count = effort.times(30, 2)
    figures = (
        _figure("nbmlops, three processes", _with_warm_kernels(effort.times(100, 2))),
        _figure("nbmlops scheduler, three workers", _scheduled(effort.times(100, 2))),
        _figure("papermill.execute_notebook, three processes", _with_papermill(count)),
    )
    yield Comparison(
        title="Runs of a notebook of one cell, seconds for each",
        figures=figures,
        note="warm kernels and the ledger; the scheduler forks a process for each run. Pages of "
        "the runs are made when somebody asks for them, as of all runs that schedules start. "
        "papermill keeps no record, and starts each kernel anew. The start of the processes, and "
        "the first run of each, is not in it",
        key="throughput",
    )


def _figure(name: str, seconds: float) -> Figure:
    return Figure(name=name, wall=(seconds,))


def _with_warm_kernels(count: int) -> float:
    with _pipeline() as (workspace, _):
        script = "from benchmarks.throughput import run_some; run_some()"
        took = _side_by_side(
            [[script, str(workspace.project), str(n), str(count)] for n in range(_PROCESSES)],
            Path(__file__).parent.parent,
        )
    return took / count / _PROCESSES


@contextmanager
def _pipeline() -> Iterator[tuple[Workspace, PipelineVersion]]:
    """A pipeline that has been run once, so that a fork server has a warm kernel for it."""
    with approved_pipeline({"NBMLOPS_WARM_KERNELS": "1"}) as (workspace, version):
        # a place of its own, so that no other project's servers are stopped
        os.environ["JUPYTER_RUNTIME_DIR"] = str(workspace.project / "r")
        workspace.runs.run(version, {"n": -1})
        try:
            yield workspace, version
        finally:
            workspace.kernels.stop()


def run_some() -> None:
    """In a process of its own: run a pipeline so many times, with other parameters each time."""
    folder, process, count = sys.argv[1:]
    workspace = Workspace(Path(folder))
    version = workspace.approvals.approved_version("small")
    for number in range(-1, int(count)):
        if number == 0:
            begin()
        # as a schedule has it run
        run = workspace.runs.run(version, {"n": int(process) * 1_000_000 + number}, page=False)
        assert run.status == "succeeded"
    workspace.close()


def begin() -> None:
    """In such a process: say that the first run is done, and wait until all others are as far."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def _with_papermill(count: int) -> float:
    with project() as folder, as_in(folder):
        cells = [code_cell("p", "n = 0", tags=["parameters"]), code_cell("c", "x = n + 1")]
        (folder / "one.ipynb").write_bytes(notebook(cells))
        commands = [[_PAPERMILL, str(count), f"out{n}"] for n in range(_PROCESSES)]
        return _side_by_side(commands, folder) / count / _PROCESSES


def _side_by_side(scripts: Sequence[Sequence[str]], folder: Path) -> float:
    """Seconds until all of some Python scripts have ended, from when all have said something."""
    with tempfile.TemporaryFile(mode="w+") as errors:
        running = [
            subprocess.Popen(
                [sys.executable, "-c", *words],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            for words in scripts
        ]
        for process in running:
            _pipe(process.stdout).readline()
        began = time.perf_counter()
        for process in running:
            with suppress(BrokenPipeError):  # it has failed: its exit code says so
                _pipe(process.stdin).write(b"\n")
                _pipe(process.stdin).flush()
        codes = [process.wait() for process in running]
        took = time.perf_counter() - began
        for process in running:
            process.communicate()
        if any(codes):
            errors.seek(0)
            raise RuntimeError(errors.read()[-2000:])
    return took


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # it was asked for
    return stream


def _scheduled(count: int) -> float:
    """Seconds for each due time of a backfill that a scheduler runs, after the first ones."""
    first = _FIRST if count > 2 * _FIRST else 0
    ends: list[float] = []  # of each of them, behind the moment at which all begin

    def hear(event: SchedulerEvent) -> None:
        if event.kind == "succeeded":
            ends.append(time.perf_counter())

    with _pipeline() as (workspace, version):
        records, now = ScheduleRecords(workspace.database), datetime.now(UTC)
        policies = Policies(at_once=_PROCESSES)
        number = schedule(records, version, now, policies=policies, backfill=True)
        dues = [
            Due(due_at=now - timedelta(minutes=n), source="backfill", parameters={"n": n})
            for n in range(count)
        ]
        records.enter(number, dues)
        with workspace.scheduler(only=number, workers=_PROCESSES, on_event=hear) as running:
            ends.append(time.perf_counter())
            running.run()
        ended = {fire.status for fire in records.fires(number, limit=count)}
    if ended != {FireStatus.SUCCEEDED}:
        raise RuntimeError(f"the runs ended as {', '.join(sorted(ended))}")
    return (ends[-1] - ends[first]) / (count - first)
