"""A notebook resumed in another process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.projects import as_in, project

_MEBIBYTE = 2**20


def measure(effort: Effort) -> Iterator[Comparison]:
    """Resuming in a process of its own, to the first use."""
    columns, rows = 8, effort.times(96, 4) * _MEBIBYTE // 8
    with (
        project() as folder,
        contextlib.chdir(folder),
        as_in(folder, {"NBMLOPS_PROJECT": str(folder)}),
    ):
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
        _run(shell, "%mlops log -n 1")  # which waits until all is stored
        resumed = [_resumed(folder) for _ in range(effort.times(3, 1))]
        for stamp in store.rglob("*.stamp"):
            stamp.unlink()
        hashed = _resumed(folder)
    size = rows * 8 // _MEBIBYTE
    yield Comparison(
        title=f"Resuming with a frame of {columns} columns of {size} MiB",
        key="timetravel",
        figures=(
            Figure(name="checkout latest in a new process, to the first use", wall=tuple(resumed)),
            Figure(name="the same where everything must be hashed first", wall=(hashed,)),
        ),
        note="a new process has run the notebook's first cells before: imports, and %mlops track",
    )


_USE = "df['c3'].iloc[-1]"


def resume() -> None:
    """In a process of its own: print how long it takes to be where the other kernel was."""
    shell = _kernel()
    _run(shell, "%mlops track --values", "import numpy as np, pandas as pd")
    sys.stdout.write(f"{_timed(shell, '%mlops checkout latest', _USE)}\n")


def _resumed(folder: Path) -> float:
    command = [sys.executable, "-c", "from benchmarks.timetravel import resume; resume()"]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(
        command, cwd=folder, env=variables, check=True, capture_output=True, text=True
    )
    return float(done.stdout)


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
