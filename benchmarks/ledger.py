"""The ledger of due times: how many claims it takes, and what a long absence costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.schedules import approved_pipeline, schedule
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.schedules import Due, FireStatus, MissedPolicy, Policies
from nbmlops.scheduling.events import SchedulerEvent
from nbmlops.store.catalog.pools import PoolRecords
from nbmlops.store.catalog.schedules import ScheduleRecords

_HOUR = timedelta(hours=1)


def measure(effort: Effort) -> Iterator[Comparison]:
    """Claims from a queue that is wide, deep or limited; then ticks that nobody was there for."""
    yield _claims(effort)
    yield _missed(effort)


def _claims(effort: Effort) -> Comparison:
    count = effort.times(1500, 20)
    queues: dict[str, Callable[[ScheduleRecords, PipelineVersion, int], None]] = {
        f"{count:,} schedules with one due time each": _wide,
        f"a backfill of {count * 4:,} due times": _deep,
        f"{count:,} schedules that share a pool": _pooled,
    }
    figures: list[Figure] = []
    for name, fill in queues.items():
        with approved_pipeline() as (workspace, version):
            if fill is _pooled:
                PoolRecords(workspace.database).resize("gpu", 100)
            records = ScheduleRecords(workspace.database)
            fill(records, version, count)
            claimed, finished = _drained(records, effort.times(600, 10))
        figures += [
            Figure(name=f"claim, {name}", wall=claimed),
            Figure(name=f"claim and finish, {name}", wall=finished),
        ]
    return Comparison(
        title="One due time claimed from the ledger",
        figures=tuple(figures),
        note="SQLite, one process; how it ended is on the disk before the call returns, a claim "
        "need not be",
        key="ledger/claims",
    )


def _drained(records: ScheduleRecords, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds of each claim, and of the claim with what ends it."""
    now = datetime.now(UTC)
    claims, both = [], []
    for _ in range(count):
        began = time.perf_counter()
        claim = records.claim_next(owner="bench", lease_until=now + _HOUR, now=now)
        claims.append(time.perf_counter() - began)
        assert claim is not None
        assert records.finish(claim.fire.id, claim.token, FireStatus.SUCCEEDED)
        both.append(time.perf_counter() - began)
    return tuple(claims), tuple(both)


def _wide(records: ScheduleRecords, version: PipelineVersion, count: int) -> None:
    _one_due_each(records, version, count, Policies())


def _pooled(records: ScheduleRecords, version: PipelineVersion, count: int) -> None:
    _one_due_each(records, version, count, Policies(pool="gpu", max_active=100))


def _deep(records: ScheduleRecords, version: PipelineVersion, count: int) -> None:
    now = datetime.now(UTC)
    number = schedule(records, version, now, policies=Policies(at_once=4), backfill=True)
    dues = [Due(due_at=now - timedelta(minutes=i), source="backfill") for i in range(count * 4)]
    records.enter(number, dues)


def _one_due_each(
    records: ScheduleRecords, version: PipelineVersion, count: int, policies: Policies
) -> None:
    now = datetime.now(UTC)
    for _ in range(count):
        number = schedule(records, version, now, policies=policies)
        records.enter(number, [Due(due_at=now - _HOUR)])


def _missed(effort: Effort) -> Comparison:
    count = effort.times(10_000, 50)
    cases: tuple[tuple[str, int, int, MissedPolicy], ...] = (
        (f"one schedule, {count:,} ticks, all made up for", 1, count, "all"),
        (f"one schedule, {count:,} ticks, the latest made up for", 1, count, "latest"),
        (f"one schedule, {count:,} ticks, all skipped", 1, count, "skip"),
        (f"{count // 10:,} schedules, 10 ticks each, the latest made up for", count // 10, 10,
         "latest"),
    )  # fmt: skip
    return Comparison(
        title=f"{count:,} ticks missed, from the start of the scheduler's loop to their rows",
        figures=tuple(
            Figure(name=name, wall=(_caught_up(schedules, ticks, policy),))
            for name, schedules, ticks, policy in cases
        ),
        note="until nothing is missing in the ledger; running them takes its time",
        key="ledger/missed",
    )


def _caught_up(schedules: int, ticks: int, policy: MissedPolicy) -> float:
    """Seconds of the first turn of a scheduler's loop."""
    with approved_pipeline() as (workspace, version):
        now = datetime.now(UTC)
        created = now - timedelta(minutes=ticks)
        policies = Policies(max_age=60.0 * (ticks + 5)) if policy == "all" else Policies()
        records = ScheduleRecords(workspace.database)
        for _ in range(schedules):
            schedule(records, version, created, missed=policy, policies=policies)

        def listen(event: SchedulerEvent) -> None:
            del event
            running.stop()  # the loop goes on to the end of its turn, and then starts no worker

        with workspace.scheduler(on_event=listen, workers=1) as running:
            began = time.perf_counter()
            running.run()
            took = time.perf_counter() - began
        for found in records.all():
            assert records.fires(found.id, limit=1)
        return took
