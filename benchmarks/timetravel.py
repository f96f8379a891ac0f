"""Going back: a dropped column, and a large frame after a restart."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import environment, project

_MEBIBYTE = 2**20


def measure(effort: Effort) -> Iterator[Comparison]:
    """Undo in the kernel that did it, and resuming in another one, up to the first use."""
    columns, rows = 8, effort.times(96, 4) * _MEBIBYTE // 8
    repetitions = effort.times(5, 2)
    with project() as folder, contextlib.chdir(folder):
        os.environ |= {**environment(folder), "NBMLOPS_PROJECT": str(folder)}
        store = folder / ".nbmlops"
        store.mkdir()
        (store / "config.toml").write_text("value_limit = 4096\n", encoding="utf-8")
        shell = _kernel()
        _run(shell, "%mlops track --values", "import numpy as np, pandas as pd")
        _run(
            shell,
            f"df = pd.DataFrame({{f'c{{i}}': np.random.default_rng(i).random({rows})"
            f" for i in range({columns})}})",
        )
        undone = []
        for _ in range(repetitions):
            _run(shell, "del df['c3']")
            undone.append(_timed(shell, "%mlops undo", "df['c3'].iloc[-1]"))
        fresh = []
        for _ in range(effort.times(3, 1)):
            later = _kernel()
            _run(later, "import numpy as np, pandas as pd")
            fresh.append(_timed(later, "%mlops checkout latest", "df['c3'].iloc[-1]"))
    size = rows * 8 // _MEBIBYTE
    yield Comparison(
        title=f"going back, a frame of {columns} columns of {size} MiB",
        figures=(
            Figure(name="undo of a dropped column, to its first use", wall=tuple(undone)),
            Figure(name="checkout latest in another kernel, to the first use", wall=tuple(fresh)),
        ),
        note="in one process: a fresh one first compares what it maps with its hash",
    )


def _kernel() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    _run(shell, "%load_ext nbmlops")
    return shell


def _run(shell: Any, *cells: str) -> None:
    from IPython.utils.capture import capture_output

    for cell in cells:
        with capture_output():
            result = shell.run_cell(cell, store_history=True)
        result.raise_error()


def _timed(shell: Any, *cells: str) -> float:
    began = time.perf_counter()
    _run(shell, *cells)
    return time.perf_counter() - began
