"""The service that a person uses to schedule approved pipelines."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.rules import RunRules
from nbmlops.errors import (
    CronError,
    NotApprovedError,
    NotebookChangedError,
    ParameterError,
    UnknownNameError,
)
from nbmlops.scheduling.schedules import ScheduleService

if TYPE_CHECKING:
    from conftest import Catalog


def test_an_approved_pipeline_can_be_scheduled(service: ScheduleService) -> None:
    made = service.create(
        "flights", cron="0 6 * * *", timezone="Europe/Berlin", parameters={"month": 3}
    )
    assert service.all() == [made]
    assert (made.version, made.parameters, made.author) == (1, {"month": 3}, "me")
    assert [due.isoformat() for due in service.next_times(made, 2)] == [
        "2026-05-05T04:00:00+00:00",
        "2026-05-06T04:00:00+00:00",
    ]


def test_a_schedule_keeps_the_limits_of_its_runs(service: ScheduleService) -> None:
    rules = RunRules(timeout=3600.0, retries=2, keep_going=True, no_cache=True, force=("fetch",))
    made = service.create("flights", cron="@daily", rules=rules)
    assert service.get(made.id).rules == rules


def test_without_a_time_zone_that_of_the_machine_holds(
    service: ScheduleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert service.create("flights", cron="@daily").timezone == "America/New_York"


def test_a_newer_version_without_approval_is_not_what_fires(
    catalog: Catalog, service: ScheduleService
) -> None:
    catalog.build("d2")
    assert service.create("flights", cron="@daily").version == 1


def test_what_is_not_approved_cannot_be_scheduled(
    catalog: Catalog, service: ScheduleService
) -> None:
    catalog.decide("withdrawn")
    with pytest.raises(NotApprovedError):
        service.create("flights", cron="@daily")


def test_an_edited_notebook_cannot_be_scheduled(catalog: Catalog, service: ScheduleService) -> None:
    catalog.changed = True
    with pytest.raises(NotebookChangedError):
        service.create("flights", cron="@daily")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"cron": "0 0 30 2 *"}, CronError),
        ({"cron": "@daily", "timezone": "Europe/Berlim"}, CronError),
        ({"cron": "@daily", "parameters": {"month": "abc"}}, ParameterError),
        ({"cron": "@daily", "parameters": {"moth": 3}}, ParameterError),
        ({"cron": "@daily", "parameters": {"month": object()}}, ParameterError),
        ({"cron": "@daily", "parameters": {"month": [float("nan")]}}, ParameterError),
        ({"cron": "@daily", "parameters": {"month": {"a": {1, 2}}}}, ParameterError),
    ],
)
def test_bad_input_is_refused_with_a_cure_and_keeps_nothing(
    service: ScheduleService, given: dict[str, Any], kind: type[CronError | ParameterError]
) -> None:
    with pytest.raises(kind) as refusal:
        service.create("flights", **given)
    assert refusal.value.cure
    assert service.all() == []


def test_the_ledger_says_who_triggered_or_paused_a_schedule(
    catalog: Catalog, service: ScheduleService
) -> None:
    made = service.create("flights", cron="@daily", timezone="UTC")
    triggered = service.fire_now(made.id)
    assert (triggered.source, triggered.cause) == ("hand", "triggered by me")
    assert service.pause(made.id).pause_reason == "by me"
    skipped = catalog.schedules.fire(triggered.id)
    assert skipped is not None
    assert skipped.note == "The schedule was paused: by me"


def test_a_paused_schedule_is_not_due_until_it_is_resumed(
    catalog: Catalog, service: ScheduleService
) -> None:
    made = service.create("flights", cron="@daily", timezone="UTC")
    paused = service.pause(made.id, "holidays")
    assert (paused.paused, paused.pause_reason) == (True, "holidays")
    assert service.next_times(paused) == []
    catalog.now += timedelta(days=3)
    resumed = service.resume(made.id)
    assert resumed == made
    assert catalog.schedules.horizons() == [(made, catalog.now)]


def test_resuming_what_is_not_paused_passes_over_nothing(
    catalog: Catalog, service: ScheduleService
) -> None:
    """It may have missed due times while no scheduler ran."""
    made = service.create("flights", cron="@daily", timezone="UTC")
    before = catalog.schedules.horizons()
    catalog.now += timedelta(days=3)
    assert service.resume(made.id) == made
    assert catalog.schedules.horizons() == before


def test_a_schedule_whose_approval_was_withdrawn_cannot_be_resumed(
    catalog: Catalog, service: ScheduleService
) -> None:
    made = service.create("flights", cron="@daily")
    service.pause(made.id)
    catalog.decide("withdrawn")
    with pytest.raises(NotApprovedError):
        service.resume(made.id)


def test_a_deleted_schedule_leaves_its_ledger(catalog: Catalog, service: ScheduleService) -> None:
    made = service.create("flights", cron="@daily")
    catalog.open(made, 1)
    service.delete(made.id)
    assert len(service.fires(made)) == 1
    with pytest.raises(UnknownNameError):
        service.get(made.id)


@pytest.mark.parametrize("verb", ["get", "pause", "resume", "delete"])
def test_an_unknown_schedule_is_named(service: ScheduleService, verb: str) -> None:
    with pytest.raises(UnknownNameError, match="There is no schedule '7'"):
        getattr(service, verb)(7)
