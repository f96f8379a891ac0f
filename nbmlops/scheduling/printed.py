"""What a worker prints, line by line in the log, where each line of that is to be an object."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from types import TracebackType
from typing import Self

from nbmlops.scheduling.journal import Journal

_STREAMS = (1, 2)
_WAIT = 1.0
"""Seconds for what is still on its way at the end: a process that was left behind may print on."""


class Printed:
    """Takes what this process, its kernel and libraries print, while it is open.

    Without effect where the log is text, into which they print themselves. An exception that
    passes is written down with its traceback and ends the process, which would print it.

    Args:
        journal: takes a line for each line, marked as ``printed``.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._saved: list[int] = []
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Take the standard output and error."""
        if self._journal.as_json:
            read, write = os.pipe()
            _flush()
            self._saved = [os.dup(stream) for stream in _STREAMS]
            for stream in _STREAMS:
                os.dup2(write, stream)
            os.close(write)
            self._reader = threading.Thread(
                target=self._read, args=(read,), name="nbmlops-printed", daemon=True
            )
            self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give them back, once all is written that was printed."""
        if self._reader is None:
            return
        _flush()
        for stream, saved in zip(_STREAMS, self._saved, strict=True):
            os.dup2(saved, stream)
            os.close(saved)
        self._reader.join(_WAIT)
        if isinstance(error, Exception):
            told = "".join(traceback.format_exception(kind, error, trace))
            self._journal.write(told.rstrip(), printed=True)
            raise SystemExit(1) from None

    def _read(self, handle: int) -> None:
        with open(handle, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.strip():
                    self._journal.write(line.rstrip("\n"), printed=True)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
