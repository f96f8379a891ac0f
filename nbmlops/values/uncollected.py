"""Walk large values, and load modules, without stopping for the garbage collector."""

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


@contextmanager
def lasting() -> Iterator[None]:
    """Count what is made meanwhile as old, as it would be after some collections.

    For modules, which stay. The collector goes through all objects whenever a quarter more have
    come than there were: what we load would have it do so once more, in the midst of some cell
    of the user's. Other young objects count as old as well, and if they are garbage they are
    found by the next collection of everything.
    """
    is_on = gc.isenabled()
    with uncollected():
        yield
        if is_on and not gc.get_freeze_count():  # somebody's frozen objects would thaw
            gc.freeze()
            gc.unfreeze()
