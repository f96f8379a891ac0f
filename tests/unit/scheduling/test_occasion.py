"""What the run of a due time is for."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.occasion import occasion_at


@pytest.mark.parametrize(
    ("cron", "moment", "before"),
    [
        ("0 6 * * *", (2026, 3, 5, 6), (2026, 3, 4, 6)),
        ("*/10 * * * *", (2026, 3, 5, 6), (2026, 3, 5, 5, 50)),
        ("0 0 1 1 *", (2026, 1, 1), (2025, 1, 1)),
        ("0 0 29 2 *", (2028, 2, 29), (2024, 2, 29)),
        ("0 0 * * 1", (2026, 3, 9), (2026, 3, 2)),
    ],
)
def test_the_last_due_time_before_is_that_of_the_expression(
    cron: str, moment: tuple[int, ...], before: tuple[int, ...]
):
    found = CronTrigger(cron).last_before(datetime(*moment, tzinfo=UTC))
    assert found == datetime(*before, tzinfo=UTC)


def test_the_days_of_an_occasion_are_those_of_the_schedule_s_clock():
    due = datetime(2026, 3, 4, 23, tzinfo=UTC)
    before = CronTrigger("0 0 * * *", "Europe/Berlin").last_before(due)
    occasion = occasion_at(due, before, "Europe/Berlin")
    assert occasion.logical_date == due
    assert occasion.logical_date.strftime("%Y-%m-%d") == "2026-03-05"
    assert occasion.interval_start == datetime(2026, 3, 4, tzinfo=ZoneInfo("Europe/Berlin"))
