"""The door to httpx: one call of a webhook."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nbmlops.errors import NotSentError
from nbmlops.notifying.senders.base import PATIENCE
from nbmlops.values.secrets import Secret, masked

_PLACE = re.compile(r"(env|file|keyring):\S+")


def address(url: str) -> str:
    """The address that is meant: itself, or what is kept at its place."""
    return str(Secret(url)) if _PLACE.fullmatch(url) else url


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Call an address, following nobody elsewhere.

    The answer's body is not read: whoever sends one without end holds nobody.

    Raises:
        NotSentError: it was not answered, or not with a success.
    """
    import httpx

    try:
        with (
            httpx.Client(timeout=PATIENCE, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=dict(headers)) as answer,
        ):
            status, reason = answer.status_code, answer.reason_phrase
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = masked(str(error)) or type(error).__name__
        raise NotSentError(f"The webhook was not reached: {said}.") from error
    if not httpx.codes.is_success(status):
        raise NotSentError(f"The webhook answered {status} {reason}.")
