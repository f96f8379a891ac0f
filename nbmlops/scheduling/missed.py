"""What becomes of due times that have passed, by a schedule's policy for missed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from nbmlops.domain.schedules import FireStatus, MissedPolicy
from nbmlops.scheduling.cron import CronTrigger

PUNCTUAL = timedelta(minutes=1)
"""A due time that is found later than this was missed."""

CATCH_UP = timedelta(hours=24)
"""The policy ``all`` makes up for no more than this."""

LISTED = 2000
"""More due times than this are passed over in one row of the ledger, not one row each."""

_TOO_OLD = "Missed: no scheduler ran, and more than 24 hours have passed."
_SUPERSEDED = "Missed: no scheduler ran; a later due time stands for this one."
_SKIPPED = "Missed: no scheduler ran, and this schedule skips what it missed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Due times that go into the ledger together."""

    due_times: tuple[datetime, ...]
    status: FireStatus = FireStatus.DUE
    note: str | None = None


def entries(
    trigger: CronTrigger, horizon: datetime, now: datetime, policy: MissedPolicy
) -> list[Entry]:
    """What the ledger needs for the span from ``horizon`` to ``now``, earliest first.

    The order lets a scheduler die between two entries: what it wrote is a prefix, so that the
    next one goes on behind it.
    """
    passed, due_times = _listed(trigger, horizon, now)
    skipped, run = _split(due_times, now, policy)
    note = {"all": _TOO_OLD, "latest": _SUPERSEDED, "skip": _SKIPPED}[policy]
    found = [
        passed,
        Entry(due_times=skipped, status=FireStatus.SKIPPED, note=note),
        Entry(due_times=run),
    ]
    return [entry for entry in found if entry.due_times]


def _listed(
    trigger: CronTrigger, horizon: datetime, now: datetime
) -> tuple[Entry, Sequence[datetime]]:
    found = list(islice(trigger.between(horizon, now), LISTED + 1))
    if len(found) <= LISTED:
        return Entry(due_times=()), found
    start = max(horizon, now - CATCH_UP)
    passed = Entry(
        due_times=(found[0],),
        status=FireStatus.SKIPPED,
        note=f"Missed, with every due time until {start:%Y-%m-%d %H:%M} UTC: no scheduler ran.",
    )
    return passed, list(trigger.between(max(start, found[0]), now))


def _split(
    due_times: Sequence[datetime], now: datetime, policy: MissedPolicy
) -> tuple[tuple[datetime, ...], tuple[datetime, ...]]:
    """Those to skip, and those to run."""
    first = now - (CATCH_UP if policy == "all" else PUNCTUAL)
    skipped = [due for due in due_times if due < first]
    run = list(due_times[len(skipped) :])
    if policy == "latest" and skipped and not run:
        run.append(skipped.pop())
    return tuple(skipped), tuple(run)
