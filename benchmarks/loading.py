"""What ``%load_ext nbmlops`` costs a fresh kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import kernel
from benchmarks.peers import MLFLOW, SHARED
from benchmarks.projects import project

_RECORDED = "%load_ext, %mlops track, the first recorded cell"
_STORE_MADE = "the same, where the project has a store"
_LATER = "the first recorded cell, two seconds after these"
_LINES = {
    "pass": None,
    "%load_ext nbmlops": "nbmlops",
    _RECORDED: "nbmlops",
    _STORE_MADE: "nbmlops",
    _LATER: "nbmlops",
    "import ipywidgets": "ipywidgets",
    "import pandas": "pandas",
    "import mlflow": "mlflow",
}
_FIRST_CELL = ("%load_ext nbmlops\n%mlops track", "x = 1")
_PAUSE = 2.0


def measure(effort: Effort) -> Iterator[Comparison]:
    """Each line as the first one of fresh kernels."""
    repetitions = effort.times(3, 1)
    yield Comparison(
        title="Loading the extension into a fresh kernel",
        figures=tuple(_figure(name, module, repetitions) for name, module in _LINES.items()),
        key="loading",
        note="the first recorded cell opens the store and describes the environment",
    )


def _figure(name: str, module: str | None, repetitions: int) -> Figure:
    if module and module != "mlflow" and find_spec(module) is None:
        return Figure(name=name, skipped=f"{module} is not installed")
    cells = _FIRST_CELL if name in (_RECORDED, _STORE_MADE, _LATER) else (name,)
    try:
        python = python_of(MLFLOW if module == "mlflow" else (), shared=SHARED)
        taken = [_fresh(name, cells, python) for _ in range(repetitions)]
    except RuntimeError as error:
        return Figure(name=name, skipped=str(error).strip().splitlines()[-1])
    return Figure(
        name=name, wall=tuple(wall for wall, _ in taken), cpu=tuple(cpu for _, cpu in taken)
    )


def _fresh(name: str, cells: tuple[str, ...], python: Path) -> tuple[float, float]:
    """Wall and CPU seconds of cells in a fresh kernel."""
    with project() as folder:
        if name == _STORE_MADE:
            _run(folder, python, cells)
        return _run(folder, python, cells, is_last_alone=name == _LATER)


def _run(
    folder: Path, python: Path, cells: tuple[str, ...], *, is_last_alone: bool = False
) -> tuple[float, float]:
    with kernel(folder, python=python) as running:
        running.run("")
        if is_last_alone:
            for cell in cells[:-1]:
                running.run(cell)
            time.sleep(_PAUSE)
        begun = running.cpu()
        took = sum(running.run(cell) for cell in (cells[-1:] if is_last_alone else cells))
        return took, running.cpu() - begun
