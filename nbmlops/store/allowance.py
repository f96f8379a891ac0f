"""How much more a store may take."""

from __future__ import annotations

import threading
import time

from nbmlops.store.objects.base import ObjectStore

_FRESH = 60.0
"""Seconds for which a measure is used again."""


class StoreAllowance:
    """Knows whether a store has reached the size that its project allows.

    - measures in a thread of its own, at most once a minute: nobody waits for it, and what is
      written in the meantime may pass the limit.

    Args:
        objects: the store.
        limit: the bytes that it may take.
    """

    def __init__(self, objects: ObjectStore, *, limit: int) -> None:
        self._objects = objects
        self._limit = limit
        self._taken = 0
        self._measured_at = float("-inf")

    def is_spent(self) -> bool:
        """Whether the store took all that it may when it was last measured."""
        if time.monotonic() - self._measured_at > _FRESH:
            self._measured_at = time.monotonic()
            threading.Thread(target=self.measure, name="nbmlops-allowance", daemon=True).start()
        return self._taken >= self._limit

    def measure(self) -> None:
        """Look at what the store takes now."""
        self._taken = self._objects.taken()
        self._measured_at = time.monotonic()
