"""The memory that a kernel takes at most while a cell runs for the first time and is recorded.

For the first time in a kernel: of a cell that ran before, the allocator has kept the memory that
recording took, and gives it to the cell itself.
"""

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
    "nested": Workload(
        title="Peak memory, a step that makes 200,000 dicts that hold a dict each",
        setup="L = None",
        cells=("L = [{'a': n, 'b': {'c': str(n)}} for n in range(200_000)]",),
        full=3,
        quick=1,
    ),
}
_LITTLE = "little = [{'a': 1, 'b': {'c': '2'}}]"
"""What is recorded before, so that what recording needs at all is there."""
_WAITING = "%mlops log"
"""A command that waits until everything is stored; what it loads itself is there before."""


def measure(effort: Effort) -> Iterator[Comparison]:
    """The peaks of the same cells in kernels with and without recording."""
    for key, workload in _WORKLOADS.items() if sys.platform.startswith("linux") else ():
        yield _compare(f"memory/{key}", workload, effort.times(workload.full, workload.quick))


def _compare(key: str, workload: Workload, repetitions: int) -> Comparison:
    peaks: list[list[float]] = [[] for _ in MODES]
    for _ in range(repetitions):
        with ExitStack() as stack:
            for position, running in enumerate(kernels_by_mode(stack)):
                waits = [_WAITING] if position > 0 else []
                for cell in (workload.setup, written(_LITTLE, 1, position), *waits):
                    running.run(cell)
                source = written(workload.cells[0], 0, position)
                peaks[position].append(float(_peak(running, source, recorded=position > 0)))
    figures = tuple(
        Figure(name=mode, wall=tuple(found), unit="bytes")
        for mode, found in zip(MODES, peaks, strict=True)
    )
    note = "more than before the cell, until all is stored; each in a kernel of its own"
    return Comparison(title=workload.title, figures=figures, note=note, key=key)


def _peak(running: Kernel, source: str, *, recorded: bool) -> int:
    before = running.forget_peak()
    running.run(source)
    if recorded:
        running.run(_WAITING)
    return running.peak() - before
