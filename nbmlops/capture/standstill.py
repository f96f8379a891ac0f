"""Whether a thread, task or callback has run at all: what only waited has changed nothing."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
import weakref
from typing import Any

from nbmlops.capture.callbacks import waits


def progress_of(writer: Any) -> Any:
    """What stays equal as long as a thread, task or callback does not run.

    Args:
        writer: a `threading.Thread`, an `asyncio.Task` or `asyncio.Handle`, or a function.

    Returns:
        ``None`` where nothing tells: it has ended, is about to run, or the system keeps no such
        account.
    """
    if isinstance(writer, threading.Thread):
        return _processor_time(writer.native_id) if writer.is_alive() else None
    if isinstance(writer, asyncio.Handle):
        return id(writer) if waits(writer) else None
    future = getattr(writer, "_fut_waiter", None)  # another one each time that it waits again
    return weakref.ref(future) if future is not None and not future.done() else None


def _processor_time(thread: int | None) -> int | None:
    """The nanoseconds of processor time that a thread has had, by its number in the system."""
    if thread is None or not _is_told():
        return None
    try:
        return time.clock_gettime_ns(_clock_of(thread))
    except OSError:  # it ended just now
        return None


@functools.cache
def _is_told() -> bool:
    """Whether the system counts so finely that whatever a thread does can be seen."""
    if sys.platform != "linux":
        return False
    clock = _clock_of(threading.get_native_id())
    return time.clock_gettime_ns(clock) < time.clock_gettime_ns(clock)


def _clock_of(thread: int) -> int:
    """Linux's number of the clock of a thread's processor time (``MAKE_THREAD_CPUCLOCK``).

    `time.pthread_getcpuclockid` gives the same, but must not be asked about a thread that ended.
    """
    scheduled, of_thread = 2, 4
    return (~thread << 3) | scheduled | of_thread
