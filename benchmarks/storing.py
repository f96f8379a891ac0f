"""What a store grows by when a frame gets columns, and how soon a stored frame can be used."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figures import Comparison, Effort, Figure

_WIDTH = 25
_ADDED = 10
_LIMIT = 2**33


def measure(effort: Effort) -> Iterator[Comparison]:
    """A frame of 1 GB that gets ten columns, saved each time; then restored."""
    rows = effort.times(5_000_000, 500_000)
    title = f"A frame of {rows * _WIDTH * 8 // 10**6:,} MB that gets {_ADDED} columns, each saved"
    if find_spec("pandas") is None:
        missing = (Figure(name="nbmlops", skipped="pandas is not installed"),)
        yield Comparison(title=title, figures=missing)
        return
    with TemporaryDirectory() as folder:
        yield from _compare(title, Path(folder), rows)


def _compare(title: str, folder: Path, rows: int) -> Iterator[Comparison]:
    import numpy as np
    import pandas as pd  # type: ignore[import-untyped]  # no stubs are installed

    from nbmlops.workspace import Workspace

    random = np.random.default_rng(0)
    workspace = Workspace(folder)
    store = workspace.values  # noqa: PD011  no frame
    frame = pd.DataFrame({f"column_{number}": random.random(rows) for number in range(_WIDTH)})
    first, reference = _timed(lambda: store.save(frame, limit=_LIMIT))
    before = workspace.objects.taken()
    added = []
    for number in range(_ADDED):
        frame[f"added_{number}"] = random.random(rows)
        added.append(_timed(lambda: store.save(frame, limit=_LIMIT))[0])
    grown = float(workspace.objects.taken() - before)
    figures = (Figure(name="first", wall=(first,)), Figure(name="one column more", wall=(*added,)))
    yield Comparison(title=title, figures=figures, key="storing/saved")
    sizes = {"what the ten columns hold": _ADDED * rows * 8.0, "what the store grew by": grown}
    yield Comparison(
        title="What the store grew by",
        figures=tuple(Figure(name=n, wall=(size,), unit="bytes") for n, size in sizes.items()),
        key="storing/grown",
    )
    known = Figure(name="nbmlops", wall=_restored(lambda: store.load(reference)))
    workspace.close()
    unknown = Figure(name="nbmlops, in another process", wall=(_elsewhere(folder, reference),))
    yield Comparison(
        title="The first of them restored, and a row of it read",
        figures=(known, unknown, _pickled(frame.iloc[:, :_WIDTH], folder / "frame.pickle")),
        key="storing/restored",
        note="what a process has not written or read before is compared with its hash once",
    )


_ELSEWHERE = """
import sys, time, pandas, pathlib
from nbmlops.workspace import Workspace
store = Workspace(pathlib.Path(sys.argv[1])).values
began = time.perf_counter()
store.load(sys.argv[2]).iloc[-1].sum()
print(time.perf_counter() - began)
"""


def _elsewhere(folder: Path, reference: str) -> float:
    """The seconds in a process that has neither written nor read the frame before."""
    command = (sys.executable, "-c", _ELSEWHERE, str(folder), reference)
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _pickled(frame: Any, path: Path) -> Figure:
    """The same with a plain pickle file."""
    with path.open("wb") as file:
        pickle.dump(frame, file, protocol=5)

    def load() -> Any:
        with path.open("rb") as file:
            return pickle.load(file)

    return Figure(name="pickle", wall=_restored(load))


def _restored(load: Callable[[], Any]) -> tuple[float, ...]:
    def use() -> Any:
        return load().iloc[-1].sum()

    return tuple(_timed(use)[0] for _ in range(3))


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    made = action()
    return time.perf_counter() - began, made
