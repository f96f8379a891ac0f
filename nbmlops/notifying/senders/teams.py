"""Microsoft Teams: a workflow that is started by a webhook."""

from __future__ import annotations

import re
from typing import Any

from nbmlops.domain.wire import encode
from nbmlops.notifying import wording
from nbmlops.notifying.channels import Channel
from nbmlops.notifying.senders import http
from nbmlops.notifying.senders.base import Letter

_MARKDOWN = re.compile(r"([\\`*_\[\]()<>])")


def send(channel: Channel, letter: Letter) -> None:
    """Post a notice into the channel of the workflow."""
    http.post(
        http.address(channel.url), encode(message(letter)), {"Content-Type": "application/json"}
    )


def message(letter: Letter) -> dict[str, Any]:
    """A notice as an Adaptive Card."""
    notice = letter.notice
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock",
                "text": _escaped(wording.headline(notice)),
                "weight": "Bolder",
                "wrap": True,
            },
            {
                "type": "FactSet",
                "facts": [
                    {"title": name, "value": _escaped(said)} for name, said in wording.facts(notice)
                ],
            },
        ],
    }
    if letter.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the run", "url": letter.link}]
    content_type = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": content_type, "content": card}]}


def _escaped(text: str) -> str:
    """Text of others, without what Markdown would make of it."""
    return _MARKDOWN.sub(r"\\\1", text)
