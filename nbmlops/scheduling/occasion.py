"""What a run that a schedule starts is for."""

from __future__ import annotations

from datetime import datetime

from nbmlops.domain.parameters import Occasion
from nbmlops.domain.schedules import Schedule
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.timezones import zone


def trigger_of(schedule_id: int) -> str:
    """What a run says that a schedule started: ``schedule:7``."""
    return f"schedule:{schedule_id}"


def occasion_of(schedule: Schedule, due_at: datetime) -> Occasion:
    """What the run of a due time is for: the time since the due time before it.

    Args:
        schedule: whose due time it is.
        due_at: the due time.

    Returns:
        Times in the schedule's zone, so that its days are those of its clock.
    """
    trigger = CronTrigger(schedule.cron, schedule.timezone)
    return occasion_at(trigger, due_at, started_by=trigger_of(schedule.id))


def occasion_at(
    trigger: CronTrigger, due_at: datetime, *, started_by: str = "schedule"
) -> Occasion:
    """As `occasion_of`, of a schedule that has yet to be made."""
    place = zone(trigger.timezone)
    due = due_at.astimezone(place)
    return Occasion(
        logical_date=due,
        interval_start=(trigger.last_before(due_at) or due_at).astimezone(place),
        interval_end=due,
        trigger=started_by,
    )
