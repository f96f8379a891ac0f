"""When a pipeline runs by itself, and the ledger of its due times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from nbmlops.domain.rules import RunRules

MissedPolicy = Literal["all", "latest", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A cron trigger on an approved pipeline version.

    ``timezone`` is an IANA name; ``missed`` says what happens to due times that passed while no
    scheduler ran; ``version`` is the number that was approved and is what fires; ``rules`` are
    those of its runs.
    """

    id: int
    pipeline: str
    version: int
    version_id: int
    cron: str
    timezone: str
    parameters: dict[str, Any] = field(default_factory=dict)
    missed: MissedPolicy = "all"
    paused: bool = False
    pause_reason: str | None = None
    author: str
    created_at: datetime
    rules: RunRules = field(default_factory=RunRules)


class FireStatus(StrEnum):
    """Where a due time stands."""

    DUE = "due"
    CLAIMED = "claimed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def ended(self) -> bool:
        """Whether the ledger will not change any more."""
        return self in (FireStatus.SUCCEEDED, FireStatus.FAILED, FireStatus.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """One row of the ledger: a due time of a schedule, unique.

    ``token`` grows with every claim: a worker whose token is not the latest has lost its lease
    and may not write. ``lease_until`` is when another scheduler may take over.
    """

    id: int
    schedule_id: int
    due_at: datetime
    status: FireStatus
    attempts: int = 0
    token: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    run_id: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's right to run one fire until its lease ends."""

    fire: Fire
    schedule: Schedule
    token: int
