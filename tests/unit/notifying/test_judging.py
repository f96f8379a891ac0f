"""What is told of due times that end."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.domain.notices import NoticeKind, Streak
from nbmlops.domain.schedules import FireStatus
from nbmlops.notifying.judging import REMINDS_AT_LEAST, judge
from nbmlops.notifying.wording import when
from nbmlops.testing import NOON


def told(minutes: list[int], statuses: list[FireStatus]) -> list[tuple[int, NoticeKind, int]]:
    """The notices of due times that end at those minutes: when, what, how many failures."""
    streak: Streak | None = None
    found = []
    for minute, status in zip(minutes, statuses, strict=True):
        now = NOON + timedelta(minutes=minute)
        before = streak
        kind, streak = judge(status, now, streak, now)
        if kind is not None:
            counted = streak or before
            found.append((minute, kind, counted.count if counted else 0))
    return found


def test_failures_of_every_minute_are_folded_by_a_pause_that_doubles() -> None:
    minutes = list(range(200))
    found = told(minutes, [FireStatus.FAILED] * 200)
    assert [(minute, count) for minute, _, count in found] == [
        (0, 1),
        (10, 11),
        (30, 31),
        (70, 71),
        (150, 151),
    ]


def test_a_daily_failure_is_told_every_day() -> None:
    days = [day * 24 * 60 for day in range(10)]
    assert len(told(days, [FireStatus.FAILED] * 10)) == 10


def test_the_first_success_after_failures_is_a_recovery() -> None:
    ends = [FireStatus.SUCCEEDED, FireStatus.FAILED, FireStatus.FAILED]
    ends += [FireStatus.SUCCEEDED, FireStatus.SUCCEEDED]
    assert told([0, 1, 2, 3, 4], ends) == [
        (0, NoticeKind.SUCCEEDED, 0),
        (1, NoticeKind.FAILED, 1),
        (3, NoticeKind.RECOVERED, 2),
        (4, NoticeKind.SUCCEEDED, 0),
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.sampled_from([FireStatus.FAILED, FireStatus.SUCCEEDED]))
    )
)
def test_each_change_is_told_and_no_failure_waits_longer_than_the_longest_pause(
    ends: list[tuple[int, FireStatus]],
) -> None:
    minutes = [sum(step for step, _ in ends[: index + 1]) for index in range(len(ends))]
    statuses = [status for _, status in ends]
    notices = {minute for minute, _, _ in told(minutes, statuses)}
    before, last = FireStatus.SUCCEEDED, 0
    for minute, status in zip(minutes, statuses, strict=True):
        if status is not before or minute - last >= REMINDS_AT_LEAST.total_seconds() / 60:
            assert minute in notices
        last = minute if minute in notices else last
        before = status


def test_a_time_is_told_to_the_second_where_it_has_some() -> None:
    assert when(NOON).startswith(f"{NOON.astimezone():%Y-%m-%d %H:%M} ")
    later = NOON + timedelta(seconds=38)
    assert when(later).startswith(f"{later.astimezone():%Y-%m-%d %H:%M:38} ")
