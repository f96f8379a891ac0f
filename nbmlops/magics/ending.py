"""The end of a kernel in which a run has executed its notebook."""

from __future__ import annotations

import inspect
from typing import Any


def end_quietly(kernel: Any) -> None:
    """Spare the kernel a warning about itself when it is asked to end.

    ipykernel warns of its own way to end. Where the notebook turns warnings into errors, that
    fails, and its traceback would be all that is seen of a run that went well.

    Args:
        kernel: ipykernel's.
    """
    end = kernel.do_shutdown
    if inspect.iscoroutinefunction(end):
        return

    async def do_shutdown(restart: bool) -> Any:  # noqa: FBT001 (ipykernel's)
        return end(restart)

    kernel.do_shutdown = do_shutdown
