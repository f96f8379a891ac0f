"""The memory of a scheduler that writes down what was due while it was away."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from benchmarks.figures import Comparison, Effort, Figure
from benchmarks.schedules import approved_pipeline, schedule
from nbmlops.domain.schedules import MissedPolicy, Policies
from nbmlops.scheduling.agenda import Agenda
from nbmlops.store.catalog.schedules import ScheduleRecords


def measure(effort: Effort) -> Iterator[Comparison]:
    """What it takes of Linux for ten thousand ticks, and for ten times as many."""
    if sys.platform.startswith("linux"):
        yield _held(effort)


def _held(effort: Effort) -> Comparison:
    """Each time in a process of its own, whose allocator has kept nothing yet."""
    count = effort.times(10_000, 50)
    cases: tuple[tuple[str, int, int, MissedPolicy], ...] = (
        (f"one schedule, {count:,} ticks, all made up for", 1, count, "all"),
        (f"one schedule, {count * 10:,} ticks, all made up for", 1, count * 10, "all"),
        (f"one schedule, {count:,} ticks, the latest made up for", 1, count, "latest"),
        (f"{count // 10:,} schedules, 10 ticks each, the latest made up for", count // 10, 10,
         "latest"),
    )  # fmt: skip
    figures: list[Figure] = []
    for name, schedules, ticks, policy in cases:
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as fresh:
            more = fresh.submit(_memory, schedules, ticks, policy).result()
        figures.append(Figure(name=name, wall=(float(more),), unit="bytes"))
    return Comparison(
        title=f"{count:,} ticks missed, the memory of the scheduler until they are written",
        figures=tuple(figures),
        note="more than before, at the peak; a look at the ledger writes 10,000 rows at most",
        key="absence",
    )


def _memory(schedules: int, ticks: int, policy: MissedPolicy) -> int:
    """Bytes that this process takes at most, beyond those before, to write what was missed."""
    with approved_pipeline() as (workspace, version):
        now = datetime.now(UTC)
        policies = Policies(max_age=60.0 * (ticks + 5)) if policy == "all" else Policies()
        records = ScheduleRecords(workspace.database)
        created = now - timedelta(minutes=ticks)
        for _ in range(schedules):
            schedule(records, version, created, missed=policy, policies=policies)
        itself = Path("/proc/self")
        (itself / "clear_refs").write_text("5", encoding="ascii")
        before = _peak(itself)
        agenda, again_at = Agenda(records), now
        while again_at is not None and again_at <= now:
            again_at = agenda.enter_due(now).again_at
        more = _peak(itself) - before
        assert all(records.fires(found.id, limit=1) for found in records.all())
        return more


def _peak(process: Path) -> int:
    text = (process / "status").read_text(encoding="ascii")
    return 1024 * int(text.partition("VmHWM:")[2].split()[0])
