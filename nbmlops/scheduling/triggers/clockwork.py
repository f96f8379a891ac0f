"""The due times of all the clocks of a schedule."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile

from nbmlops.domain.schedules import Schedule
from nbmlops.domain.triggers import Cron, Interval, Once, Trigger
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.triggers.base import Times
from nbmlops.scheduling.triggers.interval import IntervalTimes
from nbmlops.scheduling.triggers.once import OnceTimes
from nbmlops.scheduling.triggers.within import Gate, TimesWithin


@dataclass(frozen=True, slots=True)
class MergedTimes:
    """The due times of several clocks in one order; what two of them name is due once."""

    clocks: tuple[Times, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due time later than ``moment``; ``None`` where no clock has another."""
        return next(self._after(moment), None)

    def last_before(self, moment: datetime) -> datetime | None:
        """The last due time earlier than ``moment``; ``None`` where there is none."""
        found = [clock.last_before(moment) for clock in self.clocks]
        return max((due for due in found if due is not None), default=None)

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Each due time later than ``start`` and not later than ``end``, in order."""
        return takewhile(lambda due: due <= end, self._after(start))

    def _after(self, moment: datetime) -> Iterator[datetime]:
        latest = moment
        for due in heapq.merge(*(_walk(clock, moment) for clock in self.clocks)):
            if due > latest:
                latest = due
                yield due


def times_of(cause: Cron | Interval | Once, timezone: str) -> Times:
    """The due times of one cause.

    Raises:
        CronError: a cron expression, or the time zone, is wrong.
    """
    match cause:
        case Cron():
            return CronTrigger(cause.expression, timezone)
        case Interval():
            return IntervalTimes(cause.seconds, cause.anchor)
        case Once():
            return OnceTimes(cause.at)


def clockwork(trigger: Trigger, timezone: str) -> Times | None:
    """The due times that are fires by themselves; ``None`` where events alone decide.

    Raises:
        UsageError: a cron expression, the time zone or a calendar is wrong.
    """
    if not trigger.clockwork:
        return None
    clocks = tuple(times_of(cause, timezone) for cause in trigger.times)
    times = clocks[0] if len(clocks) == 1 else MergedTimes(clocks)
    gate = Gate(trigger.within, timezone)
    return times if gate.always else TimesWithin(times, gate)


def clockwork_of(schedule: Schedule) -> Times | None:
    """As `clockwork`, of a schedule."""
    return clockwork(schedule.trigger, schedule.timezone)


def upcoming(times: Times, count: int, after: datetime) -> list[datetime]:
    """The next due times, ``count`` of them at most."""
    return list(islice(_walk(times, after), count))


def _walk(times: Times, moment: datetime) -> Iterator[datetime]:
    due = times.next_after(moment)
    while due is not None:
        yield due
        due = times.next_after(due)
