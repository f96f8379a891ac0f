"""Ask the nursery for workers: a process that has imported what runs need, and forks."""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nbmlops.domain.schedules import Claim
from nbmlops.execution.kernels import wire
from nbmlops.execution.kernels.process import WarmProcess

WORTHWHILE = 600.0
"""Seconds between two workers up to which the next one is expected soon."""

_PATIENCE = 5.0
"""Seconds that a nursery has to answer: it forks in milliseconds."""


class WarmWorkers:
    """Keeps a nursery for as long as workers are asked for often.

    - starts none for the first worker: most schedules fire seldom, and it keeps memory;
    - never waits for one that is still importing;
    - gives up one whose code has changed on the disk, or that does not answer.

    Linux only: elsewhere system libraries do not survive a fork.

    Args:
        command: what runs a nursery; ``None`` keeps every worker cold.
        log: the file that takes what workers print; ``None`` drops it.
    """

    def __init__(self, command: Sequence[str] | None, *, log: Path | None) -> None:
        self._command = command if sys.platform == "linux" else None
        self._log = log
        self._asked_at: float | None = None
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = False

    def start(self, claim: Claim) -> WarmProcess | None:
        """A forked worker for a claim.

        Returns:
            Its process; ``None`` where there is no nursery, or not yet.

        Raises:
            OSError: it is not known whether one was forked; it has the token of that claim,
                which must be given back.
        """
        before, self._asked_at = self._asked_at, time.monotonic()
        if self._command is None or before is None or self._asked_at - before > WORTHWHILE:
            return None
        if self._control is None:
            self._prepare(self._command)
            return None
        if not self._is_ready(self._control):
            return None
        return self._hatch(self._control, claim)

    def close(self) -> None:
        """End the nursery; its workers go on."""
        if self._control is not None:
            self._control.close()
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery.wait()
        self._nursery = self._control = None
        self._ready = False

    def _prepare(self, command: Sequence[str]) -> None:
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_PATIENCE)
        with theirs:
            self._nursery = self._started(command, theirs.fileno())
        if self._nursery is None:
            self.close()

    def _started(self, command: Sequence[str], control: int) -> subprocess.Popen[bytes] | None:
        try:
            with contextlib.ExitStack() as stack:
                log = stack.enter_context(self._log.open("ab")) if self._log else subprocess.DEVNULL
                return subprocess.Popen(
                    command,
                    stdin=control,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError:  # it is tried again at the next worker; until then they start cold
            return None

    def _is_ready(self, control: socket.socket) -> bool:
        if self._ready or not select.select([control], [], [], 0)[0]:
            return self._ready
        try:
            message, _ = wire.receive(control)
            self._ready = "ready" in message
        except (OSError, EOFError, ValueError, TypeError):
            pass
        if not self._ready:
            self.close()
            self._command = None  # what has failed once would fail each time
        return self._ready

    def _hatch(self, control: socket.socket, claim: Claim) -> WarmProcess | None:
        mine, theirs = socket.socketpair()
        order = {
            "fire": claim.fire.id,
            "token": claim.token,
            "log": str(self._log) if self._log else None,
        }
        try:
            mine.settimeout(_PATIENCE)
            with theirs:
                wire.send(control, order, (theirs.fileno(),))
            answer, _ = wire.receive(mine)
        except (OSError, EOFError, ValueError, TypeError) as error:
            mine.close()
            self.close()
            raise OSError(f"the process that forks workers does not answer ({error!r})") from error
        if "process" in answer:
            return WarmProcess(int(answer["process"]), mine)
        mine.close()
        self.close()  # it has loaded what is not there any more: the next one starts anew
        return None
