"""What a scheduler tells whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

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
