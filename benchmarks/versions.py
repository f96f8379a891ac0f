"""``versions`` on a store that has seen a lot."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.processes import timed
from benchmarks.projects import project
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.workspace import Workspace

_STEPS = 50
_VERSIONS = 20


def measure(effort: Effort) -> Iterator[Comparison]:
    """The versions of one step, and the latest of all steps, in a store of 10,000 executions."""
    executions = effort.times(10_000, 500)
    with project() as folder:
        written = _fill(folder, executions)
        workspace = Workspace(folder)
        history = workspace.history
        repetitions = effort.times(9, 2)
        commands = [
            timed(["-m", "nbmlops", "versions", "step_0", "--json"], folder=folder)
            for _ in range(effort.times(5, 1))
        ]
        begun = [
            timed(["-m", "nbmlops", "--version"], folder=folder) for _ in range(effort.times(5, 1))
        ]
        figures = (
            _command("nbmlops --version, a process that does nothing", begun),
            _command("nbmlops versions STEP", commands),
            Figure(
                name="the same, asked from Python",
                wall=tuple(_once(lambda: history.versions("step_0")) for _ in range(repetitions)),
            ),
            Figure(name="one execution added to the ledger", wall=written),
        )
        workspace.close()
    yield Comparison(
        title=f"versions, in a store of {executions:,} executions",
        figures=figures,
        note=f"{_STEPS} steps with {_VERSIONS} versions each",
    )


def _command(name: str, taken: list[tuple[float, float]]) -> Figure:
    return Figure(
        name=name, wall=tuple(wall for wall, _ in taken), cpu=tuple(cpu for _, cpu in taken)
    )


def _once(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _fill(folder: Path, executions: int) -> tuple[float, ...]:
    """Write executions as a recorder does; the seconds that each took."""
    workspace = Workspace(folder)
    records = workspace.executions
    taken = []
    for number in range(executions):
        record = _record(number)
        began = time.perf_counter()
        records.add(record)
        taken.append(time.perf_counter() - began)
    workspace.close()
    return tuple(taken)


def _record(number: int) -> ExecutionRecord:
    step, version = number % _STEPS, number // _STEPS % _VERSIONS
    source = f"%mlops track step_{step}\nresult = fit(frame, depth={version})"
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return ExecutionRecord(
        notebook="bench.ipynb",
        step=f"step_{step}",
        cell_id=f"cell-{step}",
        source=source,
        digest=hashlib.sha256(source.encode()).hexdigest(),
        session="bench",
        started_at=moment,
        duration=0.5,
        status=ExecutionStatus.OK,
        inputs=(_value("frame", number),),
        outputs=(_value("result", number),),
        metrics=(Metric(name="auc", value=0.9, recorded_at=moment),),
        author="bench",
    )


def _value(name: str, number: int) -> ValueRecord:
    summary = ValueSummary(kind="pandas.DataFrame", text="a frame", shape=(100, 5), size=4000)
    return ValueRecord(name=name, fingerprint=f"{number:032x}", summary=summary)
