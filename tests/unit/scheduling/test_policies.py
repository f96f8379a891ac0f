"""What happens to due times that cannot all run, or not in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Due, FireStatus, Policies, Schedule
from nbmlops.errors import UnknownNameError
from nbmlops.scheduling.cron import CronTrigger
from nbmlops.scheduling.missed import entries
from nbmlops.store.catalog.pools import PoolRecords

if TYPE_CHECKING:
    from datetime import datetime

    from conftest import Catalog

HOUR = timedelta(hours=1)


def _made(catalog: Catalog, *, backfill: bool = False, **policies: Any) -> Schedule:
    return catalog.schedules.create(
        catalog.version,
        cron="0 * * * *",
        timezone="UTC",
        parameters={},
        missed="all",
        author="me",
        created_at=catalog.now,
        policies=Policies(**policies),
        backfill=backfill,
    )


def _claim(catalog: Catalog) -> int | None:
    """The schedule whose due time is claimed next."""
    until = catalog.now + HOUR
    claim = catalog.schedules.claim_next(owner="me", lease_until=until, now=catalog.now)
    return claim.schedule.id if claim else None


def test_policies_come_back_as_they_were_kept(catalog: Catalog) -> None:
    PoolRecords(catalog.database).resize("gpu", 1)
    made = _made(catalog, pool="gpu", overlap="skip", deadline="45m", max_age=60.0, priority=3)
    assert catalog.schedules.get(made.id) == made
    assert made.policies.said == {
        "pool": "gpu", "overlap": "skip", "deadline": "45m", "max_age": 60.0, "priority": 3,
    }  # fmt: skip


def test_what_has_a_higher_priority_goes_first_and_then_what_waits_longest(
    catalog: Catalog,
) -> None:
    late, early, urgent = _made(catalog), _made(catalog), _made(catalog, priority=1)
    for hour, schedule in enumerate((early, late, urgent)):
        catalog.open(schedule, hour)
    assert [_claim(catalog) for _ in range(4)] == [urgent.id, early.id, late.id, None]


def test_a_pool_has_as_many_runs_as_places(catalog: Catalog) -> None:
    pools = PoolRecords(catalog.database)
    pools.resize("gpu", 2)
    for _ in range(4):
        catalog.open(_made(catalog, pool="gpu"), 0)
    assert [_claim(catalog) is not None for _ in range(3)] == [True, True, False]
    (pool,) = pools.all()
    assert (pool.busy, pool.waiting) == (2, 2)
    pools.resize("gpu", 3)
    assert [_claim(catalog) is not None for _ in range(2)] == [True, False]
    assert pools.remove("gpu"), "a pool that schedules use stays"


def test_a_pool_that_is_not_there_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UnknownNameError) as refusal:
        _made(catalog, pool="gpu")
    assert "nbmlops pools gpu --size" in str(refusal.value)


def test_a_pipeline_has_no_more_runs_than_the_schedule_allows(catalog: Catalog) -> None:
    for _ in range(3):
        catalog.open(_made(catalog, max_active=2), 0)
    assert [_claim(catalog) is not None for _ in range(3)] == [True, True, False]


def test_a_backfill_runs_as_many_at_once_as_it_says(catalog: Catalog) -> None:
    catalog.open(_made(catalog, backfill=True, at_once=3), *range(5))
    assert [_claim(catalog) is not None for _ in range(4)] == [True, True, True, False]


def test_what_comes_while_another_waits_or_runs_is_passed_over(catalog: Catalog) -> None:
    schedule = _made(catalog, overlap="skip")
    catalog.open(schedule, 0)
    _claim(catalog)
    (second,) = catalog.open(schedule, 1)
    assert second.status is FireStatus.SKIPPED
    assert second.note == "Passed over: that of 2026-05-04 12:00 UTC had not ended."
    forced = Due(due_at=catalog.now, key="by hand", source="hand")
    (third,) = catalog.schedules.enter(schedule.id, [forced], forced=True)
    assert third.status is FireStatus.DUE


def test_of_two_due_times_in_one_minute_the_note_says_which_had_not_ended(catalog: Catalog) -> None:
    schedule = _made(catalog, overlap="skip")
    seconds = (catalog.now + timedelta(seconds=10), catalog.now + timedelta(seconds=20))
    catalog.schedules.open_fires(schedule.id, seconds[:1])
    (second,) = catalog.schedules.open_fires(schedule.id, seconds[1:])
    assert second.note == "Passed over: that of 2026-05-04 12:00:10 UTC had not ended."


def test_a_due_time_by_hand_does_not_move_the_horizon(catalog: Catalog) -> None:
    schedule = _made(catalog)
    before = catalog.schedules.horizons()
    due = Due(due_at=catalog.now + HOUR, key="by hand", source="hand")
    assert catalog.schedules.enter(schedule.id, [due])
    assert catalog.schedules.horizons() == before


@pytest.mark.parametrize(("ended", "late"), [(4, []), (6, [1])])
def test_what_had_ended_is_judged_by_when_it_ended(
    catalog: Catalog, ended: int, late: list[int]
) -> None:
    schedule = _made(catalog)
    due = Due(due_at=catalog.now, deadline_at=catalog.now + timedelta(minutes=5))
    (fire,) = catalog.schedules.enter(schedule.id, [due])
    claim, run = catalog.claim(schedule), catalog.start_run(schedule)
    catalog.schedules.attach_run(fire.id, claim.token, run.id)
    ended_at: datetime = catalog.now + timedelta(minutes=ended)
    catalog.runs.finish(run, status=RunStatus.SUCCEEDED, ended_at=ended_at)
    catalog.schedules.finish(fire.id, claim.token, FireStatus.SUCCEEDED)
    assert catalog.ledger.judge(catalog.now + HOUR) == late
    assert catalog.ledger.next_deadline() is None


def test_a_maximum_age_says_what_is_made_up_for(catalog: Catalog) -> None:
    start, now = catalog.now - 10 * HOUR, catalog.now + timedelta(minutes=1)
    trigger = CronTrigger("@hourly")
    skipped, run = entries(trigger, start, now, "all", timedelta(hours=3, minutes=30))
    assert (len(skipped.due_times), len(run.due_times)) == (6, 4)
    assert skipped.note == "Missed: no scheduler ran, and more than 3h30m have passed."
    daily = CronTrigger("0 4 * * *")
    (only,) = entries(daily, start, now, "latest", timedelta(hours=6))
    assert only.status is FireStatus.SKIPPED


def test_what_has_room_is_claimed_behind_any_number_of_due_times_that_have_none(
    catalog: Catalog,
) -> None:
    """Also where the head of the queue, which is looked at first, is full of them."""
    PoolRecords(catalog.database).resize("gpu", 1)
    for _ in range(2):
        catalog.open(_made(catalog, pool="gpu"), *range(150))
    free = [_made(catalog, priority=-2), _made(catalog, priority=-1)]
    for schedule in free:
        catalog.open(schedule, 1, 0)
    assert [_claim(catalog) for _ in range(4)] == [1, free[1].id, free[0].id, None]
    begun = [catalog.schedules.fires(schedule.id)[-1].status for schedule in free]
    assert begun == [FireStatus.CLAIMED, FireStatus.CLAIMED], "the earlier of each"
