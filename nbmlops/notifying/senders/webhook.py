"""Any webhook: CloudEvents 1.0 in JSON, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import quote

from nbmlops.domain.wire import encode, plain
from nbmlops.notifying import wording
from nbmlops.notifying.channels import Channel
from nbmlops.notifying.senders import http
from nbmlops.notifying.senders.base import Letter
from nbmlops.values.secrets import Secret, masked_inside

_PREFIX = "whsec_"
"""What a secret begins with whose rest is bytes in base64."""


def send(channel: Channel, letter: Letter) -> None:
    """Call a webhook with a notice as an event."""
    body = encode(event(letter))
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    if channel.secret:
        secret = str(Secret(channel.secret))
        headers |= signed(letter.notice.id, int(time.time()), body, secret)
    http.post(http.address(channel.url), body, headers)


def event(letter: Letter) -> dict[str, Any]:
    """A notice as a CloudEvent in structured mode; its ``id`` is the same in every attempt."""
    notice = letter.notice
    told = {key: value for key, value in plain(notice).items() if key not in ("id", "run_id")}
    told |= {"headline": wording.headline(notice), "look": wording.look(notice)}
    if letter.link:
        told["link"] = letter.link
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"/nbmlops/{quote(letter.project, safe='')}",
        "type": f"nbmlops.schedule.{notice.kind}",
        "subject": notice.subject,
        "time": notice.at.isoformat(),
        "datacontenttype": "application/json",
        "data": masked_inside(told),
    }


def signed(identity: str, moment: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers that prove who has sent a body, and when.

    Args:
        identity: that of the message.
        moment: seconds since the epoch, so that an old message cannot be sent again.
        body: what is signed with both.
        secret: text, or bytes in base64 behind ``whsec_``.
    """
    said = b".".join([identity.encode(), str(moment).encode(), body])
    digest = hmac.new(_key(secret), said, hashlib.sha256).digest()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass  # text that happens to begin like that
    return secret.encode()
