"""What the endpoints of the panel ask of a request, beside `questions`: runs, and what is ordered.

The OpenAPI document describes them as they stand here, and a request is read by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

from nbmlops.domain.schedules import MissedPolicy, OverlapPolicy
from nbmlops.domain.triggers import Join
from nbmlops.server.questions import Name, Number, OfNotebook

Moment = Annotated[str, Meta(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRun(OfNotebook):
    """A question about a run of a notebook's project, such as ``flights#3``."""

    run: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDataset(OfNotebook):
    """A question about a data set of a notebook's project, such as ``flights@2``."""

    dataset: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTwoDatasets(OfNotebook):
    """A question about two versions, such as ``flights@1`` and ``flights@2``."""

    before: Name
    after: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDataset:
    """What a step of the notebook has read is to be pinned under a name."""

    name: Name
    step: Name
    comment: Annotated[str, Meta(max_length=10_000)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Whether files that hold something else may be replaced."""

    agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is to be done with a schedule; ``fire`` makes it due now."""

    action: Literal["pause", "resume", "fire"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The first and the last day or time of a backfill: ``2026-01-31``, ``2026-01-31T06:00``."""

    start: Moment
    end: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTimes:
    """A question about a cron expression, on the clock of a zone; of this machine's if empty."""

    cron: Annotated[str, Meta(max_length=256)]
    timezone: Annotated[str, Meta(max_length=64)] = ""


Length = Annotated[str, Meta(max_length=64, description="As 90s, 30m or 2d; none if empty.")]


Text = Annotated[str, Meta(max_length=1024)]
Texts = Annotated[tuple[Text, ...], Meta(max_length=100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWhen:
    """When a schedule is to fire, as the options of the command line have it.

    ``every`` are lengths of time, ``at`` points in time on the clock of the schedule, ``after``
    ends of other pipelines (``clean``, ``clean:failed``), ``on_change`` patterns of files,
    ``metric`` conditions such as ``train.auc < 0.8``, ``on_data`` data sets that get a version,
    ``http`` calls with its token. Of several of these, ``join`` says whether each counts by
    itself. ``between`` are hours (``08:00-18:00``), ``days`` weekdays (``mon-fri``); ``holidays``
    names the place on whose holidays it does not fire. What is empty is not said.
    """

    cron: Texts = ()
    every: Texts = ()
    at: Texts = ()
    after: Texts = ()
    on_change: Texts = ()
    metric: Texts = ()
    on_data: Texts = ()
    http: bool = False
    join: Join = "any"
    between: Text = ""
    days: Text = ""
    business_days: bool = False
    holidays: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTimes:
    """A question about when a schedule would fire, on the clock of a zone."""

    when: NewWhen
    timezone: Annotated[str, Meta(max_length=64)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """A schedule that is to be made of the version of a pipeline that may be scheduled.

    What a schedule becomes that there is already is said likewise, as a whole: what is left out
    of it is taken back. What a form does not say, such as a pool, stays as it was.

    ``when`` says when it fires; ``cron`` is one more expression of that. What is empty is not
    said. ``deadline`` is a time of the day or a length of time; ``max_age``
    how long ago something may have been missed to be made up for.
    """

    pipeline: Name
    when: NewWhen = field(default_factory=NewWhen)
    cron: Annotated[str, Meta(max_length=256)] = ""
    timezone: Annotated[str, Meta(max_length=64)] = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    missed: MissedPolicy = "all"
    max_age: Length = ""
    overlap: OverlapPolicy = "queue"
    retries: Annotated[int, Meta(ge=0, le=100)] | None = None
    timeout: Length = ""
    deadline: Length = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPlan(OfNotebook):
    """A question about a schedule that is to be made, or to become of the ``schedule`` there is."""

    schedule: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run that is to begin now; ``parameters`` are those that differ from the defaults.

    ``to`` are steps for which it is to run, with all that they need; all steps where empty.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    to: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Why a version is approved, or what is to change; of one ``cell`` alone if that is said.

    That is a step, a title such as ``cell 4``, or the id of a cell.
    """

    comment: Annotated[str, Meta(max_length=10_000)]
    cell: Annotated[str, Meta(max_length=256)] = ""
