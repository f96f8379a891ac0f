"""What a scheduler answers about itself."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import StoreBusyError, UsageError
from nbmlops.scheduling.events import EventKind, SchedulerEvent
from nbmlops.scheduling.health import Health
from nbmlops.scheduling.listening import address_of, answering
from nbmlops.scheduling.triggers.calls import Answer
from nbmlops.store.catalog.gauges import open_fires
from nbmlops.testing import NOON

if TYPE_CHECKING:
    from conftest import Catalog


class _Deaf:
    def take(self, *_: object) -> Answer:
        return Answer(status=HTTPStatus.NOT_FOUND, message="")


DEAF = _Deaf()


def event(kind: EventKind, late: float = 0) -> SchedulerEvent:
    return SchedulerEvent(
        at=NOON + timedelta(seconds=late), kind=kind, message="", subject="a@1", due_at=NOON
    )


def asked(url: str, method: str = "GET") -> tuple[int, str]:
    try:
        request = urllib.request.Request(url, method=method)  # noqa: S310 (our own)
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 (our own)
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_count_due_times_and_their_lateness(catalog: Catalog) -> None:
    catalog.open(catalog.schedule(), 1, 2)
    health = Health(open_fires=lambda: open_fires(catalog.database), idle=lambda: 0.5)
    for told in (event("due"), event("started", 0.2), event("waiting"), event("late", 2)):
        health.count(told)
    with answering(health, DEAF, "127.0.0.1:0") as address:
        status, text = asked(f"http://{address}/metrics")
    assert status == 200
    lines = text.splitlines()
    for expected in (
        'nbmlops_fires_total{event="started"} 1.0',
        'nbmlops_fires_total{event="succeeded"} 0.0',
        'nbmlops_fires_total{event="late"} 1.0',
        'nbmlops_fire_lateness_seconds_bucket{le="0.1"} 0.0',
        'nbmlops_fire_lateness_seconds_bucket{le="0.25"} 1.0',
        'nbmlops_fires_open{status="due"} 2.0',
        'nbmlops_fires_open{status="claimed"} 0.0',
        "nbmlops_scheduler_loop_age_seconds 0.5",
    ):
        assert expected in lines


def test_one_that_stands_still_or_has_no_catalog_is_not_well() -> None:
    age = [0.0]
    busy: list[Exception] = []

    def counts() -> dict[FireStatus, int]:
        if busy:
            raise busy[0]
        return {}

    health = Health(open_fires=counts, idle=lambda: age[0])
    with answering(health, DEAF, "127.0.0.1:0") as address:
        assert asked(f"http://{address}/healthz") == (200, "ok")
        assert asked(f"http://{address}/healthz", method="HEAD") == (200, "")
        assert asked(f"http://{address}/")[0] == 404
        age[0] = 75
        assert asked(f"http://{address}/healthz") == (
            503,
            "The scheduler's loop has stood still for 75 s.",
        )
        age[0] = 0
        busy.append(StoreBusyError("The store is locked."))
        assert asked(f"http://{address}/healthz") == (503, "The store is locked.")
        assert asked(f"http://{address}/metrics")[0] == 503


@pytest.mark.parametrize("text", ["9464", "localhost", "localhost:http", "localhost:70000"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        address_of(text)


def test_an_address_that_is_taken_is_named() -> None:
    health = Health(open_fires=dict, idle=lambda: 0.0)
    with (
        answering(health, DEAF, "127.0.0.1:0") as address,
        pytest.raises(UsageError, match="Nothing can be answered"),
        answering(health, DEAF, address),
    ):
        pass
