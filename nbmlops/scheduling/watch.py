"""A scheduler that others can find and ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import FireStatus
from nbmlops.scheduling.events import SchedulerEvent
from nbmlops.scheduling.health import Health
from nbmlops.scheduling.listening import TakesCalls, answering
from nbmlops.scheduling.presence import present
from nbmlops.scheduling.scheduler import Scheduler


class Watch:
    """Says that a scheduler is there, and answers for its health where it is asked to.

    Args:
        store: where it says so.
        open_fires: how many due times wait and are being run, by status.
        calls: takes calls of schedules.
        clock: gives the present.
    """

    def __init__(
        self,
        *,
        store: Path,
        open_fires: Callable[[], Mapping[FireStatus, int]],
        calls: TakesCalls,
        clock: Clock,
    ) -> None:
        self._store = store
        self._open_fires = open_fires
        self._calls = calls
        self._clock = clock
        self._health: Health | None = None

    def tell(self, event: SchedulerEvent) -> None:
        """Take in what the scheduler tells."""
        if self._health is not None:
            self._health.count(event)

    @contextmanager
    def over(self, scheduler: Scheduler, listen: str | None) -> Iterator[str]:
        """Watch a scheduler while the context is open; gives the address, empty without one.

        Raises:
            UsageError: nothing can be answered there.
        """
        with ExitStack() as stack:
            address = ""
            if listen:
                self._health = Health(
                    open_fires=self._open_fires,
                    idle=lambda: time.monotonic() - scheduler.turned_at,
                )
                address = stack.enter_context(answering(self._health, self._calls, listen))
            stack.enter_context(present(self._store, self._clock(), address))
            yield address
