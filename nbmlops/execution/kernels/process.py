"""A kernel that a fork server has forked, as jupyter_client handles processes."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from contextlib import suppress

from nbmlops.execution.kernels import wire

UNKNOWN = 255
"""The exit code of a kernel whose end nobody saw, because its fork server had ended before."""


class WarmProcess:
    """Has what jupyter_client uses of `subprocess.Popen`.

    The connection tells how the process ended, and tells it that this one has: nothing is sent,
    but it ends with either.

    Args:
        pid: its process id.
        connection: that over which it was asked for.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._handle: int | None = None
        with suppress(OSError):
            self._handle = os.pidfd_open(pid)

    def fileno(self) -> int:
        """What can be read from once the process is gone, until somebody has asked."""
        return self._connection.fileno()

    def poll(self) -> int | None:
        """The exit code; negative for a signal, ``None`` while the process runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            try:
                answer, _ = wire.receive(self._connection)
                self._end(int(answer["ended"]))
            except (OSError, EOFError, ValueError, TypeError, KeyError):
                self._end(UNKNOWN)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Raises:
            TimeoutError: it did not come in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise TimeoutError
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to this process, and to no later one of its number."""
        if self._handle is not None and self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _end(self, code: int) -> None:
        self.returncode = code
        self._connection.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
