"""Jobs and job definitions: the ledger in the words of jupyter-scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from nbmlops.domain.schedules import Schedule

SortField = Literal["name", "input_filename", "create_time", "start_time", "end_time", "status"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether the job will not change any more."""
        return self in (JobState.STOPPED, JobState.SUCCEEDED, JobState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What whoever asked for a job, or for a definition, calls it and wants of it.

    Attributes:
        name: what people call it; where empty, that of its definition, else of its pipeline.
        tags: words to find it by.
        formats: of which kinds its files are to be: ``ipynb``, ``html``.
        options: what else was asked for, as it is to be shown again.
    """

    name: str = ""
    tags: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A due time of a schedule, or one that somebody asked for at once.

    ``definition`` is the id of the schedule; ``None`` where it was asked for by itself. ``run`` is
    the number of the run that it has led to; its times are those of that run. ``note`` says why it
    stands where it does.
    """

    id: int
    definition: int | None
    pipeline: str
    version_id: int
    notebook: str
    label: Label
    state: JobState
    parameters: dict[str, Any]
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    run: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """A schedule, with what people call it; ``changed_at`` is when that was said last."""

    schedule: Schedule
    notebook: str
    label: Label
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which jobs are asked for, and in which order.

    Attributes:
        job: the one with that id.
        definition: those of that schedule.
        state: those that stand there.
        name: those whose name begins so.
        since: those whose run began then or later.
        tags: those that have all of these.
        order: fields, each with whether it descends.
        limit: how many at most, after ``offset`` of them.
    """

    job: int | None = None
    definition: int | None = None
    state: JobState | None = None
    name: str = ""
    since: datetime | None = None
    tags: tuple[str, ...] = ()
    order: tuple[tuple[SortField, bool], ...] = (("create_time", True),)
    limit: int = 1000
    offset: int = 0
