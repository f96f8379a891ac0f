"""Slack: an incoming webhook."""

from __future__ import annotations

from typing import Any

from nbmlops.domain.notices import NoticeKind
from nbmlops.domain.wire import encode
from nbmlops.notifying import wording
from nbmlops.notifying.channels import Channel
from nbmlops.notifying.senders import http
from nbmlops.notifying.senders.base import Letter

_LONGEST = 2900
"""Characters of a section; Slack takes 3000."""
_MARKS = {
    NoticeKind.FAILED: ":x:",
    NoticeKind.RECOVERED: ":white_check_mark:",
    NoticeKind.SUCCEEDED: ":white_check_mark:",
    NoticeKind.LATE: ":hourglass:",
    NoticeKind.PAUSED: ":double_vertical_bar:",
    NoticeKind.DRIFT: ":chart_with_upwards_trend:",
    NoticeKind.DRIFT_OVER: ":white_check_mark:",
    NoticeKind.TEST: ":bell:",
}


def send(channel: Channel, letter: Letter) -> None:
    """Post a notice into the channel of the webhook."""
    http.post(
        http.address(channel.url), encode(message(letter)), {"Content-Type": "application/json"}
    )


def message(letter: Letter) -> dict[str, Any]:
    """A notice in blocks, with the text that a notification shows."""
    notice = letter.notice
    headline = f"{_MARKS[notice.kind]} {_escaped(wording.headline(notice))}"
    lines = [f"*{name}*: {_escaped(said)}" for name, said in wording.facts(notice)]
    if letter.link:
        lines.append(f"<{_escaped(letter.link)}|Open the run>")
    sections = [f"*{headline}*", "\n".join(lines)[:_LONGEST]]
    return {
        "text": headline,
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in sections
        ],
    }


def _escaped(text: str) -> str:
    """Text of others, so that it mentions nobody and links nowhere."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
