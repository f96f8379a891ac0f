"""What is said of a verb that was stopped with Ctrl-C, or with the stop button of a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nbmlops.errors import StoppedError

NOTHING_RECORDED = "Stopped; nothing was recorded."
DONE_BY_THEN = "Stopped; what is above was done by then."


@contextmanager
def stoppable(told: str = NOTHING_RECORDED) -> Iterator[None]:
    """End the verb in one sentence where it is stopped.

    Args:
        told: what is true wherever it is stopped inside.

    Raises:
        StoppedError: it was stopped.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(told) from None
