"""Policies for due times that passed while no scheduler ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbmlops.domain.schedules import FireStatus, MissedPolicy
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.missed import LISTED, entries

NOW = datetime(2026, 5, 4, 12, 0, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Gap:
    """Hours before noon at which something was due, by what becomes of it."""

    name: str
    policy: MissedPolicy
    cron: str
    hours: float
    run: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)


GAPS = [
    Gap("nothing was due", "all", "0 6 * * *", 3),
    Gap("what is just due is run", "skip", "@hourly", 0.5, run=[0]),
    Gap("all of a day are run", "all", "@hourly", 3.5, run=[3, 2, 1, 0]),
    Gap("what is older than a day is not", "all", "0 */12 * * *", 50, [12, 0], [48, 36, 24]),
    Gap("the latest stands for the others", "latest", "30 6 * * *", 60, [5], [53, 29]),
    Gap("however old it is", "latest", "30 6 1 * *", 100, [77]),
    Gap("what is just due stands for what was missed", "latest", "@hourly", 2.5, [0], [2, 1]),
    Gap("those who skip what they missed run what is just due", "skip", "@hourly", 1.5, [0], [1]),
    Gap("those who skip leave the rest", "skip", "30 6 * * *", 60, [], [53, 29, 5]),
]


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name)
def test_each_policy_runs_and_skips_what_it_says(gap: Gap) -> None:
    found = entries(CronTrigger(gap.cron), NOW - timedelta(hours=gap.hours), NOW, gap.policy)
    hours: dict[FireStatus, list[int]] = {FireStatus.DUE: [], FireStatus.SKIPPED: []}
    for entry in found:
        hours[entry.status] += [(NOW - due) // timedelta(hours=1) for due in entry.due_times]
        assert bool(entry.note) == (entry.status is FireStatus.SKIPPED)
    assert hours == {FireStatus.DUE: gap.run, FireStatus.SKIPPED: gap.skipped}


@settings(deadline=None)
@given(
    st.sampled_from(["*/7 * * * *", "@hourly", "@daily", "30 6 * * 1"]),
    st.timedeltas(timedelta(), timedelta(days=4)),
    st.sampled_from(["all", "latest", "skip"]),
)
def test_no_due_time_is_dropped_and_the_order_is_that_of_time(
    cron: str, gap: timedelta, policy: MissedPolicy
) -> None:
    trigger = CronTrigger(cron)
    found = entries(trigger, NOW - gap, NOW, policy)
    listed = [due for entry in found for due in entry.due_times]
    assert listed == list(trigger.between(NOW - gap, NOW))


def test_a_very_long_gap_is_passed_over_in_one_row() -> None:
    passed, *others = entries(CronTrigger("* * * * *"), NOW - timedelta(days=90), NOW, "all")
    assert len(passed.due_times) == 1
    assert passed.note == (
        "Missed, with every due time until 2026-05-03 12:00 UTC: no scheduler ran."
    )
    assert [entry.status for entry in others] == [FireStatus.DUE]
    assert len(others[0].due_times) == 24 * 60 < LISTED
