"""When each schedule is due next, and what goes into the ledger when it is."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from nbmlops.domain.schedules import Due, Fire, Schedule
from nbmlops.errors import UsageError
from nbmlops.scheduling.deadlines import deadline_of
from nbmlops.scheduling.missed import Entry, entries
from nbmlops.scheduling.timezones import updates_of_rules
from nbmlops.scheduling.triggers.base import Times
from nbmlops.scheduling.triggers.clockwork import clockwork_of
from nbmlops.store.catalog.schedules import ScheduleRecords

_AT_ONCE = 1000
"""Schedules that one look follows: what they are due for may be claimed before the next look."""

_ROWS = 10_000
"""After so many due times a look follows no further schedule, nor one that makes up for all of its
own any further, for they are held in memory."""

_Follow = tuple[list[Entry], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What one look has come to.

    Attributes:
        fires: the new rows of the ledger, with their schedules.
        broken: schedules whose due times cannot be told any more, and why.
        again_at: when to look again, if nothing changes; ``None`` where no clock has a due time.
    """

    fires: list[tuple[Schedule, list[Fire]]] = field(default_factory=list)
    broken: list[tuple[Schedule, UsageError]] = field(default_factory=list)
    again_at: datetime | None = None


class Agenda:
    """Remembers the next due time of each schedule, until that has come or the schedule changes.

    - A look costs what has changed or come due, however many schedules there are.
    - What it remembers is no truth: how far a schedule has been followed is asked of the ledger
      whenever something is due, for other schedulers write there as well.
    - Where the catalog does not answer, the next look does what this one could not.
    - Once the rules of a time zone have changed, it asks for the next due times of all again.
    """

    def __init__(self, records: ScheduleRecords) -> None:
        self._records = records
        self._revision = -1
        self._next: dict[int, datetime] = {}
        self._queue: list[tuple[datetime, int]] = []
        self._to_follow: dict[int, None] = {}
        self._updates = updates_of_rules()

    @property
    def is_outdated(self) -> bool:
        """Whether a time zone has got other rules since the last look."""
        return updates_of_rules() != self._updates

    def enter_due(self, now: datetime) -> Entered:
        """Write what has become due into the ledger, earliest schedules first.

        Raises:
            StoreError: the catalog cannot be read or written.
        """
        self._take_changes()
        self._take_due(now)
        entered = self._follow(list(islice(self._to_follow, _AT_ONCE)), now)
        return Entered(
            fires=entered.fires,
            broken=entered.broken,
            again_at=now if self._to_follow else self._first(),
        )

    def _take_changes(self) -> None:
        if (updates := updates_of_rules()) != self._updates:
            self._updates = updates
            self._to_follow |= dict.fromkeys(self._next)
            self._next.clear()
        for revision, number in self._records.changed(self._revision):
            self._to_follow[number] = None
            self._next.pop(number, None)
            self._revision = max(self._revision, revision)

    def _take_due(self, now: datetime) -> None:
        while (first := self._first()) is not None and first <= now:
            _, number = heapq.heappop(self._queue)
            del self._next[number]
            self._to_follow[number] = None

    def _first(self) -> datetime | None:
        """The first due time of all; those of schedules that have changed are dropped."""
        while self._queue:
            due_at, number = self._queue[0]
            if self._next.get(number) == due_at:
                return due_at
            heapq.heappop(self._queue)
        return None

    def _follow(self, numbers: list[int], now: datetime) -> Entered:
        if not numbers:
            return Entered()
        alike: dict[object, _Follow] = {}
        found: list[tuple[Schedule, list[Entry]]] = []
        upcoming: dict[int, datetime | None] = dict.fromkeys(numbers)
        broken, rows = [], 0
        for schedule, horizon in self._records.horizons(numbers):
            if rows >= _ROWS:
                del upcoming[schedule.id]
                continue
            try:
                due, upcoming[schedule.id] = _followed(schedule, horizon, now, alike)
            except UsageError as error:
                broken.append((schedule, error))
                continue
            found.append((schedule, due))
            rows += sum(len(entry.due_times) for entry in due)
        fires = self._records.enter_all(_dues(found)) if rows else []
        self._remember(upcoming)
        return Entered(fires=fires, broken=broken)

    def _remember(self, upcoming: dict[int, datetime | None]) -> None:
        for number, due_at in upcoming.items():
            del self._to_follow[number]
            if due_at is not None:
                self._next[number] = due_at
                heapq.heappush(self._queue, (due_at, number))


def _followed(
    schedule: Schedule, horizon: datetime, now: datetime, alike: dict[object, _Follow]
) -> _Follow:
    """What a schedule has become due for, and when it is due next.

    Many have the same expression and were last due at the same time: ``alike`` keeps what one
    look has found out.
    """
    policies = schedule.policies
    which = schedule.cron or schedule.id
    key = which, schedule.timezone, horizon, schedule.missed, policies.max_age
    if key not in alike:
        times = clockwork_of(schedule)
        alike[key] = _found(schedule, times, horizon, now) if times is not None else ([], None)
    return alike[key]


def _found(schedule: Schedule, times: Times, horizon: datetime, now: datetime) -> _Follow:
    first = times.next_after(horizon)
    if first is None or first > now:
        return [], first
    max_age = schedule.policies.max_age
    age = timedelta(seconds=max_age) if max_age is not None else None
    found = entries(times, horizon, now, schedule.missed, age, most=_ROWS)
    is_cut = schedule.missed == "all" and sum(len(one.due_times) for one in found) >= _ROWS
    return found, times.next_after(found[-1].due_times[-1] if is_cut else now)


def _dues(found: list[tuple[Schedule, list[Entry]]]) -> Iterator[tuple[Schedule, Due]]:
    for schedule, passed in found:
        for entry in passed:
            for due_at in entry.due_times:
                yield (
                    schedule,
                    Due(
                        due_at=due_at,
                        status=entry.status,
                        note=entry.note,
                        deadline_at=deadline_of(schedule, due_at),
                    ),
                )
