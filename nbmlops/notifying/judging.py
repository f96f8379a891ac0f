"""What is told of a due time that has ended, and of a run that has looked for drift."""

from __future__ import annotations

from datetime import datetime, timedelta

from nbmlops.domain.notices import NoticeKind, Streak
from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog.drift import DriftFinding

REMINDS_AFTER = timedelta(minutes=10)
"""How long a schedule that has failed may go on failing before that is told again."""

REMINDS_AT_LEAST = timedelta(hours=12)
"""The pause between two such notices doubles up to this."""


def judge(
    status: FireStatus, due_at: datetime, streak: Streak | None, now: datetime
) -> tuple[NoticeKind | None, Streak | None]:
    """What to tell of an end, and the failures in a row with it.

    The first failure is told, and the first success after it. Of a schedule that goes on failing
    it is told again after ten minutes, then after twenty, and so on; at once where nobody was
    there to hear of it before.

    Args:
        status: how the due time ended.
        due_at: when it was due.
        streak: the failures of its schedule until then; ``None`` where there are none.
        now: the present.
    """
    if status is FireStatus.SUCCEEDED:
        return (NoticeKind.RECOVERED if streak else NoticeKind.SUCCEEDED), None
    if status is not FireStatus.FAILED:
        return None, streak
    told, after = _one_more(streak, due_at, now)
    return (NoticeKind.FAILED if told else None), after


def judge_drift(
    finding: DriftFinding, streak: Streak | None, now: datetime
) -> tuple[NoticeKind | None, Streak | None]:
    """What to tell of a run that has looked for drift, and the runs in a row that have found one.

    Told is when it begins and when it is over; while it goes on, as often as failures are. A run
    that has taken its findings from earlier ones says nothing new while it goes on.

    Args:
        finding: what the run has found.
        streak: the runs before it; ``None`` where the latest had found none.
        now: the present.
    """
    if not finding.drifted:
        return (NoticeKind.DRIFT_OVER if streak else None), None
    if streak is not None and not finding.fresh:
        return None, streak
    told, after = _one_more(streak, finding.at, now)
    return (NoticeKind.DRIFT if told else None), after


def _one_more(streak: Streak | None, at: datetime, now: datetime) -> tuple[bool, Streak]:
    """Whether another one of those in a row is told, and those with it."""
    if streak is None:
        return True, Streak(count=1, since=at, told=1, told_at=now)
    told = is_due(streak, now)
    after = Streak(
        count=streak.count + 1,
        since=streak.since,
        told=streak.told + told,
        told_at=now if told else streak.told_at,
    )
    return told, after


def is_due(streak: Streak, now: datetime) -> bool:
    """Whether another failure of those in a row is told at a moment."""
    pause = min(REMINDS_AT_LEAST, REMINDS_AFTER * 2 ** min(max(0, streak.told - 1), 10))
    return not streak.told or now >= streak.told_at + pause
