"""The scheduler as a child process of the Jupyter server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PATIENCE = 10.0
"""Seconds that a scheduler may take to end the runs it drives, before it is killed."""


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
        """End it, gently first; returns its exit code, negative for a signal."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
