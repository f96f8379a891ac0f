"""Due times that follow each other after a fixed length of elapsed time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nbmlops.durations import as_written
from nbmlops.errors import UsageError
from nbmlops.scheduling.timezones import zone

SHORTEST = 1.0
"""Seconds; what comes faster than a process can be started is no schedule."""

_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class IntervalTimes:
    """``anchor``, and every so many seconds before and after it.

    Elapsed time is counted: where clocks are changed, an interval stays as long as it is.
    """

    seconds: float
    anchor: datetime

    def next_after(self, moment: datetime) -> datetime:
        """The first due time later than ``moment``, in UTC."""
        return self._number(math.floor(self._steps(moment)), later_than=moment)

    def last_before(self, moment: datetime) -> datetime:
        """The last due time earlier than ``moment``, in UTC."""
        number = math.ceil(self._steps(moment)) + 1
        while self._at(number) >= moment:
            number -= 1
        return self._at(number)

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Each due time later than ``start`` and not later than ``end``, in UTC."""
        due = self.next_after(start)
        while due <= end:
            yield due
            due = self.next_after(due)

    def _steps(self, moment: datetime) -> float:
        return (moment - self.anchor).total_seconds() / self.seconds

    def _number(self, number: int, *, later_than: datetime) -> datetime:
        # The quotient is rounded: a step too early or too late is put right here.
        number -= 1
        while (due := self._at(number)) <= later_than:
            number += 1
        return due

    def _at(self, number: int) -> datetime:
        return self.anchor.astimezone(UTC) + timedelta(seconds=self.seconds * number)


def anchor_of(seconds: float, now: datetime, timezone: str) -> datetime:
    """From when an interval counts that is made now.

    What divides a day counts from the midnight before, so that ``15m`` is due on the quarters of
    the hour; anything else from now.

    Raises:
        UsageError: the interval is too short.
    """
    if seconds < SHORTEST:
        raise UsageError(
            f"An interval of {as_written(seconds)} is too short.",
            cure="Write one second or more: --every 1s.",
        )
    if (_DAY / seconds).is_integer():
        local = now.astimezone(zone(timezone))
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
    return now.astimezone(UTC).replace(microsecond=0)
