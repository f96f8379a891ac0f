"""Ask fork servers: for a kernel, for what they are, to stop."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from nbmlops.domain.kernels import ForkServerState
from nbmlops.execution.kernels import places, wire
from nbmlops.execution.kernels.circumstances import Circumstances
from nbmlops.execution.kernels.process import WarmProcess

log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that a server has to answer: it serves one after the other, each in milliseconds."""

IDLE = 600.0
"""Seconds after its last kernel at which a server ends."""

MOST_SERVERS = 4
"""Servers of a user; each takes the memory of what it has imported."""

_MODULE = "nbmlops.execution.kernels.server"


def start_kernel(
    circumstances: Circumstances,
    *,
    command: Sequence[str],
    arguments: Sequence[str],
    environment: Mapping[str, str],
) -> WarmProcess | None:
    """A kernel forked by the server of those circumstances.

    Args:
        circumstances: what the kernel would have been started in.
        command: the words of the command line that a cold start would have.
        arguments: those behind the module's name.
        environment: the kernel's variables, all of them.

    Returns:
        Its process; ``None`` where there is no server, or where it may not serve.
    """
    place = places.place(circumstances.key)
    connection = _connect(place) if place else None
    if connection is None:
        return None
    order = {
        "ask": "kernel",
        "command": list(command),
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": circumstances.folder,
    }
    read, write = os.pipe()  # a kernel's standard input is at its end
    os.close(write)
    try:
        wire.send(connection, order, (read, 1, 2))
        answer, _ = wire.receive(connection)
    except (OSError, EOFError, ValueError, TypeError):
        connection.close()
        return None
    finally:
        os.close(read)
    if "process" not in answer:
        log.info("The kernel starts cold: %s.", answer.get("refused"))
        connection.close()
        return None
    return WarmProcess(int(answer["process"]), connection)


def start_server(circumstances: Circumstances, *, idle: float = IDLE) -> bool:
    """Start the server of those circumstances, unless it lives or is about to.

    It imports in the background and outlives this process.

    Returns:
        Whether one was started: it has its place, and will serve when it has imported.
    """
    place = places.place(circumstances.key)
    if place is None or place.is_taken():
        return False
    _make_room()
    order = {
        "socket": str(place.socket),
        "folder": circumstances.folder,
        "imports": list(circumstances.imports),
        "processors": list(circumstances.processors),
        "idle": idle,
    }
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            [*circumstances.command, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=circumstances.folder,
            env=dict(circumstances.environment),
            start_new_session=True,
        )
    assert process.stdin is not None  # noqa: S101 (it was asked for)
    with process.stdin, suppress(BrokenPipeError):
        process.stdin.write(json.dumps(order).encode())
    return process.wait() == 0  # of what goes on in the background, it is only the beginning


def states() -> list[ForkServerState]:
    """The servers of this user that live, those that have served longest ago first."""
    found = [state for place in places.places() if (state := _ask(place, "status"))]
    return sorted(found, key=lambda state: -state.idle)


def stop_servers(keys: Sequence[str] | None = None) -> list[ForkServerState]:
    """Stop servers; kernels that run go on to their end.

    Args:
        keys: their names; all of this user by default.

    Returns:
        Those that were stopped, as they were.
    """
    found = []
    for place in places.places():
        if keys is None or place.socket.stem in keys:
            state = _ask(place, "stop")
            if state is not None:
                found.append(state)
            elif not place.is_taken():
                place.clear()
    return found


def wait_for_server(circumstances: Circumstances, *, timeout: float) -> bool:
    """Wait until the server of those circumstances serves; whether it does."""
    place = places.place(circumstances.key)
    until = time.monotonic() + timeout
    while place is not None and time.monotonic() < until:
        if _ask(place, "status") is not None:
            return True
        time.sleep(0.05)
    return False


def _make_room() -> None:
    """Stop the servers that have been idle longest, where there are too many."""
    found = states()
    extra = len(found) - MOST_SERVERS + 1
    for state in [state for state in found if not state.kernels][: max(extra, 0)]:
        stop_servers([state.key])


def _ask(place: places.ServerPlace, question: str) -> ForkServerState | None:
    connection = _connect(place)
    if connection is None:
        return None
    with connection:
        try:
            wire.send(connection, {"ask": question})
            answer, _ = wire.receive(connection)
            return _state(place.socket.stem, answer)
        except (OSError, EOFError, ValueError, TypeError, KeyError):
            return None


def _state(key: str, answer: dict[str, Any]) -> ForkServerState:
    return ForkServerState(
        key=key,
        process=answer["process"],
        folder=answer["folder"],
        imports=tuple(answer["imports"]),
        left_out=answer["left_out"],
        kernels=tuple(answer["kernels"]),
        served=answer["served"],
        idle=answer["idle"],
    )


def _connect(place: places.ServerPlace) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE)
    try:
        connection.connect(str(place.socket))
        if wire.peer_uid(connection) == os.getuid():
            return connection
    except OSError:  # nobody listens: it has ended, or not begun
        pass
    connection.close()
    return None
