"""When to give up a value: after so much work of this thread, not so much time by the clock."""

from __future__ import annotations

from time import perf_counter, thread_time

PATIENCE = 3
"""How many times as long by the clock the work may take that a quiet machine does at once."""


class Deadline:
    """The time in which a value is to be looked at.

    A machine that is busy, or a disk that is slow, takes longer for the same work: a value has its
    fingerprint there as well, unless it takes `PATIENCE` times as long.

    Attributes:
        at: the moment, in `time.perf_counter` seconds, before which it certainly has not passed.

    Args:
        until: when a quiet machine would be done, in `time.perf_counter` seconds.
    """

    __slots__ = ("_latest", "_work", "at")

    def __init__(self, until: float) -> None:
        now = perf_counter()
        self.at = until
        self._work = thread_time() + until - now
        self._latest = now + PATIENCE * (until - now)

    def has_passed(self, more: float = 0.0) -> bool:
        """Whether there is no time left, or not enough for so many more seconds of work."""
        now = perf_counter()
        if now + more <= self.at:
            return False
        left = min(self._work - thread_time(), self._latest - now)
        self.at = max(self.at, now + left)
        return left < more or left <= 0
