"""The fork server: imports once, and forks a kernel for each that is asked for.

Started as ``python -m nbmlops.execution.kernels.server``, with its order as JSON on its standard
input, by the process whose kernel it could not start in time.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import selectors
import signal
import socket
import sys
import time
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmlops.capture import looks, places
from nbmlops.capture.environment import describe, look_ahead
from nbmlops.execution.kernels import wire
from nbmlops.execution.kernels.departure import Departure
from nbmlops.execution.kernels.fledgling import Order, become_kernel, note_files
from nbmlops.execution.kernels.places import ServerPlace
from nbmlops.execution.kernels.preloading import OF_KERNELS, OF_RECORDER, Preloaded, preload
from nbmlops.execution.kernels.stamps import Loaded, look, noted
from nbmlops.values.homes import note_foreign

_PATIENCE = 2.0
"""Seconds that one who asks has to say what."""

_STREAMS = ("input", "output", "error")

_TICK = 5.0
"""Seconds between two looks at the time."""


@dataclass(slots=True)
class ForkServer:
    """Answers those who ask for kernels, one after the other.

    - forks a kernel, unless what it has loaded is not what a new process would load;
    - tells the one who asked how the kernel ended, and reaps it;
    - ends when nobody has asked for a while and no kernel is left, or when it is told to.

    Args:
        listening: its socket.
        loaded: what it has imported, with the state of the files behind it.
        preloaded: the same for people.
        order: what it was started with.
    """

    listening: socket.socket
    loaded: Loaded
    preloaded: Preloaded
    order: dict[str, Any]
    served: int = 0
    _kernels: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)
    _watch: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _used: float = field(default_factory=time.monotonic)
    _ending: bool = False
    _started: float = field(default_factory=time.time)

    def serve(self) -> tuple[Order, socket.socket] | None:
        """Serve until the end.

        Returns:
            In a forked process, what it is to become; ``None`` in the server at its end.
        """
        self._watch.register(self.listening, selectors.EVENT_READ)
        while self._kernels or not self._is_over():
            for key, _ in self._watch.select(min(_TICK, self.order["idle"])):
                if key.fileobj is not self.listening:
                    self._reap(int(key.fd))
                    continue
                hatched = self._answer()
                if hatched is not None:
                    return hatched
        return None

    def stop(self) -> None:
        """Take no more requests; kernels that run go on."""
        if not self._ending:
            self._ending = True
            self._watch.unregister(self.listening)
            ServerPlace(Path(self.order["socket"])).socket.unlink(missing_ok=True)
            self.listening.close()

    def _is_over(self) -> bool:
        idle = time.monotonic() - self._used > self.order["idle"]
        places = (Path(self.order["socket"]), Path(self.order["folder"]))
        return self._ending or idle or not all(place.exists() for place in places)

    def _answer(self) -> tuple[Order, socket.socket] | None:
        descriptors: list[int] = []
        try:
            connection, _ = self.listening.accept()
        except OSError:  # stopped meanwhile
            return None
        connection.settimeout(_PATIENCE)
        try:
            if wire.peer_uid(connection) != os.getuid():
                connection.close()
                return None
            message, descriptors = wire.receive(connection)
            if message.get("ask") == "kernel" and len(descriptors) == len(_STREAMS):
                return self._hatch(connection, message, descriptors)
            self._tell(connection, message)
        except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
            # whoever asks may be killed in the middle of a word: the next one is served
            sys.stderr.write(f"A request was not served: {error!r}\n")
        for descriptor in descriptors:
            os.close(descriptor)
        connection.close()
        return None

    def _tell(self, connection: socket.socket, message: dict[str, Any]) -> None:
        if message.get("ask") == "stop":
            self.stop()
        wire.send(connection, self._facts())

    def _facts(self) -> dict[str, Any]:
        return {
            "process": os.getpid(),
            "folder": self.order["folder"],
            "imports": self.order["imports"],
            "left_out": {
                name: why
                for name, why in self.preloaded.left_out.items()
                if name in self.order["imports"]
            },
            "kernels": sorted(pid for pid, _ in self._kernels.values()),
            "served": self.served,
            "started": self._started,
            "idle": 0.0 if self._kernels else time.monotonic() - self._used,
        }

    def _hatch(
        self, connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int]
    ) -> tuple[Order, socket.socket] | None:
        refusal = self._refusal(message["folder"])
        if refusal is None:
            given: dict[str, str] = message["environment"]
            variables = self.preloaded.variables.items()
            set_before = {name: value for name, value in variables if name not in given}
            order = Order(
                arguments=tuple(message["arguments"]),
                environment={**given, **set_before},
                preloaded=tuple(set_before),
                folder=message["folder"],
                streams=(descriptors[0], descriptors[1], descriptors[2]),
                command=tuple(message["command"]),
            )
            sys.stderr.flush()
            look_ahead()
            child = os.fork()
            if child == 0:
                self._leave_the_nest()
                os.setsid()
                return order, connection
            self._raise(child, connection)
        else:
            wire.send(connection, {"refused": refusal})
            connection.close()
        for descriptor in descriptors:
            os.close(descriptor)
        return None

    def _refusal(self, folder: str) -> str | None:
        changed = self.loaded.changed()
        if changed is not None:
            self.stop()  # the next one who asks starts a server that has loaded what is there now
            return f"{changed} has changed"
        shadow = self.loaded.shadowed(folder)
        return f"{folder} has a module {shadow}" if shadow else None

    def _raise(self, child: int, connection: socket.socket) -> None:
        handle = os.pidfd_open(child)
        self._kernels[handle] = (child, connection)
        self._watch.register(handle, selectors.EVENT_READ)
        self.served += 1
        with contextlib.suppress(OSError):  # gone already: its kernel ends with it
            wire.send(connection, {"process": child})

    def _reap(self, handle: int) -> None:
        child, connection = self._kernels.pop(handle)
        self._watch.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(child, 0)
        with contextlib.suppress(OSError):
            wire.send(connection, {"ended": os.waitstatus_to_exitcode(status)})
        connection.close()
        self._used = time.monotonic()

    def _leave_the_nest(self) -> None:
        """Close what belongs to the server, in a process that was forked from it."""
        self._watch.close()
        self.listening.close()
        for handle, (_, connection) in self._kernels.items():
            os.close(handle)
            connection.close()


def main() -> None:
    """Serve, or in a forked process be a kernel."""
    departure = Departure()
    order = json.load(sys.stdin)
    place = ServerPlace(Path(order["socket"]))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    with place.taken() as free:
        if not free or os.fork():
            os._exit(0 if free else 1)  # the one who started this waits for no longer
        server = _prepared(order)
        signal.signal(signal.SIGTERM, lambda *_: server.stop())
        inherited = frozenset(sys.modules)  # here, where no page is copied for it
        hatched = server.serve()
        if hatched is None:
            place.clear()
            return
    become_kernel(*hatched)
    departure.allow(inherited)


def _prepared(order: dict[str, Any]) -> ForkServer:
    if sys.path and sys.path[0] in {"", os.getcwd()}:  # noqa: PTH109
        del sys.path[0]  # as ipykernel_launcher does
    os.sched_setaffinity(0, order["processors"])
    preloaded = preload(OF_KERNELS)
    # as a kernel has it before the first cell; a library may look for it when it is imported
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    with noted() as asked:
        preload([*order["imports"], *OF_RECORDER], preloaded)
    _rehearse()
    loaded = look(preloaded.read, asked)
    gc.collect()
    gc.freeze()  # the pages of what is loaded stay shared when a kernel collects its garbage
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    Path(order["socket"]).unlink(missing_ok=True)
    listening.bind(order["socket"])
    listening.listen(16)
    return ForkServer(listening=listening, loaded=loaded, preloaded=preloaded, order=order)


def _rehearse() -> None:
    """Do what every kernel does for the first time: those that are forked keep what came of it."""
    from nbmlops.store.catalog.sqlite_texts import texts  # imported, and noted, by now

    describe()  # what is installed: kernels look again, and read what has changed
    list(tokenize.generate_tokens(io.StringIO("a = 1\n").readline))  # compiles its patterns
    texts()
    looks.prepare()
    places.libraries()
    note_foreign()
    note_files()


if __name__ == "__main__":
    main()
