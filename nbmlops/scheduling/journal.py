"""The log in which schedulers and workers write down what they do."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from nbmlops.domain.clock import Clock, system_clock

FORMAT_VARIABLE = "NBMLOPS_LOG_FORMAT"
"""``json`` makes each line an object; workers have it from their scheduler."""

LARGEST = 5 * 2**20
"""Bytes from which on a scheduler that starts, or writes, begins another file."""

KEPT = 3
"""Earlier files that are kept: ``scheduler.log.1`` is the latest of them."""


class Journal:
    """Appends lines, with the time and the process, to a file that processes share.

    A scheduler that finds it large begins another one. A worker that prints into the old file
    goes on there; nothing is lost, and no line is cut.

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
        self._rotates = who == "scheduler"
        self._who = f"{who}[{os.getpid()}]"
        self._clock = clock

    def write(self, message: str, **facts: Any) -> None:
        """Add a line: ``2026-05-04 06:00:01+0200 worker[812] holds the lease``.

        Args:
            message: what happened.
            facts: what it is about, which lines in JSON hold one by one.
        """
        if self._path is None:
            return
        line = f"{self.line(message, **facts)}\n"
        # What cannot be written down has happened all the same: a full disk ends no run.
        with suppress(OSError):
            if self._rotates:
                _make_room(self._path)
            with self._path.open("a", encoding="utf-8") as log:
                log.write(line)

    @property
    def as_json(self) -> bool:
        """Whether each line is an object."""
        return os.environ.get(FORMAT_VARIABLE) == "json"

    def line(self, message: str, **facts: Any) -> str:
        """What `write` adds, without adding it."""
        if self.as_json:
            said = {"at": self._clock().isoformat(), "by": self._who, "message": message}
            return json.dumps(said | facts)
        return f"{self._clock().astimezone():%Y-%m-%d %H:%M:%S%z} {self._who} {message}"


def _make_room(path: Path) -> None:
    """Move a large file away, and the earlier ones by one number.

    Where two schedulers do so at once, a file may be moved twice; none is written over but the
    oldest.
    """
    if not path.exists() or path.stat().st_size < LARGEST:
        return
    for number in range(KEPT, 0, -1):
        younger = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        with suppress(FileNotFoundError):
            younger.replace(path.with_name(f"{path.name}.{number}"))
