"""Calls over HTTP as events."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.triggers import Event, HttpCall
from nbmlops.scheduling.triggers.base import Look
from nbmlops.store.catalog.triggers import TriggerRecords

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller is told: a status of HTTP, a sentence, and the key of the call."""

    status: HTTPStatus
    message: str
    key: str = ""


class Calls:
    """Takes calls of schedules, each kept before it is answered.

    What is wrong with a token and with the number of a schedule is told in the same words: a
    caller learns nothing about schedules that are not his.

    Args:
        records: keeps what has been called.
        clock: gives the present.
    """

    def __init__(self, records: TriggerRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def issue(self, schedule_id: int) -> str:
        """Make the token with which a schedule is called from now on; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        self._records.keep_token(schedule_id, _digest(token))
        return token

    def take(self, schedule_id: int, token: str, key: str | None = None) -> Answer:
        """Take a call.

        Args:
            schedule_id: which schedule is called.
            token: what `issue` gave.
            key: two calls with one key are the same call; without one, each is another.
        """
        key = key or secrets.token_hex(16)
        if len(key) > _LONGEST_KEY:
            return _told(HTTPStatus.BAD_REQUEST, f"A key has {_LONGEST_KEY} characters at most.")
        called = self._records.callable(schedule_id)
        if called is None or not hmac.compare_digest(_digest(token), called.token):
            return _told(HTTPStatus.UNAUTHORIZED, "No schedule has that number and that token.")
        causes = called.schedule.trigger.causes
        number = next(at for at, one in enumerate(causes) if isinstance(one, HttpCall))
        event = Event(cause=number, key=f"call {key}", at=self._clock(), words="called")
        try:
            is_new = self._records.call(schedule_id, event)
        except LookupError:
            why = f"The schedule is paused: {called.schedule.pause_reason}"
            return _told(HTTPStatus.CONFLICT, why)
        if is_new:
            return _told(HTTPStatus.ACCEPTED, "Taken.", key)
        return _told(HTTPStatus.OK, "Taken before: a call with this key has been made.", key)


class CallWatcher:
    """Looks for nothing: whoever takes a call writes it to the events that wait."""

    def begin(self, cause: HttpCall, now: datetime) -> dict[str, Any]:
        """Nothing to remember."""
        del cause, now
        return {}

    def look(self, number: int, cause: HttpCall, cursor: dict[str, Any], now: datetime) -> Look:
        """Nothing new."""
        del number, cause, now
        return Look(cursor=cursor)


def _digest(token: str) -> str:
    """What is kept of a token. It is random, so that a plain hash hides it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _told(status: HTTPStatus, message: str, key: str = "") -> Answer:
    return Answer(status=status, message=message, key=key)
