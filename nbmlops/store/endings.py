"""What recording does when the process ends, behind one exit handler.

Python only tells how many handlers it was ever given. If threads that come and go gave it one each
time, the cells that run meanwhile would be taken for those that did.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache

_endings: list[Callable[[], None]] = []


def at_the_end(do: Callable[[], None]) -> None:
    """Do something when the process ends, once, before what was asked for earlier."""
    not_at_the_end(do)
    _endings.append(do)
    _register()


def not_at_the_end(do: Callable[[], None]) -> None:
    """Do it no more."""
    if do in _endings:
        _endings.remove(do)


@cache
def _register() -> None:
    atexit.register(_end)


def _end() -> None:
    with ExitStack() as stack:
        for do in _endings:
            stack.callback(do)
