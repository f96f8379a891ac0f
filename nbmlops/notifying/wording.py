"""A notice in words."""

from __future__ import annotations

from datetime import datetime

from nbmlops.domain.notices import Notice, NoticeKind
from nbmlops.values.secrets import masked

_VERBS = {
    NoticeKind.FAILED: "failed",
    NoticeKind.RECOVERED: "recovered",
    NoticeKind.SUCCEEDED: "succeeded",
    NoticeKind.LATE: "is late",
    NoticeKind.PAUSED: "is paused",
    NoticeKind.TEST: "test of a channel",
}


def headline(notice: Notice) -> str:
    """One line: ``flights@2 failed`` or ``flights@2 still failing: 12 times since …``."""
    if notice.kind is NoticeKind.TEST:
        return "nbmlops: test of a channel"
    if notice.kind is NoticeKind.FAILED and notice.count > 1 and notice.since:
        return f"{notice.subject} still failing: {notice.count} times since {when(notice.since)}"
    line = f"{notice.subject} {_VERBS[notice.kind]}"
    if notice.kind is NoticeKind.RECOVERED and notice.since:
        times = "1 failure" if notice.count == 1 else f"{notice.count} failures"
        return f"{line} after {times} since {when(notice.since)}"
    return line


def facts(notice: Notice) -> list[tuple[str, str]]:
    """What else there is to say, by name."""
    said = [
        ("Schedule", str(notice.schedule) if notice.schedule is not None else ""),
        ("Due", when(notice.due_at) if notice.due_at else ""),
        ("Run", notice.run or ""),
        ("Reason", masked(notice.message)),
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
    """``2026-05-04 06:00 CEST``, on this machine's clock."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"
