"""The end of a kernel in which a run has executed its notebook."""

from __future__ import annotations

import inspect
from typing import Any


def end_quietly(kernel: Any) -> None:
    """Spare the reader of a run what a kernel says of its own end.

    ipykernel warns of its own way to end. Where the notebook turns warnings into errors, that
    fails, and its traceback would be all that is seen of a run that went well. And it writes to
    sockets which its main thread closes meanwhile: now and then that fails, likewise.

    Args:
        kernel: ipykernel's.
    """
    end, process = kernel.do_shutdown, kernel.process_control
    ends = False

    async def do_shutdown(restart: bool) -> Any:  # noqa: FBT001 (ipykernel's)
        nonlocal ends
        result = end(restart)
        if inspect.isawaitable(result):
            result = await result
        ends = True
        return result

    async def process_control(message: Any) -> None:
        try:
            await process(message)
        except Exception:
            if not ends:
                raise

    kernel.do_shutdown, kernel.process_control = do_shutdown, process_control
