"""Due times that the clock alone decides: intervals, single points, and several together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.triggers import Cron, Interval, Once, Trigger, Within
from nbmlops.errors import UsageError
from nbmlops.scheduling.triggers.clockwork import clockwork, upcoming
from nbmlops.scheduling.triggers.interval import IntervalTimes, anchor_of
from nbmlops.scheduling.triggers.once import OnceTimes, moment_of

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECONDS = st.integers(1, 100_000).map(float)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(SECONDS, MOMENTS, MOMENTS)
def test_an_interval_is_due_at_whole_steps_from_its_anchor(
    seconds: float, anchor: datetime, moment: datetime
) -> None:
    times = IntervalTimes(seconds, anchor)
    after, before = times.next_after(moment), times.last_before(moment)
    step = timedelta(seconds=seconds)
    assert moment < after <= moment + step
    assert moment - step <= before < moment
    assert (after - anchor) % step == (before - anchor) % step == timedelta()


@given(SECONDS, MOMENTS)
def test_one_due_time_follows_another_whatever_is_looked_at(seconds: float, start: datetime):
    times = IntervalTimes(seconds, NOON)
    end = start + timedelta(seconds=5 * seconds)
    found = list(times.between(start, end))
    assert len(found) == 5
    assert found[1:] == [times.next_after(due) for due in found[:-1]]


def test_what_divides_a_day_is_due_on_the_quarters_of_the_hour() -> None:
    anchor = anchor_of(900, NOON + timedelta(minutes=7), "Europe/Berlin")
    assert IntervalTimes(900, anchor).next_after(NOON + timedelta(minutes=7)) == NOON + timedelta(
        minutes=15
    )
    odd = anchor_of(7 * 60, NOON, "UTC")
    assert odd == NOON


def test_an_interval_stays_as_long_as_it_is_when_clocks_change() -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)  # an hour is left out in Berlin that night
    trigger = Trigger(causes=(Interval(seconds=7200, anchor=start),))
    times = clockwork(trigger, "Europe/Berlin")
    assert times is not None
    found = upcoming(times, 4, start)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=2)}


def test_a_point_in_time_is_due_once() -> None:
    times = OnceTimes(NOON)
    assert list(times.between(NOON - timedelta(1), NOON)) == [NOON]
    assert list(times.between(NOON, NOON + timedelta(1))) == []
    assert times.next_after(NOON) is None


def test_a_point_in_time_is_one_of_the_schedule_s_clock() -> None:
    assert moment_of("2026-12-24T18:00", NOON, "Europe/Berlin") == datetime(
        2026, 12, 24, 17, tzinfo=UTC
    )
    assert moment_of("2026-12-24T18:00+00:00", NOON, "Europe/Berlin").hour == 18
    first = moment_of("2026-10-25T02:30", NOON, "Europe/Berlin")
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "the first of two equal times"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-01-01T00:00", "has passed"),
        ("tomorrow", "is no point in time"),
        ("2027-03-28T02:30", "never shows 2027-03-28 02:30"),
    ],
)
def test_a_point_that_never_comes_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as refusal:
        moment_of(text, NOON, "Europe/Berlin")
    assert refusal.value.cure


def test_clocks_together_are_due_in_one_order_and_once_where_they_meet() -> None:
    trigger = Trigger(
        causes=(
            Cron(expression="0 * * * *"),
            Interval(seconds=1800, anchor=NOON),
            Once(at=NOON + timedelta(minutes=10)),
        )
    )
    times = clockwork(trigger, "UTC")
    assert times is not None
    minutes = [
        (due - NOON).seconds // 60
        for due in islice(times.between(NOON, NOON.max.replace(tzinfo=UTC)), 4)
    ]
    assert minutes == [10, 30, 60, 90]
    assert times.last_before(NOON + timedelta(minutes=30)) == NOON + timedelta(minutes=10)


def test_due_times_outside_of_the_hours_are_left_out() -> None:
    within = Within(start="08:00", end="18:00", days=(0, 1, 2, 3, 4))
    trigger = Trigger(causes=(Interval(seconds=1, anchor=NOON),), within=within)
    times = clockwork(trigger, "UTC")
    assert times is not None
    friday = datetime(2026, 5, 8, 17, 59, 59, tzinfo=UTC)
    assert times.next_after(friday) == datetime(2026, 5, 11, 8, tzinfo=UTC)
    assert times.last_before(datetime(2026, 5, 6, 8, 0, 1, tzinfo=UTC)) == datetime(
        2026, 5, 6, 8, tzinfo=UTC
    )


def test_with_all_no_clock_fires_by_itself() -> None:
    trigger = Trigger(
        causes=(Cron(expression="@daily"), Interval(seconds=60, anchor=NOON)), join="all"
    )
    assert clockwork(trigger, "UTC") is None
    assert [number for number, _ in trigger.watched] == [0, 1]
