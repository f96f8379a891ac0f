"""A kernel that makes arrays, half of them equal to those of another one that runs beside it.

Arguments: the project, a number that tells this kernel from others, how many cells it runs.
"""

from __future__ import annotations

import os
import sys

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


def main(project: str, number: int, cells: int) -> None:
    """Record cells with their values, and go one back."""
    os.chdir(project)
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))

    def run(source: str) -> None:
        shell.run_cell(source, store_history=True).raise_error()

    run("%load_ext nbmlops")
    run("%mlops track --values")
    run("import numpy as np")
    for cell in range(cells):
        run(f"x = np.arange(500_000.0) + {cell}\ny = np.full(300_000, {number}.5) * {cell}")
    run("x[0] = -1\ny = None")
    run("%mlops undo --yes")
    last = cells - 1
    run(f"assert x[0] == {last} and (y == {number}.5 * {last}).all()")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
