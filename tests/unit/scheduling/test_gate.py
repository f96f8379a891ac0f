"""What is decided about a claimed due time before a worker starts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import Claim, FireStatus, Schedule
from nbmlops.errors import NotApprovedError
from nbmlops.scheduling.gate import ATTEMPTS, Gate, Outcome, check_approved
from nbmlops.scheduling.occasion import trigger_of

if TYPE_CHECKING:
    from conftest import Catalog


@pytest.fixture
def gate(catalog: Catalog) -> Gate:
    """The gate of the catalog."""
    return Gate(
        records=catalog.schedules,
        ledger=catalog.ledger,
        runs=catalog.runs,
        versions=catalog.pipelines,
        clock=catalog.clock,
    )


def _due(catalog: Catalog) -> Schedule:
    schedule = catalog.schedule()
    catalog.open(schedule, 0)
    return schedule


def _begun(catalog: Catalog, claim: Claim) -> None:
    """Let a worker take a claim over."""
    assert catalog.schedules.begin(claim.fire.id, claim.token, catalog.now)


def _claimed_again(catalog: Catalog, schedule: Schedule) -> Claim:
    catalog.now += timedelta(seconds=11)
    return catalog.claim(schedule)


def test_what_is_approved_passes(catalog: Catalog, gate: Gate) -> None:
    assert gate.outcome(catalog.claim(_due(catalog))) is None


def test_a_withdrawn_approval_keeps_away_and_pauses(catalog: Catalog, gate: Gate) -> None:
    claim = catalog.claim(_due(catalog))
    catalog.decide("withdrawn")
    reason = "flights@1 is not approved; the boss withdrew the approval."
    assert gate.outcome(claim) == Outcome(
        status=FireStatus.SKIPPED, note=f"Not run: {reason}", pause=reason
    )
    with pytest.raises(NotApprovedError) as refusal:
        check_approved(catalog.pipelines, claim.schedule)
    assert "nbmlops approve flights@1" in str(refusal.value)


def test_where_no_approval_is_required_what_nobody_decided_on_passes(catalog: Catalog) -> None:
    catalog.version = catalog.build("d2")
    free = Gate(
        records=catalog.schedules,
        ledger=catalog.ledger,
        runs=catalog.runs,
        versions=catalog.pipelines,
        clock=catalog.clock,
        approval_required=False,
    )
    claim = catalog.claim(_due(catalog))
    assert free.outcome(claim) is None
    catalog.decide("approved")
    catalog.decide("withdrawn")
    outcome = free.outcome(claim)
    assert outcome is not None
    assert outcome.pause == "flights@2 is not approved; the boss withdrew the approval."


def test_a_schedule_that_stopped_meanwhile_keeps_away(catalog: Catalog, gate: Gate) -> None:
    claim = catalog.claim(_due(catalog))
    catalog.schedules.pause(claim.schedule.id, "holidays")
    paused = gate.outcome(claim)
    assert paused == Outcome(status=FireStatus.SKIPPED, note="The schedule was paused: holidays")
    catalog.schedules.delete(claim.schedule.id)
    deleted = gate.outcome(claim)
    assert deleted == Outcome(status=FireStatus.SKIPPED, note="The schedule was deleted.")


def test_the_open_run_of_a_vanished_worker_is_closed_as_lost(catalog: Catalog, gate: Gate) -> None:
    schedule = _due(catalog)
    first = catalog.claim(schedule)
    run = catalog.start_run(schedule)
    catalog.schedules.attach_run(first.fire.id, first.token, run.id)
    assert gate.outcome(_claimed_again(catalog, schedule)) is None
    closed = catalog.runs.by_id(run.id)
    assert closed is not None
    assert closed.status is RunStatus.LOST
    assert closed.ended_at == catalog.now


def test_the_open_run_of_another_schedule_is_left_alone(catalog: Catalog, gate: Gate) -> None:
    other = catalog.start_run(catalog.schedule())
    gate.outcome(catalog.claim(_due(catalog)))
    left = catalog.runs.by_id(other.id)
    assert left is not None
    assert left.status is RunStatus.RUNNING


@pytest.mark.parametrize(
    ("run_status", "status"),
    [
        (RunStatus.SUCCEEDED, FireStatus.SUCCEEDED),
        (RunStatus.FAILED, FireStatus.FAILED),
    ],
)
def test_a_run_that_had_ended_when_its_worker_vanished_is_not_run_again(
    catalog: Catalog, gate: Gate, run_status: RunStatus, status: FireStatus
) -> None:
    schedule = _due(catalog)
    first = catalog.claim(schedule)
    run = catalog.start_run(schedule)
    catalog.schedules.attach_run(first.fire.id, first.token, run.id)
    catalog.runs.finish(run, status=run_status, ended_at=catalog.now)
    outcome = gate.outcome(_claimed_again(catalog, schedule))
    assert outcome is not None
    assert outcome.status is status


@pytest.mark.parametrize("run_status", [RunStatus.RUNNING, RunStatus.CANCELLED, RunStatus.LOST])
def test_a_run_that_somebody_has_cancelled_is_not_run_again_though_its_worker_was_killed(
    catalog: Catalog, gate: Gate, run_status: RunStatus
) -> None:
    schedule = _due(catalog)
    first = catalog.claim(schedule)
    run = catalog.start_run(schedule)
    catalog.schedules.attach_run(first.fire.id, first.token, run.id)
    catalog.runs.ask_to_cancel(run, "ada")
    if run_status.ended:
        catalog.runs.finish(run, status=run_status, ended_at=catalog.now)
    assert gate.outcome(_claimed_again(catalog, schedule)) == Outcome(
        status=FireStatus.FAILED, note="flights#1 was cancelled by ada."
    )


def test_a_due_time_is_given_up_after_three_lost_workers(catalog: Catalog, gate: Gate) -> None:
    schedule = _due(catalog)
    _begun(catalog, catalog.claim(schedule))
    for _ in range(ATTEMPTS - 1):
        claim = _claimed_again(catalog, schedule)
        assert gate.outcome(claim) is None
        _begun(catalog, claim)
    note = "Given up after 3 attempts. Its workers vanished together with their scheduler."
    assert gate.outcome(_claimed_again(catalog, schedule)) == Outcome(
        status=FireStatus.FAILED, note=note
    )


def test_a_claim_without_a_worker_uses_up_no_attempt(catalog: Catalog, gate: Gate) -> None:
    """Its scheduler was killed before it could start one, time and again."""
    schedule = _due(catalog)
    for _ in range(3 * ATTEMPTS):
        assert gate.outcome(_claimed_again(catalog, schedule)) is None


def test_who_gives_up_says_how_the_last_attempt_ended(catalog: Catalog, gate: Gate) -> None:
    schedule = _due(catalog)
    for _ in range(ATTEMPTS):
        claim = _claimed_again(catalog, schedule)
        attempt = claim.fire.attempts + 1
        note = f"Attempt {attempt}: it rained."
        catalog.schedules.retry(claim.fire.id, claim.token, catalog.now, note, attempts=attempt)
    outcome = gate.outcome(_claimed_again(catalog, schedule))
    assert outcome is not None
    assert outcome.note == "Given up after 3 attempts. Attempt 3: it rained."


def test_of_the_runs_that_are_open_only_those_of_the_schedule_are_read(catalog: Catalog) -> None:
    """What a due time costs does not grow with what else runs."""
    schedule, other = catalog.schedule(), catalog.schedule()
    theirs = [catalog.start_run(other) for _ in range(3)]
    assert catalog.runs.left_open(trigger_of(schedule.id), None) == []
    mine = catalog.start_run(schedule)
    assert catalog.runs.left_open(trigger_of(schedule.id), None) == [mine]
    known = catalog.runs.left_open(trigger_of(schedule.id), theirs[0].id)
    assert [run.id for run in known] == [mine.id, theirs[0].id]
