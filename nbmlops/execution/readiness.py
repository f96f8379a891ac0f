"""When a kernel that was started can take its first cell."""

from __future__ import annotations

import asyncio
import os
import time
from itertools import count
from queue import Empty
from typing import Any

from jupyter_core.utils import ensure_async

_ASK_AGAIN = 1.0
_LISTEN = 0.2
_LOOK = 0.004
_LOOKS_PER_QUESTION = 25
"""Whether it lives is asked seldom: it costs fifty times as much as to look for a socket."""


async def first_answer(manager: Any, client: Any, patience: float) -> dict[str, Any]:
    """Wait until a kernel answers and what it publishes arrives.

    jupyter_client waits longer, until nothing has arrived for a fifth of a second; here it is
    known what has to arrive.

    Args:
        manager: the kernel's manager.
        client: its client, whose channels are started here.
        patience: how long to wait, in seconds.

    Returns:
        What the kernel says of itself.

    Raises:
        RuntimeError: it died, or did not answer in time.
    """
    until = time.monotonic() + patience
    await _bound(manager, until)
    client.start_channels()
    while True:
        request = client.kernel_info()
        content = await _reply(client, request)
        if content is not None and await _is_heard(client, request):
            return content
        if not await ensure_async(manager.is_alive()):
            raise RuntimeError("it died before it answered")
        if time.monotonic() > until:
            raise RuntimeError(f"it did not answer in {patience:g} seconds")


async def _bound(manager: Any, until: float) -> None:
    """Wait for the sockets of a kernel: who connects too early tries again rather late."""
    if manager.transport != "ipc":
        return
    # the one that a kernel makes last comes first: until it is there, no other is looked for
    ports = (manager.hb_port, manager.iopub_port, manager.shell_port)
    sockets = [f"{manager.ip}-{port}" for port in ports]
    for look in count(1):
        if all(map(os.path.exists, sockets)) or time.monotonic() > until:
            return
        if look % _LOOKS_PER_QUESTION == 0 and not await ensure_async(manager.is_alive()):
            return
        await asyncio.sleep(_LOOK)


async def _reply(client: Any, request: str) -> dict[str, Any] | None:
    until = time.monotonic() + _ASK_AGAIN
    while (left := until - time.monotonic()) > 0:
        try:
            message = await ensure_async(client.get_shell_msg(timeout=left))
        except Empty:
            return None
        if message["parent_header"].get("msg_id") == request:
            return dict(message["content"])
    return None


async def _is_heard(client: Any, request: str) -> bool:
    while True:
        try:
            message = await ensure_async(client.get_iopub_msg(timeout=_LISTEN))
        except Empty:
            return False
        if (
            message["parent_header"].get("msg_id") == request
            and message["content"].get("execution_state") == "idle"
        ):
            return True
