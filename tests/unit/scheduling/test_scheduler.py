"""What the loop decides, by a clock that the test sets; its workers are real processes."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from nbmlops.domain.schedules import FireStatus, OverlapPolicy, Policies
from nbmlops.errors import NotApprovedError
from nbmlops.scheduling.backfills import BackfillRequest, BackfillService, Span
from nbmlops.scheduling.events import SchedulerEvent
from nbmlops.scheduling.scheduler import Scheduler, worker_command

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Catalog, ZoneDatabase

    from nbmlops.domain.runs import Run

DIES = (sys.executable, "-S", "-E", "-c", "raise SystemExit(3)")
SLEEPS = (sys.executable, "-S", "-E", "-c", "import time; time.sleep(60)")


@dataclass
class Loop:
    """A scheduler in a thread, and what it tells."""

    catalog: Catalog
    command: tuple[str, ...] = DIES
    workers: int = 2
    max_fires: int | None = None
    events: list[SchedulerEvent] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    waited: int = 0

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(
            records=self.catalog.schedules,
            ledger=self.catalog.ledger,
            runs=self.catalog.runs,
            versions=self.catalog.pipelines,
            changes=self.catalog.database.change_counter,
            ask_to_stop=self.ask_to_stop,
            command=self.command,
            clock=self.catalog.clock,
            workers=self.workers,
            grace=timedelta(0),
            max_fires=self.max_fires,
            log=self.catalog.log,
            on_event=self.events.append,
        )

    def ask_to_stop(self, run: Run, by: str) -> bool:
        """Take note of who is to stop for whom."""
        self.asked.append((run.reference, by))
        return self.catalog.runs.ask_to_cancel(run, by)

    def until(self, condition: Callable[[], bool]) -> None:
        """Run until the condition holds, then stop."""
        thread = threading.Thread(target=self.scheduler.run)
        thread.start()
        try:
            end = time.monotonic() + 10
            while not condition():
                assert time.monotonic() < end, [event.line for event in self.events]
                time.sleep(0.01)
        finally:
            self.scheduler.stop()
            thread.join()

    def after_back_offs(self) -> bool:
        """Let so much time pass that the next attempt may begin."""
        if len(self.told("lost")) > self.waited:
            self.waited += 1
            self.catalog.now += timedelta(seconds=20)
        return True

    def told(self, kind: str) -> list[str]:
        """The messages of that kind."""
        return [event.message for event in self.events if event.kind == kind]


def test_due_times_are_in_the_ledger_before_anything_runs(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=3)
    loop = Loop(catalog, command=SLEEPS)
    loop.until(lambda: FireStatus.CLAIMED in catalog.statuses(schedule))
    assert [event.kind for event in loop.events][:3] == ["due"] * 3


def test_a_schedule_made_while_it_runs_is_seen(catalog: Catalog) -> None:
    loop = Loop(catalog)
    thread = threading.Timer(0.3, lambda: catalog.schedule("0 * * * *"))
    thread.start()
    loop.until(lambda: len(catalog.schedules.all()) == 1)
    thread.join()
    catalog.now += timedelta(hours=1)
    later = Loop(catalog)
    later.until(lambda: later.told("due") == ["due"])


def test_a_scheduler_that_sleeps_takes_an_update_of_the_time_zone_database(
    catalog: Catalog, zones: ZoneDatabase
) -> None:
    """By the new rules, what it sleeps for was due before."""
    catalog.schedule("0 6 * * *", timezone="Europe/Berlin")
    catalog.now += timedelta(hours=10)
    loop = Loop(catalog)
    update = threading.Timer(0.5, lambda: zones.update("Europe/Berlin", rules_of="Asia/Tokyo"))
    update.start()
    loop.until(lambda: loop.told("due") == ["due"])
    update.join()


def test_no_more_than_so_many_workers_run_at_once(catalog: Catalog) -> None:
    schedules = [catalog.schedule("0 * * * *") for _ in range(4)]
    catalog.now += timedelta(hours=1)

    def claimed() -> int:
        return sum(catalog.statuses(each).count(FireStatus.CLAIMED) for each in schedules)

    seen: list[int] = []

    def enough() -> bool:
        seen.append(claimed())
        return seen.count(2) > 20

    Loop(catalog, command=SLEEPS).until(enough)
    assert max(seen) == 2
    assert claimed() == 0, "a stopped scheduler gives back what did not end"


def test_a_due_time_whose_workers_die_is_given_up(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=DIES)
    loop.until(lambda: loop.after_back_offs() and bool(loop.told("failed")))
    ending = f"its worker ended with exit code 3 before the run began: see {catalog.log}"
    assert loop.told("lost") == [
        f"attempt 1 of 3: {ending}; next attempt in 5 s",
        f"attempt 2 of 3: {ending}; next attempt in 10 s",
        f"attempt 3 of 3: {ending}",
    ]
    assert loop.told("failed") == [f"Given up after 3 attempts. Attempt 3: {ending}."]
    (fire,) = catalog.schedules.fires(schedule.id)
    assert (fire.status, fire.attempts) == (FireStatus.FAILED, 3)
    assert fire.note == loop.told("failed")[0]


def test_a_worker_that_could_not_begin_is_replaced_after_a_back_off(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=DIES)
    loop.until(lambda: bool(loop.told("lost")))
    time.sleep(0.5)
    (fire,) = catalog.schedules.fires(schedule.id)
    assert (fire.status, fire.attempts) == (FireStatus.CLAIMED, 1)
    assert catalog.schedules.claimable(catalog.now + timedelta(seconds=4)) == []
    assert catalog.schedules.claimable(catalog.now + timedelta(seconds=5)) == [fire]


def test_a_living_worker_is_never_taken_for_vanished(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=SLEEPS)
    starts: list[int] = []

    def long_after() -> bool:
        catalog.now += timedelta(seconds=1)
        fire = catalog.schedules.fires(schedule.id)
        starts.extend(one.attempts for one in fire)
        return len(starts) > 100

    loop.until(long_after)
    assert set(starts) <= {0, 1}
    assert len(loop.told("waiting")) == 1
    assert "is still starting: lease kept for it" in loop.told("waiting")[0]


def test_the_log_explains_afterwards_what_happened(catalog: Catalog) -> None:
    catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=DIES)
    loop.until(lambda: loop.after_back_offs() and bool(loop.told("failed")))
    lines = catalog.log.read_text().splitlines()
    said = [line.split("] ", 1)[1] for line in lines]
    due = "flights@1 (schedule 1, due 2026-05-04 13:00:00 UTC)"
    assert said[:2] == ["started, for 2 workers at once", f"{due}: due"]
    assert said[2].startswith(f"{due}: attempt 1: worker ")
    assert f"{due}: {loop.told('failed')[0]}" in said
    assert said[-1] == "stopped; due times that were run: 1"
    assert all(line[:4].isdigit() and "scheduler[" in line for line in lines)


def test_what_a_listener_is_told_and_what_the_log_holds_are_the_same_facts(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBMLOPS_LOG_FORMAT", "json")
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=DIES)
    loop.until(lambda: loop.after_back_offs() and bool(loop.told("failed")))
    lines = [json.loads(line) for line in catalog.log.read_text().splitlines()]
    held = [line for line in lines if line.get("kind") == "failed"]
    told = [event.facts for event in loop.events if event.kind == "failed"]
    assert [{key: line[key] for key in facts} for line, facts in zip(held, told, strict=True)] == (
        told
    )
    assert told[0]["schedule"] == schedule.id
    assert told[0]["due_at"] == "2026-05-04T13:00:00+00:00"


def test_a_withdrawn_approval_pauses_the_schedule_and_skips_the_due_time(
    catalog: Catalog,
) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.decide("withdrawn")
    catalog.now += timedelta(hours=2)
    loop = Loop(catalog, command=SLEEPS)
    loop.until(lambda: bool(loop.told("skipped")))
    assert catalog.statuses(schedule) == [FireStatus.SKIPPED] * 2
    paused = catalog.schedules.get(schedule.id)
    assert paused is not None
    assert paused.pause_reason == "flights@1 is not approved; the boss withdrew the approval."


def test_a_schedule_that_cannot_be_read_is_paused_and_the_others_go_on(catalog: Catalog) -> None:
    broken = catalog.schedule("not a cron")
    sound = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=SLEEPS)
    loop.until(lambda: FireStatus.CLAIMED in catalog.statuses(sound))
    paused = catalog.schedules.get(broken.id)
    assert paused is not None
    assert paused.paused
    assert "wrong number of fields" in (paused.pause_reason or "")


def test_missed_due_times_are_told(catalog: Catalog) -> None:
    catalog.schedule("0 * * * *", missed="skip")
    catalog.now += timedelta(hours=2, minutes=30)
    loop = Loop(catalog)
    loop.until(lambda: len(loop.told("skipped")) == 2)
    assert all("this schedule skips what it missed" in text for text in loop.told("skipped"))


def test_it_ends_by_itself_after_so_many_due_times(catalog: Catalog) -> None:
    schedule = catalog.schedule("0 * * * *")
    catalog.now += timedelta(hours=5)
    loop = Loop(catalog, command=DIES, max_fires=2)
    loop.until(lambda: loop.after_back_offs() and len(loop.told("failed")) == 2)
    time.sleep(0.3)
    ended = [FireStatus.FAILED] * 2
    assert catalog.statuses(schedule) == [*ended, *([FireStatus.DUE] * 3)]


def test_a_worker_is_told_its_project(tmp_path: Path) -> None:
    assert worker_command(tmp_path)[1:] == (
        *("-m", "nbmlops", "--project", str(tmp_path)),
        "scheduler-worker",
    )


@pytest.mark.parametrize("subject", ["flights@2", ""])
def test_an_event_is_a_line(catalog: Catalog, subject: str) -> None:
    event = SchedulerEvent(at=catalog.now, kind="due", message="due", subject=subject)
    assert event.line.split(" ", 1)[1] == f"{subject} due".strip()


@pytest.mark.parametrize("overlap", ["cancel", "queue"])
def test_a_later_due_time_cancels_the_run_where_the_schedule_says_so(
    catalog: Catalog, overlap: OverlapPolicy
) -> None:
    schedule = catalog.schedule(policies=Policies(overlap=overlap))
    catalog.now += timedelta(hours=1)
    loop = Loop(catalog, command=SLEEPS)

    def both_are_due() -> bool:
        (fire, *others) = reversed(catalog.schedules.fires(schedule.id)) or (None,)
        if fire.status is FireStatus.CLAIMED and fire.run_id is None:
            run = catalog.start_run(schedule)
            catalog.schedules.attach_run(fire.id, fire.token, run.id)
            catalog.now += timedelta(hours=1)
        return bool(others) and (overlap == "queue" or bool(loop.asked))

    loop.until(lambda: bool(catalog.statuses(schedule)) and both_are_due())
    asked = [("flights#1", f"a later due time of schedule {schedule.id}")]
    assert loop.asked == (asked if overlap == "cancel" else [])


def test_of_several_that_wait_the_latest_runs_where_it_cancels_the_others(
    catalog: Catalog,
) -> None:
    schedule = catalog.schedule(policies=Policies(overlap="cancel"))
    catalog.now += 3 * timedelta(hours=1)
    loop = Loop(catalog, command=SLEEPS)
    loop.until(lambda: FireStatus.CLAIMED in catalog.statuses(schedule)[2:])
    assert catalog.statuses(schedule)[:2] == [FireStatus.SKIPPED] * 2


def test_what_is_late_is_told_once(catalog: Catalog) -> None:
    catalog.schedule(policies=Policies(deadline="5m"))
    catalog.now += timedelta(hours=1)
    first = Loop(catalog, command=SLEEPS)
    first.until(lambda: bool(first.told("due")))
    assert first.told("late") == []
    catalog.now += timedelta(minutes=5)
    second = Loop(catalog, command=SLEEPS)
    second.until(lambda: bool(second.told("late")))
    third = Loop(catalog, command=SLEEPS)
    third.until(lambda: third.scheduler is not None)
    assert len(second.told("late")) == 1
    assert third.told("late") == []


def test_ten_thousand_missed_due_times_are_written_and_told_together(catalog: Catalog) -> None:
    schedule = catalog.schedules.create(
        catalog.version,
        cron="* * * * *",
        timezone="UTC",
        parameters={},
        missed="all",
        author="me",
        created_at=catalog.now,
        policies=Policies(max_age=timedelta(days=30).total_seconds()),
    )
    catalog.now += timedelta(minutes=10_000)
    loop = Loop(catalog, command=SLEEPS)
    loop.until(lambda: FireStatus.CLAIMED in catalog.statuses(schedule) or bool(loop.told("due")))
    assert loop.told("due")[0].startswith("10000 due from ")
    assert sum(catalog.ledger.counts([schedule.id])[schedule.id].values()) == 10_000


def test_a_withdrawn_approval_pauses_a_backfill_and_loses_none_of_its_times(
    catalog: Catalog,
) -> None:
    service = BackfillService(
        records=catalog.schedules,
        ledger=catalog.ledger,
        approvals=catalog,
        pipelines=catalog,
        clock=catalog.clock,
        author="me",
    )
    day, start = timedelta(days=1), datetime(2026, 1, 1, tzinfo=UTC)
    span = Span(start=start, end=start + 2 * day, every=day, timezone="UTC")
    request = BackfillRequest(pipeline="flights", span=span)
    made = service.enter(request)
    claim = catalog.claim(made)
    catalog.schedules.finish(claim.fire.id, claim.token, FireStatus.SUCCEEDED)
    catalog.decide("withdrawn")
    loop = Loop(catalog, command=SLEEPS)
    loop.until(lambda: bool(loop.told("paused")))
    reason = "flights@1 is not approved; the boss withdrew the approval."
    assert loop.told("paused") == [f"backfill {made.id} paused: {reason}"]
    assert service.counts(made.id) == {FireStatus.SUCCEEDED: 1, FireStatus.DUE: 2}
    with pytest.raises(NotApprovedError):
        service.enter(request)
    catalog.decide("approved")
    assert not service.enter(request).paused
    assert catalog.claim(made).fire.due_at.day == 2
