"""How much more a store may take."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from nbmlops.errors import StoreError
from nbmlops.store.objects.base import ObjectStore

_FRESH = 60.0
"""Seconds for which a measure is used again, at least."""

_RARELY = 300
"""How many times as long as it takes a measure is used: pages of a bucket cost time and money."""


class StoreAllowance:
    """Knows whether a store has reached the size that its project allows.

    - measures in a thread of its own, at most once a minute, and more rarely where to measure
      takes long: nobody waits for it, and what is written in the meantime may pass the limit.

    Args:
        objects: the store.
        limit: the bytes that it may take.
    """

    def __init__(self, objects: ObjectStore, *, limit: int) -> None:
        self._objects = objects
        self._limit = limit
        self._taken = 0
        self._measured_at = float("-inf")
        self._fresh = _FRESH

    def is_spent(self) -> bool:
        """Whether the store took all that it may when it was last measured."""
        if time.monotonic() - self._measured_at > self._fresh:
            self._measured_at = time.monotonic()
            threading.Thread(target=self.measure, name="nbmlops-allowance", daemon=True).start()
        return self._taken >= self._limit

    def measure(self) -> None:
        """Look at what the store takes now."""
        begun = time.monotonic()
        with suppress(StoreError):  # in a bucket that cannot be asked there is room for what waits
            self._taken = self._objects.taken()
        self._measured_at = time.monotonic()
        self._fresh = max(_FRESH, _RARELY * (self._measured_at - begun))
