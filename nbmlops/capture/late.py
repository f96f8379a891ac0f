"""Threads and tasks that outlive the cell that started them."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet


class LateWriters:
    """Knows whether something may have changed values since the last cell ended."""

    def __init__(self) -> None:
        self._before: set[Any] = set()
        self._left: WeakSet[Any] = WeakSet()

    def begin(self) -> bool:
        """A cell begins; returns whether anything that an earlier one left was running."""
        found = bool(self._left)
        for writer in list(self._left):
            if not _runs(writer):
                self._left.discard(writer)
        self._before = _running()
        return found

    def end(self) -> None:
        """The cell has ended: what it left running may still write."""
        self._left.update(_running() - self._before)
        self._before = set()


def _running() -> set[Any]:
    found: set[Any] = set(threading.enumerate())
    asyncio = sys.modules.get("asyncio")  # without it there is no task
    if asyncio is not None:
        with suppress(RuntimeError):  # no event loop runs here
            found |= asyncio.all_tasks()
    return found


def _runs(writer: Any) -> bool:
    return writer.is_alive() if isinstance(writer, threading.Thread) else not writer.done()
