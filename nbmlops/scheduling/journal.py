"""The log in which schedulers and workers write down what they do."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from nbmlops.domain.clock import Clock, system_clock


class Journal:
    """Appends lines, with the time and the process, to a file that processes share.

    Args:
        path: the file; ``None`` drops what is written.
        who: what kind of process writes.
        clock: gives the present.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        who: Literal["scheduler", "worker"],
        clock: Clock = system_clock,
    ) -> None:
        self._path = path
        self._who = f"{who}[{os.getpid()}]"
        self._clock = clock

    def write(self, message: str) -> None:
        """Add a line: ``2026-05-04 06:00:01+0200 worker[812] holds the lease``."""
        if self._path is None:
            return
        line = f"{self._clock().astimezone():%Y-%m-%d %H:%M:%S%z} {self._who} {message}\n"
        # What cannot be written down has happened all the same: a full disk ends no run.
        with suppress(OSError), self._path.open("a", encoding="utf-8") as log:
            log.write(line)
