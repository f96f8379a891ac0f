"""What ``%load_ext nbmlops`` costs a fresh kernel."""

from __future__ import annotations

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
_LINES = {
    "pass": None,
    "%load_ext nbmlops": "nbmlops",
    _RECORDED: "nbmlops",
    _STORE_MADE: "nbmlops",
    "import ipywidgets": "ipywidgets",
    "import pandas": "pandas",
    "import mlflow": "mlflow",
}
_FIRST_CELL = ("%load_ext nbmlops\n%mlops track", "x = 1")


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
    cells = _FIRST_CELL if name in (_RECORDED, _STORE_MADE) else (name,)
    try:
        python = python_of(MLFLOW if module == "mlflow" else (), shared=SHARED)
        taken = [_fresh(cells, python, before=name == _STORE_MADE) for _ in range(repetitions)]
    except RuntimeError as error:
        return Figure(name=name, skipped=str(error).strip().splitlines()[-1])
    return Figure(
        name=name, wall=tuple(wall for wall, _ in taken), cpu=tuple(cpu for _, cpu in taken)
    )


def _fresh(cells: tuple[str, ...], python: Path, *, before: bool) -> tuple[float, float]:
    """Wall and CPU seconds of cells in a fresh kernel; ``before`` lets another one go first."""
    with project() as folder:
        if before:
            _run(folder, python, cells)
        return _run(folder, python, cells)


def _run(folder: Path, python: Path, cells: tuple[str, ...]) -> tuple[float, float]:
    with kernel(folder, python=python) as running:
        running.run("")
        begun = running.cpu()
        took = sum(running.run(cell) for cell in cells)
        return took, running.cpu() - begun
