"""When a cron expression is due, in a time zone."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from nbmlops.errors import CronError
from nbmlops.scheduling.timezones import zone

NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_CURE = (
    "Write five fields - minute (0-59), hour (0-23), day of month (1-31), month (1-12), day of "
    f"week (0-7) - such as '0 6 * * *', or one of {', '.join(NICKNAMES)}."
)
_SOME_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 (wall-clock time, in no zone)
_REACHES = tuple(timedelta(days=days) for days in (1 / 24, 1, 8, 32, 367, 8 * 366))
"""How far to look back for the last due time, by and by; a leap day may be eight years ago."""
_LONGEST_SHIFT = timedelta(hours=3)
"""No clock in use is put back by more."""


@dataclass(frozen=True, slots=True)
class CronTrigger:
    """A cron expression on the wall clock of a time zone.

    Five fields as in Debian's cron, a sixth in front for seconds, or a nickname. Where the clock
    is changed, Debian's rule holds:

    - *Appointments*, whose minute and hour are both given (``30 2 * * *``), happen exactly once:
      at the first of two equal times when the clock is put back, and at the end of the gap when
      they fall into the hour that is left out.
    - *Intervals*, whose minute or hour begins with a star (``*/10 * * * *``), follow elapsed
      time: they go on through the repeated hour and have nothing to make up for in the gap.

    Args:
        expression: what is written above.
        timezone: an IANA name.

    Raises:
        CronError: the expression is wrong or never due, or there is no such time zone.
    """

    expression: str
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        zone(self.timezone)
        _check(self.expression)

    def next_after(self, moment: datetime) -> datetime:
        """The first due time later than ``moment``, in UTC."""
        return next(self._after(moment))

    def last_before(self, moment: datetime) -> datetime | None:
        """The last due time earlier than ``moment``, in UTC; ``None`` where there is none."""
        for reach in _REACHES:
            start, earlier = moment - reach, None
            for due in self.between(start, moment - timedelta(microseconds=1)):
                earlier = due
            if earlier is not None:
                return earlier
        return None

    def upcoming(self, count: int, after: datetime) -> list[datetime]:
        """The next ``count`` due times, in UTC."""
        return list(islice(self._after(after), count))

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Each due time later than ``start`` and not later than ``end``, in UTC."""
        return takewhile(lambda due: due <= end, self._after(start))

    def in_words(self) -> str:
        """The expression as an English phrase, with its time zone."""
        return f"{CronSim(_fields(self.expression), _SOME_TIME).explain()} ({self.timezone})"

    def _after(self, moment: datetime) -> Iterator[datetime]:
        latest = moment
        for due in self._instants(moment):
            if due > latest:
                latest = due
                yield due

    def _instants(self, moment: datetime) -> Iterator[datetime]:
        """What the wall clock says, as points in time, in order.

        cronsim does the calendar only: it steps over half-hour clock changes wrongly.
        """
        place = zone(self.timezone)
        resolve = _once if _is_appointment(self.expression) else _as_often_as_it_shows
        repeated: list[datetime] = []
        for wall in CronSim(_fields(self.expression), _start(moment, place)):
            points = resolve(wall, place)
            while repeated and points and repeated[0] <= points[0]:
                yield heapq.heappop(repeated)
            for point in points:
                heapq.heappush(repeated, point)
            if len(repeated) == 1:
                yield repeated.pop()


def _start(moment: datetime, place: ZoneInfo) -> datetime:
    """The wall clock at ``moment``, put back by as much as it is about to be put back."""
    now = moment.astimezone(place)
    soon = (moment.astimezone(UTC) + _LONGEST_SHIFT).astimezone(place)
    offsets = (now.utcoffset() or timedelta()), (soon.utcoffset() or timedelta())
    return now.replace(tzinfo=None) - max(timedelta(), offsets[0] - offsets[1])


def _once(wall: datetime, place: ZoneInfo) -> list[datetime]:
    while not (points := _as_often_as_it_shows(wall, place)):
        wall = wall.replace(second=0) + timedelta(minutes=1)
    return points[:1]


def _as_often_as_it_shows(wall: datetime, place: ZoneInfo) -> list[datetime]:
    points = {wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(point for point in points if _wall_clock(point, place) == wall)


def _wall_clock(point: datetime, place: ZoneInfo) -> datetime:
    return point.astimezone(place).replace(tzinfo=None)


def _fields(expression: str) -> str:
    return NICKNAMES.get(expression.strip().lower(), expression)


def _is_appointment(expression: str) -> bool:
    minute, hour = _fields(expression).split()[-5:-3]
    return not minute.startswith("*") and not hour.startswith("*")


def _check(expression: str) -> None:
    if expression.strip().startswith("@") and expression.strip().lower() not in NICKNAMES:
        raise CronError(
            f"{expression.strip()!r} is no nickname of a cron expression.",
            cure=f"There are: {', '.join(sorted(NICKNAMES))}.",
        )
    try:
        due = next(CronSim(_fields(expression), _SOME_TIME), None)
    except CronSimError as error:
        if not _names_a_day_that_another_month_has(expression, error):
            raise CronError(
                f"The cron expression {expression!r} has {_reason(error)}.", cure=_CURE
            ) from error
        due = None
    if due is None:
        raise CronError(
            f"The cron expression {expression!r} never fires: no month that it names has that day.",
            cure="Name a day that the month has; 'L' is the last day of a month.",
        )


def _reason(error: CronSimError) -> str:
    return str(error).replace("Bad", "a bad").replace("Wrong", "the wrong")


def _names_a_day_that_another_month_has(expression: str, error: CronSimError) -> bool:
    if str(error) != "Bad day-of-month":
        return False
    *others, _, weekday = _fields(expression).split()
    try:
        CronSim(" ".join([*others, "*", weekday]), _SOME_TIME)
    except CronSimError:
        return False
    return True
