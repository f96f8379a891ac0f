"""What the REST endpoints answer: the wire contract with the front end.

The TypeScript side of it, ``labextension/src/contract/wire.ts``, is generated from these classes
by ``labextension/generate_contract.py``. Within a major version of a schema a field may be added,
never removed or retyped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from nbmlops.domain.contents import ContentDifference
from nbmlops.domain.differences import VersionDiff
from nbmlops.domain.executions import ExecutionRow, VersionRow
from nbmlops.domain.run_differences import RunDiff
from nbmlops.domain.runs import Run
from nbmlops.domain.staleness import Standing
from nbmlops.domain.values import ValueRecord
from nbmlops.server.dialogs import DIALOGS
from nbmlops.server.events import AlertEvent, ChangedEvent, RecordedEvent, RunEvent
from nbmlops.server.sections import SECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResponse:
    """That the server extension is there, and which version of it."""

    schema: Literal["nbmlops.status/1"] = "nbmlops.status/1"
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookRow:
    """A notebook of a project, relative to the server's root, with how much is known of it.

    ``exists`` is whether the file is still there; ``steps`` and ``pipelines`` are how many it has.
    """

    notebook: str
    exists: bool
    steps: int
    pipelines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebooksResponse:
    """The notebooks of a project of which there are steps or pipelines, by name.

    ``recorded`` is false where nothing was ever recorded; ``project`` as in `PipelinesResponse`.
    """

    schema: Literal["nbmlops.notebooks/1"] = "nbmlops.notebooks/1"
    recorded: bool
    project: str
    notebooks: tuple[NotebookRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHistory:
    """A step with its versions, newest first."""

    name: str
    versions: tuple[VersionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsResponse:
    """The steps of a notebook, in the order in which they were first run.

    ``notebook`` is the path relative to the server's root, as it was asked for; ``recorded`` is
    false where nothing was ever recorded in the notebook's folder.
    """

    schema: Literal["nbmlops.steps/1"] = "nbmlops.steps/1"
    notebook: str
    recorded: bool
    steps: tuple[StepHistory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessResponse:
    """How the cells that are steps stand to the notebook as it was saved, in notebook order.

    ``saved_at`` is when that was; ``None`` where nothing was recorded. ``latest`` is the newest
    execution of the project that may be among what was read, 0 where there is none. ``taken`` are
    the steps whose recorded results, of the version that is named, the newest run of the notebook
    took, with its reference. ``unapproved`` are those whose cells were changed since a version with
    them was approved, with the newest such version. ``requested`` are those of which somebody has
    requested changes that the version that was built last does not have: who, and what is to
    change.
    """

    schema: Literal["nbmlops.freshness/1"] = "nbmlops.freshness/1"
    notebook: str
    steps: tuple[Standing, ...]
    saved_at: datetime | None = None
    latest: int = 0
    taken: dict[str, str] = field(default_factory=dict)
    unapproved: dict[str, str] = field(default_factory=dict)
    requested: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffResponse:
    """Two versions of a step side by side.

    ``contents`` is what differs inside of their values and figures; ``None`` unless asked for.
    """

    schema: Literal["nbmlops.diff/1"] = "nbmlops.diff/1"
    diff: VersionDiff
    contents: ContentDifference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure in base64; ``content`` is ``None`` where it is too large to be sent.

    ``size`` is in bytes, ``None`` where the figure is not kept any more.
    """

    media_type: str
    size: int | None
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureResponse:
    """A figure of two versions, ``None`` on a side that has none.

    ``difference`` is the second one, faded, with the pixels that differ in red; ``None`` where
    these cannot be told.
    """

    schema: Literal["nbmlops.figure/1"] = "nbmlops.figure/1"
    name: str
    before: Figure | None
    after: Figure | None
    difference: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionResponse:
    """The code of one version; ``definitions`` maps what it uses of the notebook to its source."""

    schema: Literal["nbmlops.version/1"] = "nbmlops.version/1"
    reference: str
    source: str
    definitions: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesResponse:
    """What one version made, as it was recorded: no value is loaded for it.

    ``values`` are the outputs of the execution that speaks for the version.
    """

    schema: Literal["nbmlops.values/1"] = "nbmlops.values/1"
    reference: str
    values: tuple[ValueRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsResponse:
    """The newest pipeline runs of a notebook, newest first."""

    schema: Literal["nbmlops.runs/1"] = "nbmlops.runs/1"
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionsResponse:
    """A page of the executions of steps, as they were sorted and chosen.

    ``recorded`` is false where nothing was ever recorded in the folder. ``notebook`` of a row is
    relative to the server's root. ``total`` is how many there are; the first page alone, which is
    asked for without ``upto``, tells it, as it does ``metrics``, the names of all metrics.
    ``newest`` is what later pages are asked for as ``upto``, so that nothing moves while others
    are recorded; ``after`` is where the next page begins, ``None`` behind the last one.
    """

    schema: Literal["nbmlops.executions/1"] = "nbmlops.executions/1"
    recorded: bool
    rows: tuple[ExecutionRow, ...]
    total: int | None
    newest: int
    after: str | None
    metrics: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRunsResponse:
    """A page of the runs of a project's pipelines, as they were sorted and chosen.

    As `ExecutionsResponse`. ``parameters``, ``metrics`` and ``outputs`` are the names that the
    newest hundred of these runs have; the first page alone tells them.
    """

    schema: Literal["nbmlops.pipeline_runs/1"] = "nbmlops.pipeline_runs/1"
    recorded: bool
    rows: tuple[Run, ...]
    total: int | None
    newest: int
    after: str | None
    parameters: tuple[str, ...] | None
    metrics: tuple[str, ...] | None
    outputs: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiffResponse:
    """Two runs side by side."""

    schema: Literal["nbmlops.run_diff/1"] = "nbmlops.run_diff/1"
    diff: RunDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersResponse:
    """What a run of a pipeline version takes, as JSON Schema, from which a form can be made."""

    schema: Literal["nbmlops.parameters/1"] = "nbmlops.parameters/1"
    reference: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResponse:
    """What became of a call of a schedule, and the key under which it is kept."""

    schema: Literal["nbmlops.call/1"] = "nbmlops.call/1"
    message: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """Why a request failed, in one sentence, and what to do about it.

    ``field`` is the field of what was sent that is wrong: ``cron``, ``parameters.month``.
    """

    message: str
    cure: str | None = None
    field: str | None = None


RESPONSES: tuple[type, ...] = (
    StatusResponse,
    NotebooksResponse,
    StepsResponse,
    FreshnessResponse,
    DiffResponse,
    FigureResponse,
    VersionResponse,
    ValuesResponse,
    RunsResponse,
    ExecutionsResponse,
    PipelineRunsResponse,
    RunDiffResponse,
    ParametersResponse,
    CallResponse,
    *SECTIONS,
    *DIALOGS,
    ErrorResponse,
    RunEvent,
    RecordedEvent,
    ChangedEvent,
    AlertEvent,
)
"""Every body that an endpoint may send, and every event."""
