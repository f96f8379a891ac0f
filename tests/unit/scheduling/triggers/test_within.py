"""Hours, days and holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.domain.triggers import Within
from nbmlops.errors import UsageError
from nbmlops.scheduling.triggers.within import Gate, days_of, hours_of

WEEKDAYS = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Case:
    """A time of the clock in Berlin, and whether the gate is open."""

    name: str
    within: Within
    wall: str
    is_open: bool


CASES = [
    Case(
        "the first minute is inside", Within(start="08:00", end="18:00"), "2026-05-04T08:00", True
    ),
    Case("the last is not", Within(start="08:00", end="18:00"), "2026-05-04T18:00", False),
    Case("a night begins", Within(start="22:00", end="06:00"), "2026-05-04T23:00", True),
    Case("and goes on", Within(start="22:00", end="06:00"), "2026-05-05T05:59", True),
    Case("and ends", Within(start="22:00", end="06:00"), "2026-05-05T06:00", False),
    Case(
        "the night of a Friday reaches into Saturday",
        Within(start="22:00", end="06:00", days=WEEKDAYS),
        "2026-05-09T05:00",
        True,
    ),
    Case(
        "that of a Sunday does not reach into Monday",
        Within(start="22:00", end="06:00", days=WEEKDAYS),
        "2026-05-11T05:00",
        False,
    ),
    Case("a weekend has no working day", Within(business_days=True), "2026-05-09T12:00", False),
    Case("labour day is a holiday", Within(holidays="DE"), "2026-05-01T12:00", False),
    Case("the day after is none", Within(holidays="DE"), "2026-05-02T12:00", True),
    Case("women's day is one in Berlin", Within(holidays="DE-BE"), "2027-03-08T12:00", False),
    Case("and not in Bavaria", Within(holidays="DE-BY"), "2027-03-08T12:00", True),
    Case(
        "a holiday is no working day",
        Within(holidays="DE", business_days=True),
        "2026-05-01T12:00",
        False,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_gate_goes_by_the_schedule_s_clock(case: Case) -> None:
    moment = datetime.fromisoformat(
        f"{case.wall}+02:00" if "05-" in case.wall else f"{case.wall}+01:00"
    )
    assert Gate(case.within, "Europe/Berlin").is_open(moment) is case.is_open


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@settings(max_examples=40, deadline=None)
@given(
    MOMENTS,
    st.sampled_from(
        [
            Within(start="02:30", end="03:15"),
            Within(start="22:00", end="06:00", days=(5,)),
            Within(days=(2,), holidays="DE"),
        ]
    ),
)
def test_it_opens_at_a_time_at_which_it_is_open(moment: datetime, within: Within) -> None:
    gate = Gate(within, "Europe/Berlin")
    opening = gate.next_open(moment)
    assert opening is not None
    assert opening >= moment
    assert gate.is_open(opening)


def test_an_hour_that_is_left_out_opens_when_the_clock_goes_on() -> None:
    gate = Gate(Within(start="02:30", end="05:00"), "Europe/Berlin")
    night = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert gate.next_open(night) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_hours_and_days_are_read() -> None:
    assert hours_of("8:00 - 18:30") == ("08:00", "18:30")
    assert days_of("mon-fri") == WEEKDAYS
    assert days_of("Saturday,sun") == (5, 6)
    assert days_of("fri-mon") == (0, 4, 5, 6)


@pytest.mark.parametrize("text", ["8-18", "08:00-25:00", "08:00-08:00", ""])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        hours_of(text)
    assert refusal.value.cure


@pytest.mark.parametrize("text", ["workday", "x", ""])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no weekdays"):
        days_of(text)


@pytest.mark.parametrize("place", ["XX", "DE-XX"])
def test_a_country_that_is_not_known_is_refused(place: str) -> None:
    with pytest.raises(UsageError, match="are not known"):
        Gate(Within(holidays=place), "UTC")
