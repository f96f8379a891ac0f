"""What a scheduler tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Fire, Schedule

EventKind = Literal[
    "due", "started", "succeeded", "failed", "skipped", "lost", "paused", "waiting", "stopping"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerEvent:
    """Something happened to a due time, or to the scheduler where ``subject`` is empty.

    ``subject`` is a pipeline version such as ``flights@2``; ``run`` a run such as ``flights#3``.
    """

    at: datetime
    kind: EventKind
    message: str
    subject: str = ""
    due_at: datetime | None = None
    run: str | None = None

    @property
    def line(self) -> str:
        """``06:00:00 flights@2 started run flights#3``, in the machine's time zone."""
        words = [f"{self.at.astimezone():%H:%M:%S}", self.subject, self.message]
        return " ".join(word for word in words if word)


class Reporter:
    """Tells events to whoever listens.

    Args:
        listener: called with each event; ``None`` where nobody listens.
    """

    def __init__(self, clock: Clock, listener: Callable[[SchedulerEvent], None] | None) -> None:
        self._clock = clock
        self._listener = listener

    def tell(
        self,
        kind: EventKind,
        message: str,
        *,
        schedule: Schedule | None = None,
        fire: Fire | None = None,
        run: str | None = None,
    ) -> None:
        """Tell that something happened, to a due time of a schedule where there is one."""
        if self._listener is None:
            return
        self._listener(
            SchedulerEvent(
                at=self._clock(),
                kind=kind,
                message=message,
                subject=f"{schedule.pipeline}@{schedule.version}" if schedule else "",
                due_at=fire.due_at if fire else None,
                run=run,
            )
        )

    def tell_skipped(self, schedule: Schedule, fire: Fire, note: str | None) -> None:
        """Tell that a due time is not run, and why."""
        due_at = f"{fire.due_at.astimezone():%Y-%m-%d %H:%M}"
        self.tell("skipped", f"skipped {due_at}: {note}", schedule=schedule, fire=fire)
