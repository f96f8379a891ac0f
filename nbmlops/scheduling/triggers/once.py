"""A single due time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from nbmlops.errors import UsageError
from nbmlops.scheduling.timezones import zone


@dataclass(frozen=True, slots=True)
class OnceTimes:
    """One point in time."""

    at: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        """The point, where it is later."""
        return self.at if self.at > moment else None

    def last_before(self, moment: datetime) -> datetime | None:
        """The point, where it is earlier."""
        return self.at if self.at < moment else None

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The point, where it is later than ``start`` and not later than ``end``."""
        if start < self.at <= end:
            yield self.at


def moment_of(text: str, now: datetime, timezone: str) -> datetime:
    """Read a point in time to come: ``2026-12-24T18:00``, in the time zone where it names none.

    Of two equal times of a clock that is put back it is the first; one that is left out when a
    clock is put forward is refused.

    Raises:
        UsageError: it is no point in time, has passed, or the clock never shows it.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no point in time.", cure="Write for example 2026-12-24T18:00."
        ) from error
    if found.tzinfo is None:
        found = _shown(found, timezone)
    if found <= now:
        raise UsageError(f"{text} has passed.", cure="Name a time that is to come.")
    return found.astimezone(UTC)


def _shown(wall: datetime, timezone: str) -> datetime:
    place = zone(timezone)
    point = wall.replace(tzinfo=place).astimezone(UTC)
    if point.astimezone(place).replace(tzinfo=None) != wall:
        raise UsageError(
            f"The clock of {timezone} never shows {wall:%Y-%m-%d %H:%M}: it is put forward then.",
            cure="Name another time.",
        )
    return point
