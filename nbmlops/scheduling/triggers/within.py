"""The hours and days within which a schedule may fire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Protocol

from nbmlops.domain.triggers import Within
from nbmlops.errors import UsageError
from nbmlops.scheduling.timezones import zone
from nbmlops.scheduling.triggers.base import Times

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WEEKEND = 5
_FARTHEST = 4 * 366
"""Days to look ahead for one on which a schedule may fire."""
_FEWEST = 1000
"""Due times outside, one after the other, behind which nothing is looked for in the past."""
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")


class Calendar(Protocol):
    """Knows the holidays of a country or region."""

    def __contains__(self, day: object) -> bool:
        """Whether a day is a holiday."""

    def is_working_day(self, key: date) -> bool:
        """Whether people work there on that day."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Says when a schedule may fire.

    Args:
        within: the hours and days.
        timezone: of the schedule, on whose clock they are.

    Raises:
        UsageError: an hour, or the name of a country, is wrong, or holidays are asked for where
            the package that knows them is missing.
    """

    within: Within
    timezone: str

    def __post_init__(self) -> None:
        if self.within.start:
            hours_of(f"{self.within.start}-{self.within.end}")
        if self.within.holidays:
            calendar(self.within.holidays)

    @property
    def always(self) -> bool:
        """Whether it stands open at all times."""
        return self.within == Within()

    def is_open(self, moment: datetime) -> bool:
        """Whether a schedule may fire at that time."""
        if self.always:
            return True
        local = moment.astimezone(zone(self.timezone))
        if not self.within.start:
            return self._counts(local.date())
        start, end = clock_time(self.within.start), clock_time(self.within.end)
        now = local.time()
        if start < end:
            return start <= now < end and self._counts(local.date())
        began = local.date() if now >= start else local.date() - timedelta(days=1)
        return (now >= start or now < end) and self._counts(began)

    def next_open(self, moment: datetime) -> datetime | None:
        """The first minute, from that time on, at which it may; ``None`` if there is none."""
        if self.is_open(moment):
            return moment
        place = zone(self.timezone)
        first = moment.astimezone(place).date()
        for number in range(_FARTHEST):
            day = first + timedelta(days=number)
            if not self._counts(day) and not (number == 0 and self._counts(day - timedelta(1))):
                continue
            midnight = datetime.combine(day, time(), place).astimezone(UTC)
            for minute in range(26 * 60):
                point = midnight + timedelta(minutes=minute)
                if point > moment and self.is_open(point):
                    return point
        return None

    def _counts(self, day: date) -> bool:
        if self.within.days and day.weekday() not in self.within.days:
            return False
        if not self.within.holidays:
            return not (self.within.business_days and day.weekday() >= _WEEKEND)
        known = calendar(self.within.holidays)
        return known.is_working_day(day) if self.within.business_days else day not in known


@dataclass(frozen=True, slots=True)
class TimesWithin:
    """Those of the due times at which a schedule may fire."""

    times: Times
    gate: Gate

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due time inside that is later; ``None`` where there is none for years."""
        due = self.times.next_after(moment)
        end = moment + timedelta(days=_FARTHEST)
        while due is not None and due < end and not self.gate.is_open(due):
            opening = self.gate.next_open(due)
            if opening is None:
                return None
            due = self.times.next_after(opening - timedelta(microseconds=1))
        return due if due is not None and self.gate.is_open(due) else None

    def last_before(self, moment: datetime) -> datetime | None:
        """The last due time inside that is earlier; ``None`` where there is none nearby."""
        for _ in range(_FEWEST):
            due = self.times.last_before(moment)
            if due is None or self.gate.is_open(due):
                return due
            moment = due
        return None

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Each due time inside, later than ``start`` and not later than ``end``, in order."""
        return takewhile(lambda due: due <= end, self._after(start))

    def _after(self, moment: datetime) -> Iterator[datetime]:
        due = self.next_after(moment)
        while due is not None:
            yield due
            due = self.next_after(due)


def hours_of(text: str) -> tuple[str, str]:
    """Read ``08:00-18:00``.

    Raises:
        UsageError: it is not two times of a day, or they are the same.
    """
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} are no hours of a day.", cure="Write --between 08:00-18:00.")
    start, end = clock_time(found[1]), clock_time(found[2])
    if start == end:
        raise UsageError(f"{text!r} begins where it ends.", cure="Leave --between out.")
    return f"{start:%H:%M}", f"{end:%H:%M}"


def days_of(text: str) -> tuple[int, ...]:
    """Read ``mon-fri`` or ``mon,wed,fri``.

    Raises:
        UsageError: a day has another name.
    """
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        begin, end = _day(first, text), _day(last or first, text)
        past_sunday = len(DAYS) if end < begin else 0
        found.update(number % len(DAYS) for number in range(begin, end + past_sunday + 1))
    return tuple(sorted(found))


def clock_time(text: str) -> time:
    """Read ``08:00``.

    Raises:
        UsageError: it is no time of a day.
    """
    hour, _, minute = text.partition(":")
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no time of a day.", cure="Write for example 08:00."
        ) from error


@lru_cache(maxsize=64)
def calendar(place: str) -> Calendar:
    """The holidays of ``DE`` or ``DE-BE``.

    Raises:
        UsageError: that country or region is not known, or the package that knows is missing.
    """
    try:
        import holidays
    except ImportError as error:
        raise UsageError(
            "Holidays are known to the package holidays, which is not installed.",
            cure="Install it: pip install 'nbmlops[holidays]'.",
        ) from error
    country, _, region = place.upper().partition("-")
    try:
        found: Calendar = holidays.country_holidays(country, subdiv=region or None)
    except NotImplementedError as error:
        raise UsageError(
            f"The holidays of {place!r} are not known.",
            cure="Write a country, or a country and a region: DE, DE-BE, US-CA.",
        ) from error
    return found


def _day(name: str, text: str) -> int:
    if name[:3] not in DAYS or len(name) < len("mon"):
        raise UsageError(f"{text!r} are no weekdays.", cure="Write --days mon-fri or mon,wed,fri.")
    return DAYS.index(name[:3])
