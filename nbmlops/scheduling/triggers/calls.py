"""Calls over HTTP as events."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from nbmlops.domain.clock import Clock
from nbmlops.domain.schedules import Schedule
from nbmlops.domain.triggers import Event, HttpCall
from nbmlops.errors import NbmlopsError
from nbmlops.scheduling.triggers.base import Look
from nbmlops.store.catalog.triggers import TriggerRecords

CheckParameters = Callable[[Schedule, Mapping[str, Any]], dict[str, Any]]
"""The plain form of parameters for a run of a schedule; raises `ParameterError`."""

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller is told: a status of HTTP, a sentence, and the key of the call."""

    status: HTTPStatus
    message: str
    key: str = ""


class Calls:
    """Takes calls of schedules, each kept before it is answered.

    Whether a schedule is paused and what it runs is told to those alone who have its token. A
    schedule that waits for no call is not found, as one that there is not.

    Args:
        records: keeps what has been called.
        clock: gives the present.
        check: looks at the parameters that a caller gives.
    """

    def __init__(self, records: TriggerRecords, clock: Clock, check: CheckParameters) -> None:
        self._records = records
        self._clock = clock
        self._check = check

    def issue(self, schedule_id: int) -> str:
        """Make the token with which a schedule is called from now on; only its hash is kept."""
        token = secrets.token_urlsafe(32)
        self._records.keep_token(schedule_id, _digest(token))
        return token

    def take(
        self,
        schedule_id: int,
        token: str,
        key: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Take a call.

        Args:
            schedule_id: which schedule is called.
            token: what `issue` gave.
            key: two calls with one key are the same call; without one, each is another.
            parameters: of the run that follows, over those of the schedule.
        """
        key = key or secrets.token_hex(16)
        if len(key) > _LONGEST_KEY:
            return _told(HTTPStatus.BAD_REQUEST, f"A key has {_LONGEST_KEY} characters at most.")
        called = self._records.callable(schedule_id)
        number = None if called is None else _place(called.schedule)
        if called is None or number is None:
            return _told(HTTPStatus.NOT_FOUND, f"No schedule {schedule_id} waits for calls.")
        if not hmac.compare_digest(_digest(token), called.token):
            return _told(HTTPStatus.UNAUTHORIZED, "That is not the token of the schedule.")
        try:
            given = self._check(called.schedule, parameters or {})
        except NbmlopsError as error:
            return _told(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        event = Event(
            cause=number, key=f"call {key}", at=self._clock(), words="called", parameters=given
        )
        return self._keep(called.schedule, event, key)

    def _keep(self, schedule: Schedule, event: Event, key: str) -> Answer:
        try:
            is_new = self._records.call(schedule.id, event)
        except LookupError:
            return _told(HTTPStatus.CONFLICT, f"The schedule is paused: {schedule.pause_reason}")
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


def _place(schedule: Schedule) -> int | None:
    """Which cause of a schedule is the call, if one is."""
    causes = enumerate(schedule.trigger.causes)
    return next((at for at, one in causes if isinstance(one, HttpCall)), None)


def _digest(token: str) -> str:
    """What is kept of a token. It is random, so that a plain hash hides it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _told(status: HTTPStatus, message: str, key: str = "") -> Answer:
    return Answer(status=status, message=message, key=key)
