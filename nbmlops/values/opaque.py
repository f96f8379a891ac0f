"""Values without content to compare, most as they stand for something outside of themselves."""

from __future__ import annotations

import functools
from typing import Any

from nbmlops.values.kinds import ancestry, name_of, package_of

_FIGURE = "a figure or a part of one"
"""What changes whenever it is drawn, so that nothing tells two of them apart, but can be kept."""
_CANVAS = "the canvas of a figure"

_REASONS: dict[tuple[str, str], str] = {
    ("_asyncio", "Future"): "an asyncio task",
    ("_asyncio", "Task"): "an asyncio task",
    ("_duckdb", "DuckDBPyConnection"): "a database connection",
    ("_io", "BufferedRandom"): "an open file",
    ("_io", "BufferedReader"): "an open file",
    ("_io", "BufferedWriter"): "an open file",
    ("_io", "FileIO"): "an open file",
    ("_io", "TextIOWrapper"): "an open file",
    ("_thread", "RLock"): "a thread lock",
    ("_thread", "_local"): "thread-local data",
    ("_thread", "lock"): "a thread lock",
    ("asyncio", "AbstractEventLoop"): "an event loop",
    ("builtins", "async_generator"): "an asynchronous generator",
    ("builtins", "coroutine"): "a coroutine",
    ("builtins", "frame"): "a stack frame",
    ("builtins", "generator"): "a generator",
    ("builtins", "traceback"): "a traceback",
    ("concurrent", "Executor"): "a pool of workers",
    ("concurrent", "Future"): "a pending result",
    ("duckdb", "DuckDBPyConnection"): "a database connection",
    ("matplotlib", "Artist"): _FIGURE,
    ("matplotlib", "FigureCanvasBase"): _CANVAS,
    ("mmap", "mmap"): "an open file",
    ("multiprocessing", "BaseProcess"): "a process",
    ("multiprocessing", "Pool"): "a pool of workers",
    ("select", "epoll"): "an open file",
    ("_socket", "socket"): "a network connection",
    ("sqlalchemy", "Connection"): "a database connection",
    ("sqlalchemy", "Engine"): "a database connection",
    ("sqlalchemy", "Session"): "a database connection",
    ("sqlite3", "Connection"): "a database connection",
    ("sqlite3", "Cursor"): "a database connection",
    ("subprocess", "Popen"): "a process",
    ("tempfile", "_TemporaryFileWrapper"): "an open file",
    ("threading", "Condition"): "a thread lock",
    ("threading", "Event"): "a thread lock",
    ("threading", "Semaphore"): "a thread lock",
    ("threading", "Thread"): "a thread",
    ("threading", "_RLock"): "a thread lock",
    ("weakref", "ReferenceType"): "a weak reference",
    ("xgboost", "DMatrix"): "a matrix in XGBoost's own memory",
    ("zipfile", "ZipFile"): "an open file",
}


def opaque_reason(value: Any) -> str | None:
    """Why a value has no content to compare, such as ``an open file``; ``None`` if it may have.

    Told by the names in the type's ancestry alone: no library is imported, and nothing of the
    value runs.
    """
    kind: Any = type(value)
    return opaque_reason_of(kind)


def why_not_kept(value: Any) -> str | None:
    """Why a value cannot be kept; ``None`` if it may be, as a figure, though it has no content."""
    kind: Any = type(value)
    return why_not_kept_of(kind)


def why_not_kept_of(kind: type) -> str | None:
    """What `why_not_kept` says of every value of a type."""
    reason = opaque_reason_of(kind)
    return None if reason == _FIGURE else reason


# Bounded, so that classes that a notebook defines again and again can go.
@functools.lru_cache(maxsize=1024)
def opaque_reason_of(kind: type) -> str | None:
    """What `opaque_reason` says of every value of a type."""
    for ancestor in ancestry(kind):
        reason = _REASONS.get((package_of(ancestor), name_of(ancestor)))
        if reason:
            return reason
    return None
