"""Backfills: which times, once each, and going on where one stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import FireStatus, Policies
from nbmlops.errors import ParameterError, UsageError
from nbmlops.scheduling.backfills import BackfillRequest, BackfillService, Span
from nbmlops.scheduling.occasion import occasion_of

if TYPE_CHECKING:
    from conftest import Catalog

DAY = timedelta(days=1)


@pytest.fixture
def service(catalog: Catalog) -> BackfillService:
    """The backfills of the catalog."""
    return BackfillService(
        records=catalog.schedules,
        ledger=catalog.ledger,
        approvals=catalog,
        pipelines=catalog,
        clock=catalog.clock,
        author="me",
    )


def _days(count: int, **more: Any) -> BackfillRequest:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    span = Span(start=start, end=start + (count - 1) * DAY, every=DAY, timezone="UTC")
    return BackfillRequest(pipeline="flights", span=span, **more)


def test_days_are_those_of_the_clock_through_its_changes() -> None:
    start = datetime(2026, 3, 28)  # noqa: DTZ001 (on the clock of the zone)
    span = Span(start=start, end=start + 2 * DAY, every=DAY, timezone="Europe/Berlin")
    hours = [(due - before) / timedelta(hours=1) for before, due in span.intervals()]
    assert hours == [24, 24, 23]


def test_a_cron_expression_names_the_times_and_where_each_interval_begins() -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    span = Span(start=start, end=start + 7 * DAY, cron="0 0 * * 1", timezone="UTC")
    assert span.intervals() == [
        (start - 7 * DAY, start),
        (start, start + 7 * DAY),
    ]


@pytest.mark.parametrize("days", [0, -3])
def test_what_ends_before_it_begins_is_refused(days: int) -> None:
    with pytest.raises(UsageError, match="is before"):
        _days(days).span.intervals()


def test_each_time_and_combination_is_one_row_and_stays_one(
    catalog: Catalog, service: BackfillService
) -> None:
    request = _days(3, grid={"month": [1, 2]})
    plan = service.plan(request)
    assert (plan.times, plan.combinations, plan.new, plan.schedule_id) == (3, 2, 6, None)
    made = service.enter(request)
    assert service.enter(request).id == made.id
    assert service.counts(made.id) == {FireStatus.DUE: 6}
    again = service.plan(request)
    assert (again.new, again.open, again.schedule_id) == (0, 6, made.id)
    assert service.enter(_days(4, grid={"month": [1, 2]})).id == made.id
    assert service.counts(made.id) == {FireStatus.DUE: 8}
    assert catalog.schedules.horizons() == [], "a backfill has no clock to follow"


def test_a_value_that_a_grid_has_twice_is_one_combination(service: BackfillService) -> None:
    plan = service.plan(_days(2, grid={"month": [1, 2, 1]}))
    assert (plan.combinations, plan.new) == (2, 4)


def test_it_has_nothing_to_come(catalog: Catalog, service: BackfillService) -> None:
    made = service.enter(_days(2))
    assert catalog.schedules.get(made.id) is not None
    with pytest.raises(UsageError, match=r"^122 of the 246 times are still to come, from"):
        service.enter(_days(246))


def test_other_parameters_are_another_backfill(service: BackfillService) -> None:
    assert service.enter(_days(2)).id != service.enter(_days(2, parameters={"month": 2})).id


@pytest.mark.parametrize(("order", "first"), [("oldest", 1), ("newest", 3)])
def test_the_order_says_where_it_begins(
    catalog: Catalog, service: BackfillService, order: Any, first: int
) -> None:
    made = service.enter(_days(3, order=order))
    claim = catalog.claim(made)
    assert claim.fire.due_at.day == first
    occasion = occasion_of(made, claim.fire)
    assert occasion.interval_end - occasion.interval_start == DAY
    assert occasion.trigger == f"backfill:{made.id}"


def test_what_schedules_have_due_goes_before_a_backfill(
    catalog: Catalog, service: BackfillService
) -> None:
    service.enter(_days(2, policies=Policies(priority=-1)))
    schedule = catalog.schedule()
    catalog.open(schedule, 0)
    claim = catalog.schedules.claim_next(owner="me", lease_until=catalog.now + DAY, now=catalog.now)
    assert claim is not None
    assert claim.schedule.id == schedule.id


def test_the_limits_that_were_asked_for_last_hold_for_what_has_not_run(
    service: BackfillService,
) -> None:
    first = service.enter(_days(2, policies=Policies(priority=-1)))
    limits = Policies(memory=2**32, cpus=2, at_once=3, priority=-1)
    again = service.enter(_days(2, policies=limits, rules=RunRules(retries=2)))
    assert (again.id, again.rules.retries) == (first.id, 2)
    assert again.policies == limits
    assert service.counts(first.id) == {FireStatus.DUE: 2}


def test_what_failed_is_run_again_when_asked_for(
    catalog: Catalog, service: BackfillService
) -> None:
    made = service.enter(_days(2))
    claim = catalog.claim(made)
    catalog.schedules.finish(claim.fire.id, claim.token, FireStatus.FAILED, "because")
    service.enter(_days(2))
    assert service.counts(made.id)[FireStatus.FAILED] == 1
    service.enter(_days(2, retry_failed=True))
    assert service.counts(made.id) == {FireStatus.DUE: 2}


def test_what_is_told_of_a_backfill_is_about_the_times_that_were_asked_for(
    catalog: Catalog, service: BackfillService
) -> None:
    """What failed of other times is nothing that the same command with --retry-failed runs."""
    made = service.enter(_days(2))
    claim = catalog.claim(made)
    catalog.schedules.finish(claim.fire.id, claim.token, FireStatus.FAILED, "no data")
    later = _days(4)
    later = replace(later, span=replace(later.span, start=later.span.start + 2 * DAY))
    assert service.enter(later).id == made.id
    assert service.counts(made.id, later) == {FireStatus.DUE: 2}
    assert service.counts(made.id) == {FireStatus.FAILED: 1, FireStatus.DUE: 3}


def test_a_parameter_that_does_not_fit_is_refused_before_anything_is_written(
    service: BackfillService,
) -> None:
    with pytest.raises(ParameterError):
        service.enter(_days(2, grid={"month": ["many"]}))
    assert service.all() == []
