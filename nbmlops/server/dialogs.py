"""What the schedule dialog and the review of a version are answered, in the front end's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from nbmlops.domain.approvals import CellReview
from nbmlops.domain.differences import Change
from nbmlops.domain.plans import CellPlan
from nbmlops.governance.credentials import Finding
from nbmlops.governance.reviews import CellChange
from nbmlops.server.orders import NewSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesResponse:
    """A cron expression in words, with the next times at which it is due.

    ``timezone`` is the one that was asked for, else that of this machine.
    """

    schema: Literal["nbmlops.times/1"] = "nbmlops.times/1"
    words: str
    timezone: str
    next: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedulable:
    """A pipeline of a notebook, and the version of it that would be scheduled.

    ``reference`` is ``None`` where none may be, with the ``problem`` in one sentence and its
    ``cure``; ``latest`` is the version that was built last. ``parameters`` are a JSON Schema.
    """

    name: str
    latest: str
    reference: str | None
    problem: str | None
    cure: str | None
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulablesResponse:
    """What a form needs that makes a schedule; ``timezone`` is that of this machine."""

    schema: Literal["nbmlops.schedulables/1"] = "nbmlops.schedulables/1"
    project: str
    timezone: str
    scheduler_runs: bool
    pipelines: tuple[Schedulable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedScheduleResponse:
    """A schedule as it could be asked for again: what a form begins with that changes it."""

    schema: Literal["nbmlops.asked-schedule/1"] = "nbmlops.asked-schedule/1"
    id: int
    reference: str
    asked: NewSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step, or an unnamed cell that runs, in the plan of a run."""

    title: str
    state: CellPlan
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResponse:
    """What the next run of a schedule would do, were it made; nothing was."""

    schema: Literal["nbmlops.plan/1"] = "nbmlops.plan/1"
    reference: str
    summary: str
    next: tuple[datetime, ...]
    parameters: dict[str, Any]
    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision on a version: ``approved``, ``withdrawn`` or ``changes requested``."""

    decision: str
    author: str
    comment: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that was checked of a version: its proof, a test, the repetition of a step.

    ``passed`` is ``None`` where it was not checked. ``required`` is whether the project's policy
    asks for it.
    """

    name: str
    passed: bool | None
    told: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewResponse:
    """All that somebody sees who decides on a pipeline version.

    ``against`` is the approved version before it that everything is compared with; ``None`` where
    there is none, and all of it is new. ``edited`` says why the notebook as it is saved makes
    another version; ``None`` where it makes this one. ``environment`` is ``None`` where it is not
    known of both. ``decided`` are the decisions on cells that hold for it, those on earlier
    versions as well. ``notebook`` is relative to the server's root, ``None`` where it is outside.
    """

    schema: Literal["nbmlops.review/1"] = "nbmlops.review/1"
    project: str
    reference: str
    notebook: str | None
    author: str
    created_at: datetime
    identity: str
    against: str | None
    approved: bool
    edited: str | None
    decisions: tuple[Decided, ...]
    cells: tuple[CellChange, ...]
    decided: tuple[CellReview, ...]
    parameters: tuple[Change, ...]
    structure: tuple[Change, ...]
    environment: tuple[Change, ...] | None
    checks: tuple[Check, ...]
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]


DIALOGS: tuple[type, ...] = (
    TimesResponse,
    SchedulablesResponse,
    AskedScheduleResponse,
    PlanResponse,
    ReviewResponse,
)
"""Every body that an endpoint behind a dialog may send."""
