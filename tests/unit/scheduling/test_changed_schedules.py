"""A schedule that is changed goes on with its number, its ledger and what was not given."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies
from nbmlops.errors import ParameterError, UsageError
from nbmlops.scheduling.schedules import ScheduleService
from nbmlops.scheduling.triggers.when import When

if TYPE_CHECKING:
    from conftest import Catalog


def test_what_is_not_given_stays(catalog: Catalog, service: ScheduleService) -> None:
    made = service.create(
        "flights",
        cron="0 6 * * *",
        timezone="Europe/Berlin",
        parameters={"month": 3},
        missed="skip",
        rules=RunRules(timeout=60.0, force=("train",)),
        policies=Policies(priority=3, kernels=2),
    )
    catalog.version = catalog.build("d2")
    catalog.decide("approved")
    changed = service.change(
        made.id, "flights", rules={"retries": 2}, policies={"engine": "dask://here:8786"}
    )
    assert (changed.id, changed.version, changed.version_id) == (made.id, 2, catalog.version.id)
    assert (changed.trigger, changed.timezone, changed.cron) == (
        made.trigger, made.timezone, made.cron,
    )  # fmt: skip
    assert (changed.parameters, changed.missed) == ({"month": 3}, "skip")
    assert changed.rules == RunRules(timeout=60.0, force=("train",), retries=2)
    assert changed.policies == Policies(priority=3, kernels=2, engine="dask://here:8786")
    assert service.get(made.id) == changed


def test_other_times_count_from_the_change_on(catalog: Catalog, service: ScheduleService) -> None:
    made = service.create("flights", cron="0 * * * *", timezone="UTC")
    catalog.open(made, 1)
    catalog.now += timedelta(hours=3, minutes=5)
    service.change(made.id, "flights", when=When(every=("10m",)))
    ((found, horizon),) = catalog.schedules.horizons()
    assert (found.id, horizon) == (made.id, catalog.now)
    assert len(catalog.schedules.fires(made.id)) == 1, "what is due stays"
    service.change(made.id, "flights", policies={"keep": 3})
    assert catalog.schedules.horizons()[0][1] == horizon, "the same times go on"


def test_one_that_waited_for_events_and_now_for_the_clock_waits_for_no_event(
    catalog: Catalog, service: ScheduleService
) -> None:
    made = service.create("flights", when=When(http=True), timezone="UTC")
    token = service.calls.issue(made.id)
    assert service.calls.take(made.id, token).status == 202
    service.change(made.id, "flights", when=When(cron=("@daily",)))
    assert service.calls.take(made.id, token).status == 404
    assert catalog.happenings.take(catalog.now).fires == []
    service.change(made.id, "flights", when=When(http=True))
    assert service.calls.take(made.id, token).status == 202
    assert len(catalog.happenings.take(catalog.now).fires) == 1


def test_what_was_said_can_be_taken_back(service: ScheduleService) -> None:
    made = service.create(
        "flights",
        cron="0 6 * * *",
        timezone="UTC",
        parameters={"month": 3},
        rules=RunRules(timeout=60.0, retries=2),
        policies=Policies(deadline="45m", max_age=60.0),
    )
    changed = service.change(
        made.id,
        "flights",
        unset=["month"],
        rules={"timeout": None},
        policies={"deadline": None},
    )
    assert changed.parameters == {}
    assert changed.rules == RunRules(retries=2)
    assert changed.policies == Policies(max_age=60.0)
    assert service.get(made.id) == changed
    with pytest.raises(UsageError, match="gives no parameter 'month'"):
        service.change(made.id, "flights", unset=["month"])


def test_what_cannot_be_is_refused_and_changes_nothing(service: ScheduleService) -> None:
    made = service.create("flights", cron="@daily", timezone="UTC")
    with pytest.raises(UsageError, match="1 is a schedule of flights"):
        service.change(made.id, "other")
    with pytest.raises(ParameterError):
        service.change(made.id, "flights", parameters={"moth": 3})
    with pytest.raises(UsageError, match="no deadline"):
        service.change(made.id, "flights", policies={"deadline": "soon"})
    with pytest.raises(UsageError, match="pool"):
        service.change(made.id, "flights", policies={"pool": "gpu"})
    assert service.get(made.id) == made
