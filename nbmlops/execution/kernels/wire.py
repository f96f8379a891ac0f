"""Messages between a fork server and those that ask it: a length, then JSON; descriptors beside."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
_LARGEST = 16 * 1024 * 1024
_MOST_DESCRIPTORS = 8


def send(
    connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()
) -> None:
    """Send one message, and open files with it.

    Raises:
        OSError: the other side is gone.
    """
    content = json.dumps(message).encode()
    head = _LENGTH.pack(len(content))
    if descriptors:
        socket.send_fds(connection, [head], list(descriptors))
        connection.sendall(content)
    else:
        connection.sendall(head + content)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for one message.

    Returns:
        The message, and the descriptors that came with it.

    Raises:
        EOFError: the other side has closed.
        ValueError: what came is no message.
        OSError: nothing came in the connection's time.
    """
    head, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, _MOST_DESCRIPTORS)
    head += _exactly(connection, _LENGTH.size - len(head))
    (length,) = _LENGTH.unpack(head)
    if length > _LARGEST:
        raise ValueError("a message of that length is none of ours")
    message = json.loads(_exactly(connection, length))
    if not isinstance(message, dict):
        raise TypeError("a message is an object")
    return message, descriptors


def peer_uid(connection: socket.socket) -> int:
    """The user who owns the process on the other side, as the kernel of the system says."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


_CREDENTIALS = struct.Struct("3i")


def _exactly(connection: socket.socket, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        part = connection.recv(count - len(content))
        if not part:
            raise EOFError
        content += part
    return bytes(content)
