"""The ledger of due times: who may run one, in which order, and who may write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.schedules import Fire, FireStatus, Schedule
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=10)


@dataclass
class Ledger:
    """A catalog with one schedule in it."""

    records: ScheduleRecords
    schedule: Schedule

    def open(self, *minutes: int) -> list[Fire]:
        due_times = [NOON + minute * MINUTE for minute in minutes]
        return self.records.open_fires(self.schedule.id, due_times)

    def claim(self, fire: Fire, now: datetime = NOON) -> int | None:
        return self.records.claim(fire, owner="here", lease_until=now + LEASE, now=now)

    def fire(self, fire: Fire) -> Fire:
        found = self.records.fire(fire.id)
        assert found is not None
        return found


@pytest.fixture
def ledger(open_catalog: Callable[..., Database]) -> Ledger:
    """A ledger in a real catalog of each kind."""
    database = open_catalog()
    spec = PipelineSpec(
        name="flights",
        notebook="flights.ipynb",
        kernel="python3",
        digest="d1",
        cells=(),
        steps=(),
        edges=(),
    )
    version, _ = PipelineRecords(database).add(
        spec, notebook_object="o1", environment=None, author="me", created_at=NOON
    )
    records = ScheduleRecords(database)
    schedule = records.create(
        version,
        cron="0 6 * * *",
        timezone="Europe/Berlin",
        parameters={"month": 3},
        missed="latest",
        author="me",
        created_at=NOON,
    )
    return Ledger(records, schedule)


def test_a_schedule_comes_back_as_it_was_kept(ledger: Ledger) -> None:
    kept = ledger.records.get(ledger.schedule.id)
    assert kept == ledger.schedule
    assert (ledger.schedule.pipeline, ledger.schedule.version) == ("flights", 1)
    assert ledger.schedule.parameters == {"month": 3}
    assert ledger.records.all() == [ledger.schedule]


def test_a_due_time_is_written_once(ledger: Ledger) -> None:
    first = ledger.open(1, 2)
    second = ledger.open(2, 3)
    assert [fire.due_at for fire in first] == [NOON + MINUTE, NOON + 2 * MINUTE]
    assert [fire.due_at for fire in second] == [NOON + 3 * MINUTE]
    assert len(ledger.records.fires(ledger.schedule.id)) == 3


def test_the_horizon_moves_with_the_ledger_and_with_a_resumption(ledger: Ledger) -> None:
    assert ledger.records.horizons() == [(ledger.schedule, NOON)]
    ledger.open(1, 2)
    assert ledger.records.horizons() == [(ledger.schedule, NOON + 2 * MINUTE)]
    ledger.records.pause(ledger.schedule.id, "holidays")
    assert ledger.records.horizons() == []
    ledger.records.resume(ledger.schedule.id, NOON + 9 * MINUTE)
    assert ledger.records.horizons() == [(ledger.schedule, NOON + 9 * MINUTE)]


def test_one_claim_excludes_another(ledger: Ledger) -> None:
    (fire,) = ledger.open(1)
    assert ledger.claim(fire) == 1
    assert ledger.claim(fire) is None
    claimed = ledger.fire(fire)
    assert (claimed.status, claimed.attempts, claimed.owner) == (FireStatus.CLAIMED, 0, "here")


def test_a_claim_whose_lease_has_ended_can_be_taken_over_with_a_greater_token(
    ledger: Ledger,
) -> None:
    (fire,) = ledger.open(1)
    assert ledger.claim(fire) == 1
    assert ledger.records.next_lease_end() == NOON + LEASE
    assert ledger.records.claimable(NOON + LEASE - timedelta(microseconds=1)) == []
    assert ledger.claim(fire, now=NOON + LEASE) == 2


def test_a_stale_token_may_not_write_anything(ledger: Ledger) -> None:
    (fire,) = ledger.open(1)
    stale = ledger.claim(fire)
    assert stale is not None
    ledger.claim(fire, now=NOON + LEASE)
    assert ledger.records.claimed(fire.id, stale) is None
    assert not ledger.records.renew(fire.id, stale, NOON + 9 * LEASE)
    assert not ledger.records.attach_run(fire.id, stale, 1)
    assert not ledger.records.release(fire.id, stale, attempts=0)
    assert not ledger.records.finish(fire.id, stale, FireStatus.FAILED, "late")
    assert ledger.fire(fire).status is FireStatus.CLAIMED


def test_what_has_ended_does_not_change_any_more(ledger: Ledger) -> None:
    (fire,) = ledger.open(1)
    token = ledger.claim(fire)
    assert token is not None
    assert ledger.records.finish(fire.id, token, FireStatus.FAILED, "because")
    assert not ledger.records.finish(fire.id, token, FireStatus.SUCCEEDED)
    assert ledger.claim(fire, now=NOON + 9 * LEASE) is None
    assert ledger.fire(fire).note == "because"


def test_due_times_of_a_schedule_are_claimed_in_order_one_at_a_time(ledger: Ledger) -> None:
    first, second = ledger.open(1, 2)
    assert ledger.claim(second) is None
    token = ledger.claim(first)
    assert token is not None
    assert ledger.claim(second) is None
    ledger.records.finish(first.id, token, FireStatus.FAILED)
    assert ledger.records.claimable(NOON) == [second]
    assert ledger.claim(second) == 1


def test_a_renewed_lease_lasts(ledger: Ledger) -> None:
    (fire,) = ledger.open(1)
    token = ledger.claim(fire)
    assert token is not None
    assert ledger.records.renew(fire.id, token, NOON + 3 * LEASE)
    assert ledger.claim(fire, now=NOON + 2 * LEASE) is None


def test_a_released_due_time_was_not_tried(ledger: Ledger) -> None:
    (fire,) = ledger.open(1)
    token = ledger.claim(fire)
    assert token is not None
    assert ledger.records.begin(fire.id, token, NOON + LEASE)
    assert ledger.fire(fire).attempts == 1
    assert ledger.records.release(fire.id, token, attempts=0)
    assert ledger.fire(fire).attempts == 0
    assert ledger.claim(fire) == 2


def test_a_claim_that_led_to_no_worker_is_no_attempt(ledger: Ledger) -> None:
    """However often a scheduler is killed right behind its claim, no attempt is used up."""
    (fire,) = ledger.open(1)
    for number in range(9):
        assert ledger.claim(fire, now=NOON + number * LEASE) == number + 1
    assert ledger.fire(fire).attempts == 0
    assert not ledger.records.begin(fire.id, 8, NOON + 9 * LEASE)
    assert ledger.fire(fire).attempts == 0


@pytest.mark.parametrize("verb", ["pause", "delete"])
def test_stopping_a_schedule_skips_what_is_due_and_leaves_what_runs(
    ledger: Ledger, verb: str
) -> None:
    running, waiting = ledger.open(1, 2)
    ledger.claim(running)
    if verb == "pause":
        ledger.records.pause(ledger.schedule.id, "holidays")
    else:
        ledger.records.delete(ledger.schedule.id)
    assert ledger.fire(running).status is FireStatus.CLAIMED
    skipped = ledger.fire(waiting)
    assert skipped.status is FireStatus.SKIPPED
    assert skipped.note
    assert skipped.note.startswith("The schedule was")


def test_a_stopped_schedule_takes_no_due_times(ledger: Ledger) -> None:
    ledger.records.pause(ledger.schedule.id, "holidays")
    assert ledger.open(1) == []


def test_a_deleted_schedule_is_gone_and_its_ledger_stays(ledger: Ledger) -> None:
    ledger.open(1)
    ledger.records.delete(ledger.schedule.id)
    assert ledger.records.all() == []
    assert ledger.records.get(ledger.schedule.id) is None
    assert len(ledger.records.fires(ledger.schedule.id)) == 1
