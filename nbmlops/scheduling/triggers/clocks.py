"""Due times as events, for schedules that wait for other causes as well."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

from nbmlops.domain.triggers import Cron, Event, Interval, Once
from nbmlops.scheduling.triggers.base import Look
from nbmlops.scheduling.triggers.clockwork import times_of

MOST = 1000
"""Due times that a long time without a scheduler leaves; earlier ones make no difference."""


class ClockWatcher:
    """Notices due times.

    Its cursor is the moment up to which it has looked.

    Args:
        timezone: of the schedule.
    """

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone

    def begin(self, cause: Cron | Interval | Once, now: datetime) -> dict[str, Any]:
        """The present."""
        del cause
        return {"seen": now.isoformat()}

    def look(
        self, number: int, cause: Cron | Interval | Once, cursor: dict[str, Any], now: datetime
    ) -> Look:
        """The due times since the cursor."""
        times = times_of(cause, self._timezone)
        seen = datetime.fromisoformat(cursor["seen"])
        found = deque(times.between(seen, now), maxlen=MOST)
        events = [
            Event(cause=number, key=f"at {due.isoformat()}", at=due, words=f"due {due:%H:%M} UTC")
            for due in found
        ]
        # A cursor is written when something has happened, not each time that nothing has.
        later = {"seen": found[-1].isoformat()} if found else cursor
        return Look(cursor=later, events=tuple(events), again_at=times.next_after(max(seen, now)))
