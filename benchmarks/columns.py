"""A notebook that adds a column to a large frame in each of ten cells."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import Kernel, kernel
from benchmarks.projects import project

_WIDTH = 25
_ADDED = 10
_MODES = ("untracked", "nbmlops, all values kept")
_SETUP = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
frame = pd.DataFrame({{f"column_{{n}}": rng.random({rows}) for n in range({width})}})
"""
_CELL = "frame['added_{number}'] = frame['column_{number}'] * {number} + 1"


def measure(effort: Effort) -> Iterator[Comparison]:
    """Time, peak memory and what the store grows by, with and without recording."""
    rows = effort.times(5_000_000, 500_000)
    title = f"A notebook that adds a column to {rows * _WIDTH * 8 // 10**6:,} MB in each of ten"
    if find_spec("pandas") is None:
        missing = (Figure(name=_MODES[0], skipped="pandas is not installed"),)
        yield Comparison(title=f"{title}, per cell", figures=missing, key="columns/cells")
        return
    with ExitStack() as stack:
        folders = [stack.enter_context(project()) for _ in _MODES]
        cells, peaks, grown = [], [], 0
        for mode, folder in zip(_MODES, folders, strict=True):
            with kernel(folder) as running:
                _begin(running, folder, rows, tracked=mode != _MODES[0])
                before = _taken(folder)
                at_first = running.forget_peak() if sys.platform.startswith("linux") else 0
                cells.append(_add_columns(mode, running))
                if at_first:
                    peak = float(running.peak())
                    peaks.append(Figure(name=mode, wall=(peak,), unit="bytes"))
                grown = _taken(folder) - before
    yield Comparison(title=f"{title}, per cell", figures=tuple(cells), key="columns/cells")
    yield Comparison(
        title=f"{title}: memory",
        figures=tuple(peaks),
        note="of the whole kernel at the peak, its frame included",
        key="columns/peak",
    )
    sizes = {"what the ten columns hold": _ADDED * rows * 8, "what the store grew by": grown}
    yield Comparison(
        title=f"{title}: the store",
        figures=tuple(Figure(name=n, wall=(float(s),), unit="bytes") for n, s in sizes.items()),
        key="columns/grown",
    )


def _begin(running: Kernel, folder: Path, rows: int, *, tracked: bool) -> None:
    if tracked:
        running.run("%load_ext nbmlops\n%mlops track --values")
        settings = "value_limit = 8192\nstep_limit = 8192\n"
        (folder / ".nbmlops" / "config.toml").write_text(settings, encoding="utf-8")
        running.run("%unload_ext nbmlops\n%load_ext nbmlops\n%mlops track --values")
    running.run(_SETUP.format(rows=rows, width=_WIDTH))
    if tracked:
        running.run("%mlops log")  # waits until everything is stored


def _add_columns(mode: str, running: Kernel) -> Figure:
    """Run the ten cells, and wait until what they made is stored."""
    before = running.cpu()
    taken = tuple(running.run(_CELL.format(number=number)) for number in range(_ADDED))
    if mode != _MODES[0]:
        running.run("%mlops log")
    return Figure(name=mode, wall=taken, cpu=((running.cpu() - before) / _ADDED,))


def _taken(folder: Path) -> int:
    """The bytes of the objects that a project's store holds."""
    objects = folder / ".nbmlops" / "objects"
    return sum(path.stat().st_size for path in objects.rglob("*") if path.is_file())
