"""What a scheduler tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Fire, Schedule
from nbmlops.scheduling.journal import Journal

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
    """Tells events to whoever listens, and writes them into the log.

    Args:
        listener: called with each event; ``None`` where nobody listens.
        journal: takes each event, and what only somebody who looks for a cause wants to know.
    """

    def __init__(
        self,
        clock: Clock,
        listener: Callable[[SchedulerEvent], None] | None,
        journal: Journal,
    ) -> None:
        self._clock = clock
        self._listener = listener
        self._journal = journal

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
        self.note(message, schedule=schedule, fire=fire)
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

    def note(
        self, message: str, *, schedule: Schedule | None = None, fire: Fire | None = None
    ) -> None:
        """Write into the log alone."""
        self._journal.write(f"{due_name(schedule, fire)}: {message}" if schedule else message)

    def tell_skipped(self, schedule: Schedule, fire: Fire, note: str | None) -> None:
        """Tell that a due time is not run, and why."""
        due_at = f"{fire.due_at.astimezone():%Y-%m-%d %H:%M}"
        self.tell("skipped", f"skipped {due_at}: {note}", schedule=schedule, fire=fire)


def due_name(schedule: Schedule, fire: Fire | None) -> str:
    """``flights@2 (schedule 1, due 2026-05-04 06:00:00 UTC)``, for the log."""
    due = f", due {fire.due_at:%Y-%m-%d %H:%M:%S} UTC" if fire else ""
    return f"{schedule.pipeline}@{schedule.version} (schedule {schedule.id}{due})"
