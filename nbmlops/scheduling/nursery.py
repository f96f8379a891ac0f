"""The nursery: imports what runs need once, and forks a worker for each due time.

It is a process of its own, for its scheduler has threads. What it forks is a worker like any
other: it leads a session, writes to the log, and lives on when scheduler and nursery are killed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmlops.capture.environment import look_ahead
from nbmlops.execution.kernels import wire
from nbmlops.execution.kernels.departure import Departure
from nbmlops.execution.kernels.fledgling import reseed
from nbmlops.execution.kernels.preloading import SAFE_THREADS, threads_after_fork
from nbmlops.execution.kernels.stamps import Loaded, look, noted

_SELDOM = 50_000
"""Objects that a worker makes between two looks for garbage: a small run ends before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hatched:
    """What a forked process is to run: a due time, by the token of its claim.

    ``connection`` is kept open for as long as it lives: its scheduler sees its end by that.
    ``departure`` is to be allowed once it is done, with the modules ``inherited``.
    """

    fire: int
    token: int
    connection: socket.socket
    departure: Departure
    inherited: frozenset[str]


@dataclass(slots=True)
class Nursery:
    """Answers its scheduler, which asks for one worker after the other.

    - forks a worker, unless what it has loaded is not what a new process would load;
    - tells how each worker ended, and reaps it;
    - ends with its scheduler.

    Args:
        control: the connection to the scheduler.
        loaded: what it has imported, with the state of the files behind it.
        departure: how its workers end.
    """

    control: socket.socket
    loaded: Loaded
    departure: Departure
    _workers: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)
    _watch: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def serve(self) -> Hatched | None:
        """Serve until the scheduler is gone.

        Returns:
            In a forked process, what it is to run; ``None`` in the nursery at its end.
        """
        left = threads_after_fork() - SAFE_THREADS
        if left:
            self._say({"refused": f"threads run in it: {', '.join(sorted(left))}"})
            return None
        self._say({"ready": os.getpid()})
        self._watch.register(self.control, selectors.EVENT_READ)
        while True:
            for key, _ in self._watch.select():
                if key.fileobj is not self.control:
                    self._reap(int(key.fd))
                    continue
                try:
                    message, descriptors = wire.receive(self.control)
                except (OSError, EOFError, ValueError):
                    return None
                hatched = self._answer(message, descriptors)
                if hatched is not None:
                    return hatched

    def _answer(self, message: dict[str, Any], descriptors: list[int]) -> Hatched | None:
        connection = socket.socket(fileno=descriptors[0])
        changed = self.loaded.changed()
        if changed is not None:
            wire.send(connection, {"refused": f"{changed} has changed"})
            connection.close()
            return None
        sys.stdout.flush()
        sys.stderr.flush()
        inherited = frozenset(sys.modules)  # here, where no page is copied for it
        look_ahead()
        child = os.fork()
        if child == 0:
            self._leave(message["log"])
            return Hatched(
                fire=message["fire"],
                token=message["token"],
                connection=connection,
                departure=self.departure,
                inherited=inherited,
            )
        handle = os.pidfd_open(child)
        self._workers[handle] = (child, connection)
        self._watch.register(handle, selectors.EVENT_READ)
        with contextlib.suppress(OSError):  # the scheduler is gone, its worker goes on
            wire.send(connection, {"process": child})
        return None

    def _reap(self, handle: int) -> None:
        child, connection = self._workers.pop(handle)
        self._watch.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(OSError):
            wire.send(connection, {"ended": os.waitstatus_to_exitcode(status)})
        connection.close()

    def _leave(self, log: str | None) -> None:
        """Become a worker: close what is the nursery's, and have what a new process has."""
        os.setsid()
        self._watch.close()
        self.control.close()
        for handle, (_, connection) in self._workers.items():
            os.close(handle)
            connection.close()
        target = os.open(log or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.close(target)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        reseed()
        gc.set_threshold(_SELDOM)

    def _say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            wire.send(self.control, message)


def nursed(prepare: Callable[[], None]) -> Hatched | None:
    """Serve the scheduler at the other end of the standard input.

    Args:
        prepare: imports what workers need; it must leave no thread, connection or open file.

    Returns:
        In each worker that it has forked, what that is to run; ``None`` at its own end.
    """
    departure = Departure()
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    # Ctrl-C in the terminal of the scheduler is for the scheduler; its end ends this too
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with noted() as asked:
        prepare()
    loaded = look(_read_files(), asked)
    gc.collect()
    gc.freeze()  # the pages of what is loaded stay shared
    return Nursery(control, loaded, departure).serve()


def _read_files() -> list[str]:
    """Files besides code that tell what is installed."""
    return [str(path) for path in (Path(sys.prefix) / "pyvenv.cfg",) if path.exists()]
