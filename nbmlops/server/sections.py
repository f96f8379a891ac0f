"""What the endpoints behind the sections of the panel answer; see `responses` for the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from nbmlops.domain.datasets import DatasetUse, DatasetVersion, Member, MemberDifference
from nbmlops.domain.monitors import Monitor
from nbmlops.domain.run_steps import RunStep
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus
from nbmlops.server.orders import NewWhen


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A step of a pipeline and where it is drawn; ``layer`` and ``row`` are 0-based."""

    name: str
    layer: int
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphLink:
    """What a step needs from another one; ``through`` are the layer and row of each bend.

    ``certain`` is false where a call might have changed the value, so that the order is kept.
    """

    source: str
    target: str
    names: tuple[str, ...]
    certain: bool
    through: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineGraph:
    """The latest version of a pipeline, as it is drawn, and its newest run.

    ``run`` is the reference of that run, ``steps`` what became of the steps in it; ``None`` and
    empty where there was none. It may have run an earlier version.
    """

    name: str
    reference: str
    approved: bool
    author: str
    created_at: datetime
    layers: int
    rows: int
    nodes: tuple[GraphNode, ...]
    links: tuple[GraphLink, ...]
    run: str | None
    run_status: RunStatus | None
    steps: tuple[RunStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinesResponse:
    """The pipelines of a notebook, what was built last first.

    ``project`` is what events call the notebook's project; empty where nothing was recorded.
    """

    schema: Literal["nbmlops.pipelines/1"] = "nbmlops.pipelines/1"
    project: str
    pipelines: tuple[PipelineGraph, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FireResult:
    """The latest due time of a schedule; ``run`` is the reference of the run that it made."""

    due_at: datetime
    status: FireStatus
    run: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule: ``when`` says it in words, ``asked`` as it could be asked for.

    ``next`` is its next due time by the clock, ``None`` while it is paused, and where it
    waits for an event. ``cron`` is empty where it is no single expression.
    """

    id: int
    pipeline: str
    reference: str
    when: str
    asked: NewWhen
    cron: str
    timezone: str
    parameters: dict[str, Any]
    author: str
    paused: bool
    pause_reason: str | None
    next: datetime | None
    last: FireResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRow:
    """A backfill: how many of its due times stand where, by their status."""

    id: int
    reference: str
    step: str
    paused: bool
    counts: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesResponse:
    """The schedules and the newest backfills of a notebook's pipelines.

    ``scheduler_runs`` is whether a scheduler of the project runs on this machine; ``project`` as
    in `PipelinesResponse`.
    """

    schema: Literal["nbmlops.schedules/1"] = "nbmlops.schedules/1"
    project: str
    scheduler_runs: bool
    schedules: tuple[ScheduleRow, ...]
    backfills: tuple[BackfillRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A pipeline version that nobody has decided on, the last one that was built.

    ``notebook`` is relative to the server's root, ``None`` where it is outside. ``replaces`` is
    the approved version that would fire no more; ``None`` where there is none. ``parameters`` and
    ``steps`` are names.
    """

    reference: str
    notebook: str | None
    author: str
    created_at: datetime
    steps: tuple[str, ...]
    parameters: tuple[str, ...]
    warnings: tuple[str, ...]
    replaces: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A latest version of which somebody has requested changes; ``comment`` says which."""

    reference: str
    notebook: str | None
    by: str
    comment: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsResponse:
    """What waits for a decision in a notebook's project, what was built last first.

    ``returned`` are versions that wait for their author instead. ``identity`` is as whom the
    reader would decide; ``required`` whether only approved versions may be scheduled.
    """

    schema: Literal["nbmlops.approvals/1"] = "nbmlops.approvals/1"
    project: str
    identity: str
    required: bool
    waiting: tuple[Waiting, ...]
    returned: tuple[Returned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """A data set with its newest versions, the latest first, of ``total``."""

    name: str
    versions: tuple[DatasetVersion, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetsResponse:
    """The data sets of a notebook's project, what was pinned last first, of ``total``.

    ``undo`` is the version whose restore can be taken back; ``project`` as in `PipelinesResponse`.
    """

    schema: Literal["nbmlops.datasets/1"] = "nbmlops.datasets/1"
    project: str
    datasets: tuple[DatasetRow, ...]
    total: int
    undo: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetResponse:
    """One version of a data set: the first members, files before values, and who used them."""

    schema: Literal["nbmlops.dataset/1"] = "nbmlops.dataset/1"
    version: DatasetVersion
    members: tuple[Member, ...]
    uses: tuple[DatasetUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetDiffResponse:
    """Two versions of data sets compared: the first differences, of ``total``."""

    schema: Literal["nbmlops.dataset-diff/1"] = "nbmlops.dataset-diff/1"
    before: str
    after: str
    differences: tuple[MemberDifference, ...]
    total: int
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsResponse:
    """What a notebook and the runs of its pipelines look at for drift, of ``total``.

    What has drifted comes first, then what was looked at last; ``project`` as in
    `PipelinesResponse`.
    """

    schema: Literal["nbmlops.monitors/1"] = "nbmlops.monitors/1"
    project: str
    monitors: tuple[Monitor, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptResponse:
    """What a run has printed so far, cell by cell."""

    schema: Literal["nbmlops.transcript/1"] = "nbmlops.transcript/1"
    run: str
    status: RunStatus
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportResponse:
    """The executed notebook of a run as a page; it may hold scripts, so show it in a sandbox."""

    schema: Literal["nbmlops.report/1"] = "nbmlops.report/1"
    run: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneResponse:
    """What became of something that was asked for, in one sentence."""

    schema: Literal["nbmlops.done/1"] = "nbmlops.done/1"
    message: str


SECTIONS: tuple[type, ...] = (
    PipelinesResponse,
    SchedulesResponse,
    ApprovalsResponse,
    DatasetsResponse,
    DatasetResponse,
    DatasetDiffResponse,
    MonitorsResponse,
    TranscriptResponse,
    ReportResponse,
    DoneResponse,
)
"""Every body that an endpoint behind a section of the panel may send."""
