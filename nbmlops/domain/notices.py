"""What people are told of schedules, and how far each message has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about.

    ``RECOVERED`` is the first success after failures; ``LATE`` is a deadline that has passed;
    ``PAUSED`` a schedule that fires no more; ``DRIFT`` data that are not those of a reference any
    more, and ``DRIFT_OVER`` the first that are again; ``TEST`` is what somebody sends to try a
    channel.
    """

    FAILED = "failed"
    RECOVERED = "recovered"
    SUCCEEDED = "succeeded"
    LATE = "late"
    PAUSED = "paused"
    DRIFT = "drift"
    DRIFT_OVER = "drift-over"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened to a schedule, or that a run has found, told once.

    Attributes:
        id: its identity wherever it is sent; the same with every attempt.
        kind: what it is about.
        at: when it was found.
        pipeline: the name of the pipeline, and its ``version``.
        schedule: the id of the schedule; ``None`` of a test, and of a run by hand.
        message: why, in one sentence; empty where there is nothing to add.
        due_at: the due time that it is about.
        run: the run of the due time, such as ``flights#3``; ``run_id`` is its row.
        count: how many due times in a row had failed; of a failure with this one, of a recovery
            until this one; of a drift, likewise, how many runs in a row had found one.
        since: the first of them.
    """

    id: str
    kind: NoticeKind
    at: datetime
    pipeline: str
    version: int
    schedule: int | None = None
    message: str = ""
    due_at: datetime | None = None
    run: str | None = None
    run_id: int | None = None
    count: int = 0
    since: datetime | None = None

    @property
    def subject(self) -> str:
        """The pipeline version that it is about, such as ``flights@2``."""
        return f"{self.pipeline}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """The failures of a schedule since its last success; or runs in a row that have found drift.

    ``count`` due times have failed since ``since``; ``told`` notices have said so to somebody, the
    latest ``told_at``.
    """

    count: int
    since: datetime
    told: int
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice on its way to a channel: the ``attempt`` that is being made, from 1."""

    id: int
    channel: str
    attempt: int
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How the messages of a channel stand.

    ``waiting`` are still to be sent, ``given_up`` never will be; ``last_error`` is what kept the
    latest that did not arrive from arriving, ``None`` where the latest arrived.
    """

    waiting: int = 0
    sent: int = 0
    given_up: int = 0
    last_sent: datetime | None = None
    last_error: str | None = None
