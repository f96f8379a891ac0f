"""Cron expressions: when they are due, and what happens where the clock is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.errors import CronError
from nbmlops.scheduling.cron import NICKNAMES, CronTrigger


@dataclass(frozen=True)
class Day:
    """What the wall clock shows, with the UTC offset, at each due time of a day."""

    name: str
    zone: str
    cron: str
    date: tuple[int, int, int]
    due: list[str]


DAYS = [
    Day(
        "in the gap, an appointment happens at its end",
        "Europe/Berlin",
        "30 2 * * *",
        (2026, 3, 29),
        ["03:00+0200"],
    ),
    Day(
        "of two equal times, an appointment takes the first",
        "Europe/Berlin",
        "30 2 * * *",
        (2026, 10, 25),
        ["02:30+0200"],
    ),
    Day(
        "two appointments in the gap become one",
        "America/New_York",
        "0,30 2 * * *",
        (2026, 3, 8),
        ["03:00-0400"],
    ),
    Day(
        "in New York, an appointment in the repeated hour happens once",
        "America/New_York",
        "30 1 * * *",
        (2026, 11, 1),
        ["01:30-0400"],
    ),
    Day(
        "where the clock moves by half an hour, the gap ends at half past",
        "Australia/Lord_Howe",
        "15 2 * * *",
        (2026, 10, 4),
        ["02:30+1100"],
    ),
    Day(
        "a repeated half hour holds an appointment once",
        "Australia/Lord_Howe",
        "45 1 * * *",
        (2026, 4, 5),
        ["01:45+1100"],
    ),
    Day(
        "after a repeated half hour, intervals are still found",
        "Australia/Lord_Howe",
        "*/10 2 * * *",
        (2026, 4, 5),
        ["02:00+1030", "02:10+1030", "02:20+1030", "02:30+1030", "02:40+1030", "02:50+1030"],
    ),
    Day(
        "an interval goes on through the repeated half hour",
        "Australia/Lord_Howe",
        "*/30 1 * * *",
        (2026, 4, 5),
        ["01:00+1100", "01:30+1100", "01:30+1030"],
    ),
    Day(
        "an interval goes on through the repeated hour",
        "Europe/Berlin",
        "*/30 1-3 * * *",
        (2026, 10, 25),
        [
            *("01:00+0200", "01:30+0200", "02:00+0200", "02:30+0200"),
            *("02:00+0100", "02:30+0100", "03:00+0100", "03:30+0100"),
        ],
    ),
    Day(
        "an interval has nothing to make up for in the gap",
        "America/New_York",
        "*/30 1-3 * * *",
        (2026, 3, 8),
        ["01:00-0500", "01:30-0500", "03:00-0400", "03:30-0400"],
    ),
    Day(
        "midnight that is left out is kept at one o'clock",
        "America/Havana",
        "@daily",
        (2026, 3, 8),
        ["01:00-0400"],
    ),
    Day(
        "seconds in front do not turn an appointment into an interval",
        "Europe/Berlin",
        "15 30 2 * * *",
        (2026, 3, 29),
        ["03:00+0200"],
    ),
]


@pytest.mark.parametrize("case", DAYS, ids=lambda case: case.name)
def test_each_day_of_a_clock_change_has_its_due_times(case: Day) -> None:
    place = ZoneInfo(case.zone)
    start = datetime(*case.date, tzinfo=place) - timedelta(seconds=1)
    end = datetime(*case.date, 23, 59, 59, tzinfo=place)
    due = CronTrigger(case.cron, case.zone).between(start, end)
    assert [moment.astimezone(place).strftime("%H:%M%z") for moment in due] == case.due


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("time", ["59 1", "0 2", "1 2", "15 2", "30 2", "59 2", "0 3"])
def test_a_daily_appointment_happens_once_on_every_day_of_the_year(zone: str, time: str) -> None:
    place = ZoneInfo(zone)
    start = datetime(2025, 12, 31, 12, tzinfo=place)
    due = CronTrigger(f"{time} * * *", zone).between(
        start, datetime(2026, 12, 31, 12, tzinfo=place)
    )
    days = [moment.astimezone(place).date() for moment in due]
    assert len(days) == 365
    assert len(set(days)) == 365


EXPRESSIONS = st.builds(
    "{} {} {} {} {}".format,
    st.sampled_from(["0", "30", "*/20", "5-50/15", "*"]),
    st.sampled_from(["0", "1", "2", "3", "1-3", "*/2", "*"]),
    st.sampled_from(["*", "1", "L", "25-31"]),
    st.sampled_from(["*", "3", "10,11"]),
    st.sampled_from(["*", "SUN", "MON#2"]),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
WHOLE_HOURS = st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"])
EVERYWHERE = st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/Havana"])


@settings(deadline=None, max_examples=80)
@given(EXPRESSIONS, MOMENTS, WHOLE_HOURS)
def test_cronsim_agrees_where_clocks_move_by_whole_hours(
    expression: str, moment: datetime, zone: str
) -> None:
    local = moment.replace(microsecond=0).astimezone(ZoneInfo(zone))
    theirs = (due.astimezone(UTC) for due in CronSim(expression, local))
    later = sorted({due for due in islice(theirs, 40) if due > moment})[:20]
    assert CronTrigger(expression, zone).upcoming(len(later), moment) == later


@settings(deadline=None, max_examples=80)
@given(EXPRESSIONS, MOMENTS, EVERYWHERE)
def test_a_walk_may_be_interrupted_anywhere(expression: str, moment: datetime, zone: str) -> None:
    """Asking again from each due time gives the same times as one walk: none twice, none lost."""
    trigger = CronTrigger(expression, zone)
    walk = trigger.upcoming(12, moment)
    steps = [moment]
    for _ in walk:
        steps.append(trigger.next_after(steps[-1]))
    assert steps[1:] == walk
    assert sorted(set(walk)) == walk


def test_a_walk_through_the_repeated_hour_may_be_interrupted_within_it() -> None:
    trigger = CronTrigger("*/15 1-2 * * *", "America/New_York")
    moment = datetime(2026, 11, 1, 4, 50, tzinfo=UTC)
    walk = trigger.upcoming(12, moment)
    assert [trigger.next_after(due - timedelta(seconds=1)) for due in walk] == walk
    assert walk[-1] - walk[0] == timedelta(minutes=11 * 15)


def test_due_times_are_later_than_the_moment_and_in_utc() -> None:
    moment = datetime(2026, 1, 1, 5, tzinfo=UTC)
    due = CronTrigger("0 6 * * *", "Europe/Berlin").next_after(moment)
    assert due == datetime(2026, 1, 2, 5, tzinfo=UTC)
    assert due.tzinfo is UTC


def test_an_end_belongs_to_its_span() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    due = CronTrigger("@hourly").between(start, start + timedelta(hours=2))
    assert [moment.hour for moment in due] == [1, 2]


def test_a_sixth_field_counts_seconds() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    due = CronTrigger("*/20 * * * * *").upcoming(3, start)
    assert [(moment - start).seconds for moment in due] == [20, 40, 60]


@pytest.mark.parametrize("nickname", sorted(NICKNAMES))
def test_a_nickname_means_its_five_fields(nickname: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    spelled_out = CronTrigger(NICKNAMES[nickname]).upcoming(3, start)
    assert CronTrigger(nickname.upper()).upcoming(3, start) == spelled_out


def test_an_expression_can_be_said_in_words() -> None:
    assert CronTrigger("0 6 * * *", "Europe/Berlin").in_words() == (
        "At 06:00 every day (Europe/Berlin)"
    )


@dataclass(frozen=True)
class Wrong:
    expression: str
    says: str


WRONG = [
    Wrong("61 * * * *", "has a bad minute"),
    Wrong("0 24 * * *", "has a bad hour"),
    Wrong("0 0 32 * *", "has a bad day-of-month"),
    Wrong("0 0 1 13 *", "has a bad month"),
    Wrong("0 0 * * 8", "has a bad day-of-week"),
    Wrong("0 6 * *", "has the wrong number of fields"),
    Wrong("", "has the wrong number of fields"),
    Wrong("@reboot", "is no nickname"),
    Wrong("0 0 30 2 *", "never fires"),
    Wrong("0 0 31 4,6 *", "never fires"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.expression or "nothing")
def test_a_wrong_expression_is_refused_with_its_reason_and_a_cure(case: Wrong) -> None:
    with pytest.raises(CronError, match=case.says) as refusal:
        CronTrigger(case.expression)
    assert refusal.value.cure


def test_29_february_fires_in_leap_years() -> None:
    due = CronTrigger("0 0 29 2 *").upcoming(2, datetime(2026, 1, 1, tzinfo=UTC))
    assert [moment.year for moment in due] == [2028, 2032]
