"""What a run that a schedule starts is for."""

from __future__ import annotations

from datetime import datetime

from nbmlops.domain.parameters import Occasion
from nbmlops.domain.schedules import Fire, Schedule
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.timezones import zone


def trigger_of(schedule_id: int) -> str:
    """What a run says that a schedule started: ``schedule:7``."""
    return f"schedule:{schedule_id}"


def started_by(schedule: Schedule) -> str:
    """What a run of it says: ``schedule:7``, or ``backfill:8``."""
    return f"backfill:{schedule.id}" if schedule.backfill else trigger_of(schedule.id)


def occasion_of(schedule: Schedule, fire: Fire) -> Occasion:
    """What the run of a due time is for: the time since the due time before it.

    Args:
        schedule: whose due time it is.
        fire: the due time; it may say itself where its interval begins.

    Returns:
        Times in the schedule's zone, so that its days are those of its clock.
    """
    if fire.interval_start is None:
        trigger = CronTrigger(schedule.cron, schedule.timezone)
        return occasion_at(trigger, fire.due_at, by=started_by(schedule))
    place = zone(schedule.timezone)
    due = fire.due_at.astimezone(place)
    return Occasion(
        logical_date=due,
        interval_start=fire.interval_start.astimezone(place),
        interval_end=due,
        trigger=started_by(schedule),
    )


def occasion_at(trigger: CronTrigger, due_at: datetime, *, by: str = "schedule") -> Occasion:
    """As `occasion_of`, of a schedule that has yet to be made."""
    place = zone(trigger.timezone)
    due = due_at.astimezone(place)
    return Occasion(
        logical_date=due,
        interval_start=(trigger.last_before(due_at) or due_at).astimezone(place),
        interval_end=due,
        trigger=by,
    )
