"""Threads of pools: they belong to whoever gives them work, not only to whoever made them."""

from __future__ import annotations

import threading
from typing import Any

_POOLS = {
    "concurrent.futures.thread._worker",
    "concurrent.futures.process._ExecutorManagerThread",
    "multiprocessing.pool.worker",
    "multiprocessing.pool.Pool._handle_results",
}
"""What their threads run, or are: it waits until there is work, or a result to call back with."""


def is_pooled(writer: Any) -> bool:
    """Whether a thread takes work, one piece after the other, from those who have some.

    >>> is_pooled(threading.current_thread())
    False
    """
    if not isinstance(writer, threading.Thread):
        return False
    runs: Any = getattr(writer, "_target", None) or type(writer)
    return f"{runs.__module__}.{runs.__qualname__}" in _POOLS


def has_work(writer: Any) -> bool:
    """Whether work waits for the thread of a pool, which has perhaps not woken up yet."""
    given = getattr(writer, "_args", ())
    return any(one.qsize() > 0 for one in given if hasattr(one, "qsize"))
