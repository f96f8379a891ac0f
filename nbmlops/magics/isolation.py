"""Work on a copy of the running kernel: a forked process, of which nothing is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import warnings
from collections.abc import Callable

from nbmlops.execution.kernels.preloading import SAFE_THREADS, tasks_after_fork, uses_gpu


class Isolation:
    """Copies of one kernel.

    A copy has the main thread alone. Where cells have started threads that a fork would end, or
    use a GPU, there can be none, and none but on Linux.
    """

    def __init__(self) -> None:
        self._own = set(os.listdir("/proc/self/task")) if sys.platform == "linux" else set()  # noqa: PTH208

    def is_possible(self) -> bool:
        """Whether the kernel as it is now can be copied."""
        if sys.platform != "linux" or uses_gpu():
            return False
        with _quiet():
            left = tasks_after_fork()
        return all(str(task) in self._own or name in SAFE_THREADS for task, name in left.items())


def on_a_copy(work: Callable[[], bytes]) -> bytes:
    """Do some work in a forked process.

    Returns:
        What it returned; nothing where it did not come to its end.

    Raises:
        ChildProcessError: it was killed; says by what.
        KeyboardInterrupt: this process was interrupted; the copy is gone.
    """
    read, write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with _quiet():
        child = os.fork()
    if child == 0:
        try:
            os.close(read)
            asyncio._set_running_loop(None)  # noqa: SLF001 (the loop stays with the kernel)
            with os.fdopen(write, "wb") as answer:
                answer.write(work())
        finally:
            os._exit(0)
    os.close(write)
    try:
        with os.fdopen(read, "rb") as answer:
            content = answer.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise ChildProcessError(f"the process was killed by {name}")
    return content


def _quiet() -> warnings.catch_warnings:
    """Without Python's warning that a process with threads forks: see `Isolation`."""
    return warnings.catch_warnings(action="ignore", category=DeprecationWarning)
