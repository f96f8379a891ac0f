"""When a pipeline runs by itself, and the ledger of its due times."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from nbmlops.domain.rules import RunRules
from nbmlops.domain.triggers import Trigger

MissedPolicy = Literal["all", "latest", "skip"]
OverlapPolicy = Literal["queue", "skip", "cancel"]
FireSource = Literal["clock", "hand", "backfill", "event"]

ON_DEMAND = "on demand"
"""What stands in place of a cron expression where every due time was asked for by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What a schedule keeps to besides its times; ``None`` where nothing was said.

    Attributes:
        max_age: seconds after which a missed due time is not made up for any more.
        overlap: what happens to a due time that comes while an earlier one has not ended: it is
            put into the ``queue``, it is passed over (``skip``), or the earlier run is cancelled
            (``cancel``).
        at_once: how many of its due times may be run at once; more than one in backfills only.
        max_active: how many due times of the pipeline, of all its schedules and backfills
            together, may be run at once where this schedule's is one of them.
        pool: the name of the pool of which each run takes a place.
        priority: what is larger goes first where not everything can run at once.
        deadline: ``07:00`` on the schedule's clock, or ``45m`` after the due time: what has not
            succeeded by then is late.
        kernels: how many kernels each run may have at once; by the setting of the time if ``None``.
        engine: the address of the cluster that runs them, ``dask://host:port``.
        memory: bytes that each kernel of its runs may take, where a step says nothing else.
        cpus: processors that each may use, likewise.
        keep: of how many of its newest runs the files stay.
        keep_for: seconds for which the files of its runs stay. A run's files go once neither of
            the two keeps them; for ever they stay where nothing was said.
    """

    max_age: float | None = None
    overlap: OverlapPolicy = "queue"
    at_once: int = 1
    max_active: int | None = None
    pool: str | None = None
    priority: int = 0
    deadline: str | None = None
    kernels: int | None = None
    engine: str | None = None
    memory: int | None = None
    cpus: int | None = None
    keep: int | None = None
    keep_for: float | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether the files of all runs stay."""
        return self.keep is None and self.keep_for is None

    @property
    def said(self) -> dict[str, Any]:
        """What differs from the default, by name."""
        found = {item.name: (getattr(self, item.name), item.default) for item in fields(self)}
        return {name: value for name, (value, default) in found.items() if value != default}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A trigger on an approved pipeline version.

    ``trigger`` says when it fires; ``cron`` is its expression where that is all, else empty;
    ``timezone`` is an IANA name; ``missed`` says what happens to due times that passed while no
    scheduler ran; ``version`` is the number that was approved and is what fires; ``rules`` are
    those of its runs. A ``backfill`` has due times of the past, which somebody asked for at once;
    its ``cron`` says how far they lie apart.
    """

    id: int
    pipeline: str
    version: int
    version_id: int
    cron: str
    trigger: Trigger
    timezone: str
    parameters: dict[str, Any] = field(default_factory=dict)
    missed: MissedPolicy = "all"
    paused: bool = False
    pause_reason: str | None = None
    author: str
    created_at: datetime
    rules: RunRules = field(default_factory=RunRules)
    policies: Policies = field(default_factory=Policies)
    backfill: bool = False

    @property
    def on_demand(self) -> bool:
        """Whether it holds the single jobs of a version, which are no backfill to anybody."""
        return self.backfill and self.cron == ON_DEMAND


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
class Due:
    """What the ledger is to take as one row.

    Attributes:
        due_at: the logical time.
        key: what makes it unique in its schedule; where empty, the due time.
        source: what made it due: the ``clock`` of the schedule, a ``hand``, a ``backfill`` or an
            ``event``. Only those of the clock say how far the clock has been followed.
        status: where it stands; ``note`` says why.
        interval_start: where its data interval begins; by the schedule's times if ``None``.
        parameters: those that differ from the schedule's.
        queued_at: since when it waits, which is its place in the queue; its due time if ``None``.
        deadline_at: when it is late.
        cause: the events that led to it, in words; ``files`` are those that have changed.
    """

    due_at: datetime
    key: str = ""
    source: FireSource = "clock"
    status: FireStatus = FireStatus.DUE
    note: str | None = None
    interval_start: datetime | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    queued_at: datetime | None = None
    deadline_at: datetime | None = None
    cause: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """One row of the ledger: a due time of a schedule, unique by its ``key``; see `Due`.

    ``token`` grows with every claim: a worker whose token is not the latest has lost its lease
    and may not write. ``lease_until`` is when another scheduler may take over. ``late`` is
    ``None`` until its deadline has passed, and for ever where it has none.
    """

    id: int
    schedule_id: int
    due_at: datetime
    status: FireStatus
    key: str = ""
    source: FireSource = "clock"
    interval_start: datetime | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    deadline_at: datetime | None = None
    late: bool | None = None
    attempts: int = 0
    token: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    run_id: int | None = None
    note: str | None = None
    cause: str | None = None
    files: tuple[str, ...] = ()


def late_in_words(status: FireStatus, deadline_at: datetime | None) -> str:
    """``not done by 2026-05-04 07:00:00 CEST, its deadline; it still runs``."""
    standing = {
        FireStatus.DUE: "it has not begun",
        FireStatus.CLAIMED: "it still runs",
        FireStatus.SKIPPED: "it was skipped",
    }
    by = f"{deadline_at.astimezone():%Y-%m-%d %H:%M:%S %Z}" if deadline_at else "then"
    return f"not done by {by}, its deadline; {standing.get(status, f'it {status}')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's right to run one fire until its lease ends."""

    fire: Fire
    schedule: Schedule
    token: int

    @property
    def parameters(self) -> dict[str, Any]:
        """What its run gets: the schedule's parameters, with those of the due time over them."""
        return self.schedule.parameters | self.fire.parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Places that runs share: ``busy`` of ``size`` are taken, ``waiting`` due times want one."""

    name: str
    size: int
    busy: int = 0
    waiting: int = 0
