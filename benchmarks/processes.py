"""Commands in processes of their own, with the CPU time of everything that they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.projects import environment


def timed(
    arguments: Sequence[str],
    *,
    folder: Path,
    python: Path = Path(sys.executable),
    variables: Mapping[str, str] | None = None,
) -> tuple[float, float]:
    """Run a Python command to its end.

    Args:
        arguments: what follows ``python``.
        folder: where it runs.
        python: the interpreter.
        variables: more variables of its environment.

    Returns:
        Wall and CPU seconds, those of the processes that it waited for included.

    Raises:
        RuntimeError: it failed.
    """
    log = folder / "command.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(python), *arguments],
            cwd=folder,
            env={**environment(folder), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)}\n{log.read_text(encoding='utf-8')[-2000:]}")
    return took, usage.ru_utime + usage.ru_stime
