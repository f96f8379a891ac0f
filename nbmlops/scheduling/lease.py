"""A worker's claim on a due time, kept alive while its run goes on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from nbmlops.domain.clock import Clock
from nbmlops.errors import StoreError
from nbmlops.store.catalog.schedules import ScheduleRecords

LEASE = timedelta(seconds=8)
"""How long a worker may be silent before its due time is taken over.

With the start of the next worker it stays below ten seconds.
"""


class Lease:
    """Renews a claim from a thread; a context manager.

    Args:
        length: how far each renewal reaches; it is renewed four times as often.
        on_lost: called, once and in that thread, when another process has taken over.
    """

    def __init__(
        self,
        records: ScheduleRecords,
        fire_id: int,
        token: int,
        *,
        clock: Clock,
        length: timedelta = LEASE,
        on_lost: Callable[[], None],
    ) -> None:
        self._records = records
        self._fire_id = fire_id
        self._token = token
        self._clock = clock
        self._length = length
        self._on_lost = on_lost
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="nbmlops-lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._ended.wait(self._length.total_seconds() / 4):
            # A store that cannot be written now cannot be claimed from either: try again.
            with contextlib.suppress(StoreError):
                if not self.renew():
                    self._on_lost()
                    return

    def begin(self) -> bool:
        """Take the claim over and count the attempt; ``False`` where another process has it."""
        return self._records.begin(self._fire_id, self._token, self._until())

    def renew(self) -> bool:
        """Renew now; ``False`` where another process has taken over."""
        return self._records.renew(self._fire_id, self._token, self._until())

    def _until(self) -> datetime:
        return self._clock() + self._length
