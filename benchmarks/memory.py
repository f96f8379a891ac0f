"""The memory that a kernel takes at most while a cell runs and is recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cells import MODES, Workload, kernels_by_mode, written
from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.kernels import Kernel

_WORKLOADS = {
    "frame": Workload(
        title="Peak memory, a step that makes a frame of 500 MB",
        setup="import numpy as np, pandas as pd\nrng = np.random.default_rng(0)\nframe = None",
        cells=("frame = pd.DataFrame(rng.normal(size=(3_125_000, 20)))",),
        full=3,
        quick=1,
    ),
    "dicts": Workload(
        title="Peak memory, a step that makes 200,000 dicts",
        setup="L = None",
        cells=("L = [{'a': n, 'b': str(n), 'c': n / 2} for n in range(200_000)]",),
        full=3,
        quick=1,
    ),
}


def measure(effort: Effort) -> Iterator[Comparison]:
    """The peaks of the same cells in kernels with and without recording."""
    for key, workload in _WORKLOADS.items() if sys.platform.startswith("linux") else ():
        yield _compare(f"memory/{key}", workload, effort.times(workload.full, workload.quick))


def _compare(key: str, workload: Workload, repetitions: int) -> Comparison:
    figures = []
    with ExitStack() as stack:
        for position, running in enumerate(kernels_by_mode(stack)):
            for cell in (workload.setup, *workload.cells, workload.setup):
                running.run(cell)
            source = written(workload.cells[0], 0, position)
            peaks = tuple(float(_peak(running, source)) for _ in range(repetitions))
            figures.append(Figure(name=MODES[position], wall=peaks, unit="bytes"))
    note = "at the peak, more than before the cell"
    return Comparison(title=workload.title, figures=tuple(figures), note=note, key=key)


def _peak(running: Kernel, source: str) -> int:
    before = running.forget_peak()
    running.run(source)
    return running.peak() - before
