"""Threads and tasks that outlive the cell that started them."""

from __future__ import annotations

import functools
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any
from weakref import WeakSet

from nbmlops.capture.places import is_local


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

    def end(self) -> str | None:
        """The cell has ended: what it left running may still write.

        Returns:
            What of the notebook's own code goes on, in words; ``None`` where nothing does.
        """
        left = _running() - self._before
        self._left.update(left)
        self._before = set()
        ours = {_kind(writer) for writer in left if _runs(writer) and _is_ours(writer)}
        if not ours:
            return None
        return f"{' and '.join(sorted(ours))} that it started was still running at its end"


def _running() -> set[Any]:
    found: set[Any] = set(threading.enumerate())
    asyncio = sys.modules.get("asyncio")  # without it there is no task
    if asyncio is not None:
        with suppress(RuntimeError):  # no event loop runs here
            found |= asyncio.all_tasks()
    return found


def _kind(writer: Any) -> str:
    return "a thread" if isinstance(writer, threading.Thread) else "a task"


def _is_ours(writer: Any) -> bool:
    """Whether it runs code of the notebook or of the project; libraries have threads as well."""
    if not isinstance(writer, threading.Thread):
        return _is_local(getattr(writer.get_coro(), "cr_code", None))
    target: Any = getattr(writer, "_target", None)
    while isinstance(target, functools.partial):
        target = target.func
    if _is_local(getattr(target or type(writer).run, "__code__", None)):
        return True
    return any(map(_is_local, _codes_of(writer.ident)))


def _codes_of(thread: int | None) -> list[CodeType]:
    """What a thread runs now; keeps no frame, as a frame keeps the values of its cell alive."""
    frame = sys._current_frames().pop(thread or 0, None)  # noqa: SLF001 (nothing else tells)
    found = []
    while frame is not None:
        found.append(frame.f_code)
        frame = frame.f_back
    return found


def _is_local(code: Any) -> bool:
    name = str(getattr(code, "co_filename", ""))
    return name.startswith("<ipython-input") or (Path(name).is_absolute() and is_local(name))


def _runs(writer: Any) -> bool:
    return writer.is_alive() if isinstance(writer, threading.Thread) else not writer.done()
