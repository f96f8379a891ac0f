"""A notice in words."""

from __future__ import annotations

from datetime import datetime

from nbmlops.domain.clock import to_the_minute
from nbmlops.domain.notices import Notice, NoticeKind
from nbmlops.values.secrets import masked

_VERBS = {
    NoticeKind.FAILED: "failed",
    NoticeKind.RECOVERED: "recovered",
    NoticeKind.SUCCEEDED: "succeeded",
    NoticeKind.LATE: "is late",
    NoticeKind.PAUSED: "is paused",
    NoticeKind.DRIFT: "finds drift",
    NoticeKind.DRIFT_OVER: "finds no drift any more",
    NoticeKind.TEST: "test of a channel",
}

_OF_DRIFT = (NoticeKind.DRIFT, NoticeKind.DRIFT_OVER)
_STILL = {NoticeKind.FAILED: "still failing", NoticeKind.DRIFT: "still finds drift"}
_AFTER = {
    NoticeKind.RECOVERED: ("failure", "failures"),
    NoticeKind.DRIFT_OVER: ("run with drift", "runs with drift"),
}


def headline(notice: Notice) -> str:
    """One line: ``flights@2 failed`` or ``flights@2 still failing: 12 times since …``."""
    if notice.kind is NoticeKind.TEST:
        return "nbmlops: test of a channel"
    since = when(notice.since) if notice.since else ""
    if notice.kind in _STILL and notice.count > 1 and since:
        return f"{notice.subject} {_STILL[notice.kind]}: {notice.count} times since {since}"
    line = f"{notice.subject} {_VERBS[notice.kind]}"
    if notice.kind in _AFTER and since:
        one, many = _AFTER[notice.kind]
        return f"{line} after {notice.count} {one if notice.count == 1 else many} since {since}"
    return line


def facts(notice: Notice) -> list[tuple[str, str]]:
    """What else there is to say, by name."""
    said = [
        ("Schedule", str(notice.schedule) if notice.schedule is not None else ""),
        ("Due", when(notice.due_at) if notice.due_at else ""),
        ("Run", notice.run or ""),
        ("Drift" if notice.kind in _OF_DRIFT else "Reason", masked(notice.message)),
        ("Look", look(notice)),
    ]
    return [(name, text) for name, text in said if text]


def look(notice: Notice) -> str:
    """The command that says more."""
    if notice.kind is NoticeKind.TEST:
        return "nbmlops notify list"
    if notice.kind is NoticeKind.PAUSED:
        return f"nbmlops resume {notice.schedule}"
    return f"nbmlops show {notice.run}" if notice.run else "nbmlops schedules --fires"


def text(notice: Notice) -> str:
    """The whole message as plain text."""
    lines = [headline(notice), "", *(f"{name}: {said}" for name, said in facts(notice))]
    return "\n".join(lines) + "\n"


def when(moment: datetime) -> str:
    """``2026-05-04 06:00 CEST``, on this machine's clock; with the seconds where there are some."""
    local = moment.astimezone()
    return f"{to_the_minute(local)} {local:%Z}"
