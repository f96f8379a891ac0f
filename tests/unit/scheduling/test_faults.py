"""What a scheduler does when the machine fails it: it says so once, and goes on afterwards."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import (
    StoreBusyError,
    StoreError,
    StoreUnreachableError,
    StoreUnwritableError,
)
from nbmlops.scheduling.events import SchedulerEvent
from nbmlops.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from conftest import Catalog

DIES = (sys.executable, "-S", "-E", "-c", "raise SystemExit(3)")


def scheduler(
    catalog: Catalog, events: list[SchedulerEvent], command: tuple[str, ...]
) -> Scheduler:
    """One that waits no real time, and stops when it tells that a worker was lost."""

    def hear(event: SchedulerEvent) -> None:
        events.append(event)
        if event.kind == "lost":
            made.stop()

    made = Scheduler(
        records=catalog.schedules,
        ledger=catalog.ledger,
        runs=catalog.runs,
        versions=catalog.pipelines,
        changes=catalog.database.change_counter,
        ask_to_stop=lambda *_: False,
        command=command,
        clock=catalog.clock,
        grace=timedelta(0),
        log=catalog.log,
        on_event=hear,
    )

    def wait(*_: object) -> None:
        time.sleep(0.01)
        catalog.now += timedelta(seconds=0.25)

    made._wait = wait  # type: ignore[method-assign]
    return made


@pytest.mark.parametrize("error", [StoreUnwritableError("The disk is full."),
                                   StoreBusyError("The disk is full.")])  # fmt: skip
def test_a_disk_that_is_full_for_a_while_ends_no_scheduler(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, error: StoreError
) -> None:
    catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    events: list[SchedulerEvent] = []
    running, tries, claim_next = scheduler(catalog, events, DIES), [], catalog.schedules.claim_next

    def full(*words: object, **named: object) -> object:
        tries.append(words)
        if len(tries) <= 3:
            raise error
        return claim_next(*words, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(catalog.schedules, "claim_next", full)
    running.run()
    told = [event.message for event in events if event.kind == "waiting"]
    assert told == ["The disk is full."], "it is told once, not each second"
    assert events[-1].kind == "lost", "it went on"


def test_an_outage_is_told_once_whatever_its_reason_and_once_when_it_is_over(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that dies refuses connections at first, is not there, then still starts up."""
    catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    events: list[SchedulerEvent] = []
    running = scheduler(catalog, events, DIES)
    reasons = ["connection refused", "no such host", "starting up", "connection refused"]
    claim_next = catalog.schedules.claim_next

    def away(*words: object, **named: object) -> object:
        if reasons:
            raise StoreUnreachableError(f"The catalog cannot be reached: {reasons.pop(0)}.")
        return claim_next(*words, **named)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(catalog.schedules, "claim_next", away)
    running.run()
    told = [(event.kind, event.message) for event in events if event.kind in ("waiting", "resumed")]
    (waiting, message), over = told
    assert (waiting, over) == ("waiting", ("resumed", "The scheduler goes on, after 1 s."))
    assert "cannot be reached: connection refused." in message


def test_a_machine_that_starts_no_process_is_asked_again_each_second_and_told_of_once(
    catalog: Catalog,
) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    events: list[SchedulerEvent] = []
    running = scheduler(catalog, events, ("/nowhere/python",))
    turns: list[int] = []

    def start(now: object) -> object:
        turns.append(1)
        if len(turns) == 20:
            running.stop()
        return step(now)  # type: ignore[arg-type]  # as it was called

    step = running._step
    running._step = start  # type: ignore[method-assign, assignment]
    running.run()
    told = [event.message for event in events if event.kind == "waiting"]
    assert len(told) == 1
    assert "No worker process can be started: [Errno 2]" in told[0]
    (fire,) = catalog.schedules.fires(schedule.id)
    assert (fire.status, fire.attempts) == (FireStatus.DUE, 0)
    assert fire.token <= 6, "it was tried once a second"
