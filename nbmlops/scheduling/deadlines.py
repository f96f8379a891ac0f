"""When a due time that has not succeeded is late."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from nbmlops.durations import seconds_of
from nbmlops.errors import UsageError
from nbmlops.scheduling.timezones import zone

if TYPE_CHECKING:
    from nbmlops.domain.schedules import Schedule

_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")


def deadline_of(schedule: Schedule, due_at: datetime) -> datetime | None:
    """Until when a due time has to succeed, in UTC; ``None`` where its schedule has no deadline."""
    if schedule.policies.deadline is None:
        return None
    return after(schedule.policies.deadline, due_at, schedule.timezone)


def after(deadline: str, due_at: datetime, timezone: str) -> datetime:
    """The deadline of a due time, in UTC.

    Args:
        deadline: ``07:00``, the next time that the clock shows that; or ``45m`` later.
        due_at: the due time.
        timezone: whose clock it is.

    Raises:
        UsageError: the deadline is neither; says how to write one.
    """
    found = read(deadline)
    if isinstance(found, timedelta):
        return due_at.astimezone(UTC) + found
    place = zone(timezone)
    here = due_at.astimezone(place)
    day = here.date() if found > here.time() else here.date() + timedelta(days=1)
    return datetime.combine(day, found, place).astimezone(UTC)


def read(deadline: str) -> time | timedelta:
    """A time of the day, or a length of time.

    Raises:
        UsageError: it is neither.
    """
    match = _CLOCK.fullmatch(deadline.strip())
    try:
        if match:
            return time(int(match["hour"]), int(match["minute"]))
        length = timedelta(seconds=seconds_of(deadline))
    except (ValueError, UsageError) as error:
        raise UsageError(
            f"{deadline!r} is no deadline.", cure="Write a time such as 07:00, or 45m."
        ) from error
    if not length:
        raise UsageError(f"{deadline!r} leaves no time.", cure="Write at least 1s.")
    return length
