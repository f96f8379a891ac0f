"""The scheduler as a child process of the Jupyter server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


class SchedulerProcess:
    """A running ``nbmlops scheduler``; it writes to the server's log.

    A run that a killed scheduler leaves behind is taken over by the next one.

    Args:
        root: the folder whose project it serves.
    """

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nbmlops", "--project", str(root), "scheduler"],
            cwd=root,
            stdin=subprocess.DEVNULL,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def stop(self) -> int:
        """End it, with the time that its runs have to end; returns its exit code.

        Negative for a signal: it was killed.
        """
        from nbmlops.scheduling.scheduler import STOPS_WITHIN

        self._process.terminate()
        try:
            return self._process.wait(STOPS_WITHIN.total_seconds())
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
