"""The ports behind which the kinds of triggers stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from nbmlops.domain.triggers import Event


class Times(Protocol):
    """Points in time that the clock alone decides, all in UTC."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first that is later than ``moment``; ``None`` where there is no other."""

    def last_before(self, moment: datetime) -> datetime | None:
        """The last that is earlier than ``moment``; ``None`` where there is none."""

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Each that is later than ``start`` and not later than ``end``, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at one cause has found.

    Attributes:
        cursor: how far it has been looked at now; kept together with what follows from the
            events, so that a look is repeated where the scheduler dies in between.
        events: what has happened since the cursor before, in order.
        again_at: when to look again by the clock, besides whenever something stirs.
    """

    cursor: dict[str, Any]
    events: tuple[Event, ...] = ()
    again_at: datetime | None = None


class Watcher(Protocol):
    """Notices what happens to the causes of one kind.

    It keeps nothing that matters: all that it knows is in the cursor.
    """

    def begin(self, cause: Any, now: datetime) -> dict[str, Any]:
        """The cursor behind all that has happened so far."""

    def look(self, number: int, cause: Any, cursor: dict[str, Any], now: datetime) -> Look:
        """What has happened since a cursor, to the cause of that number."""
