"""What becomes of due times that have passed, by a schedule's policy for missed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from nbmlops.domain.schedules import FireStatus, MissedPolicy
from nbmlops.durations import as_written
from nbmlops.scheduling.triggers.base import Times

PUNCTUAL = timedelta(minutes=1)
"""A due time that is found later than this was missed."""

CATCH_UP = timedelta(hours=24)
"""The policy ``all`` makes up for no more than this, unless the schedule says otherwise."""

LISTED = 2000
"""More due times than this are passed over in one row of the ledger, not one row each."""

_TOO_OLD = "Missed: no scheduler ran, and more than {age} have passed."
_SUPERSEDED = "Missed: no scheduler ran; a later due time stands for this one."
_SKIPPED = "Missed: no scheduler ran, and this schedule skips what it missed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Due times that go into the ledger together."""

    due_times: tuple[datetime, ...]
    status: FireStatus = FireStatus.DUE
    note: str | None = None


def entries(
    trigger: Times,
    horizon: datetime,
    now: datetime,
    policy: MissedPolicy,
    max_age: timedelta | None = None,
    *,
    most: int | None = None,
) -> list[Entry]:
    """What the ledger needs for the span from ``horizon`` to ``now``, earliest first.

    The order lets a scheduler die between two entries: what it wrote is a prefix, so that the
    next one goes on behind it.

    Args:
        trigger: what was due when.
        horizon: up to when the ledger has its due times.
        now: the present.
        policy: what to do with those that passed.
        max_age: how old a due time may be to be made up for; for ``all`` a day, and for
            ``latest`` any age where ``None``.
        most: end behind so many where all are made up for; the rest is asked for again.
    """
    catch_up = max_age or CATCH_UP
    most = most if policy == "all" else None
    passed, due_times = _listed(trigger, horizon, now, catch_up, most)
    skipped, run = _split(due_times, now, policy, max_age)
    too_old = _TOO_OLD.format(age=_in_words(catch_up))
    note = {"all": too_old, "latest": _SUPERSEDED, "skip": _SKIPPED}[policy]
    if policy == "latest" and not run:
        note = too_old
    found = [
        passed,
        Entry(due_times=skipped, status=FireStatus.SKIPPED, note=note),
        Entry(due_times=run),
    ]
    return [entry for entry in found if entry.due_times]


def _listed(
    trigger: Times, horizon: datetime, now: datetime, catch_up: timedelta, most: int | None
) -> tuple[Entry, Sequence[datetime]]:
    found = list(islice(trigger.between(horizon, now), LISTED + 1))
    if len(found) <= LISTED:
        return Entry(due_times=()), found[:most]
    start = now - catch_up
    if found[0] > start:
        return Entry(due_times=()), list(islice(trigger.between(horizon, now), most))
    passed = Entry(
        due_times=(found[0],),
        status=FireStatus.SKIPPED,
        note=f"Missed, with every due time until {start:%Y-%m-%d %H:%M} UTC: no scheduler ran.",
    )
    return passed, list(islice(trigger.between(start, now), most))


def _split(
    due_times: Sequence[datetime],
    now: datetime,
    policy: MissedPolicy,
    max_age: timedelta | None,
) -> tuple[tuple[datetime, ...], tuple[datetime, ...]]:
    """Those to skip, and those to run."""
    first = now - ((max_age or CATCH_UP) if policy == "all" else PUNCTUAL)
    skipped = [due for due in due_times if due < first]
    run = list(due_times[len(skipped) :])
    if policy == "latest" and skipped and not run:
        oldest = now - max_age if max_age else skipped[-1]
        run = [skipped.pop()] if skipped[-1] >= oldest else []
    return tuple(skipped), tuple(run)


def _in_words(age: timedelta) -> str:
    """``24 hours``, ``1h30m``."""
    hours, rest = divmod(age, timedelta(hours=1))
    return f"{hours} hours" if not rest and hours > 1 else as_written(age.total_seconds())
