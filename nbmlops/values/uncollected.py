"""Walk large values without stopping for the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector rest, and go on as it was set.

    What takes a value apart makes an object or more for each of its parts and keeps them until it
    is done: the collector would come by again and again, look at everything that the notebook
    holds, and find nothing. References that end free their memory as ever.
    """
    if not gc.isenabled():
        yield
        return
    try:
        gc.disable()
        yield
    finally:
        gc.enable()
