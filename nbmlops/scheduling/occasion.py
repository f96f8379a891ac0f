"""What a run that a schedule starts is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import chain

from nbmlops.domain.parameters import Occasion
from nbmlops.domain.schedules import Fire, Schedule
from nbmlops.domain.triggers import FilesChanged, Trigger
from nbmlops.scheduling.timezones import zone
from nbmlops.scheduling.triggers.clockwork import clockwork, clockwork_of


def trigger_of(schedule_id: int) -> str:
    """What a run says that a schedule started: ``schedule:7``."""
    return f"schedule:{schedule_id}"


def started_by(schedule: Schedule) -> str:
    """What a run of it says: ``schedule:7``, ``backfill:8``, or ``job`` for one by itself."""
    if schedule.on_demand:
        return "job"
    return f"backfill:{schedule.id}" if schedule.backfill else trigger_of(schedule.id)


def occasion_of(schedule: Schedule, fire: Fire) -> Occasion:
    """What the run of a due time is for: the time since the due time before it.

    Args:
        schedule: whose due time it is.
        fire: the due time; it may say itself where its interval begins, and which files changed.

    Returns:
        Times in the schedule's zone, so that its days are those of its clock.
    """
    start = fire.interval_start
    if start is None:
        times = clockwork_of(schedule)
        start = times.last_before(fire.due_at) if times else None
    found = occasion_at(fire.due_at, start, schedule.timezone, by=started_by(schedule))
    return replace(found, changed_files=fire.files)


def first_occasion(trigger: Trigger, timezone: str, now: datetime) -> Occasion:
    """What the first run of a schedule that is made now would be for, as far as can be known."""
    times = clockwork(trigger, timezone)
    due_at = (times.next_after(now) if times else None) or now
    start = times.last_before(due_at) if times else None
    patterns = [one.patterns for one in trigger.causes if isinstance(one, FilesChanged)]
    found = occasion_at(due_at, start, timezone)
    return replace(found, changed_files=tuple(chain.from_iterable(patterns)))


def occasion_at(
    due_at: datetime, start: datetime | None, timezone: str, *, by: str = "schedule"
) -> Occasion:
    """An occasion whose interval begins at ``start``, or is empty where that is ``None``."""
    place = zone(timezone)
    due = due_at.astimezone(place)
    return Occasion(
        logical_date=due,
        interval_start=(start or due_at).astimezone(place),
        interval_end=due,
        trigger=by,
    )
