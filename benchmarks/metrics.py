"""What one metric costs, in a kernel, inside a recorded step."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.environments import python_of
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import Kernel, kernel
from benchmarks.peers import MLFLOW, SHARED
from benchmarks.projects import project

_COUNT = 1000

_LOOP = """
began = _time.perf_counter()
for i in range({count}):
    {call}
took = (_time.perf_counter() - began) / {count}
"""
_MLFLOW_SETUP = """
import os, mlflow
mlflow.set_tracking_uri(f"sqlite:///{os.getcwd()}/mlflow.db")
mlflow.start_run()
"""


def measure(effort: Effort) -> Iterator[Comparison]:
    """A loop that reports, against the same loop that does not."""
    repetitions = effort.times(7, 2)
    with project() as folder, kernel(folder) as running:
        running.run("%load_ext nbmlops\n%mlops track")
        running.run("import time as _time\nimport nbmlops")
        figures = (
            _figure(running, "nothing", "pass", repetitions),
            _figure(running, "nbmlops.metric", "nbmlops.metric('loss', i)", repetitions),
            _written(running, repetitions),
        )
    figures = (*figures, _mlflow(effort.times(2, 1)))
    yield Comparison(title="One metric", figures=figures, key="metrics")


def _figure(running: Kernel, name: str, call: str, repetitions: int) -> Figure:
    label = "" if call.startswith("mlflow") else "%mlops track loop\n"
    source = label + _LOOP.format(call=call, count=_COUNT)
    taken = []
    for _ in range(repetitions):
        running.run(source)
        taken.append(running.value("took"))
    return Figure(name=name, wall=tuple(taken))


def _written(running: Kernel, repetitions: int) -> Figure:
    """The whole cell, so that the write to the ledger after it counts."""
    silent = f"%mlops track silent\nfor i in range({_COUNT}):\n    pass"
    loud = f"%mlops track loud\nfor i in range({_COUNT}):\n    nbmlops.metric('loss', i)"
    taken = []
    for _ in range(repetitions):
        without = running.run(silent)
        taken.append(max(running.run(loud) - without, 0) / _COUNT)
    return Figure(name="nbmlops.metric, written to the ledger", wall=tuple(taken))


def _mlflow(repetitions: int) -> Figure:
    name = "mlflow.log_metric on SQLite"
    try:
        python = python_of(MLFLOW, shared=SHARED)
        with project() as folder, kernel(folder, python=python) as running:
            running.run("import time as _time")
            running.run(_MLFLOW_SETUP)
            call = "mlflow.log_metric('loss', i, step=i)"
            return _figure(running, name, call, repetitions)
    except RuntimeError as error:
        return Figure(name=name, skipped=str(error).strip().splitlines()[-1])
