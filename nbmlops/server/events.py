"""What the server tells through Jupyter's event system, as ``schemas/`` describes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbmlops.domain.notices import NoticeKind
from nbmlops.domain.runs import RunStatus

RUN_PROGRESS = "nbmlops:run-progress/v1"
"""The schema of a `RunEvent`."""

RECORDED = "nbmlops:recorded/v1"
"""The schema of a `RecordedEvent`."""

CHANGED = "nbmlops:changed/v1"
"""The schema of a `ChangedEvent`."""

ALERT = "nbmlops:alert/v1"
"""The schema of an `AlertEvent`."""

_FOLDER = Path(__file__).parent / "schemas"

SCHEMAS = {
    RUN_PROGRESS: _FOLDER / "run-progress" / "v1.yaml",
    RECORDED: _FOLDER / "recorded" / "v1.yaml",
    CHANGED: _FOLDER / "changed" / "v1.yaml",
    ALERT: _FOLDER / "alert" / "v1.yaml",
}
"""The file of each schema, as JSON Schema in YAML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Where a run stands; ``run`` is its reference, ``notebook`` relative to the server's root.

    ``step``, ``cell`` of ``cells`` (1-based) and the last ``line`` that it printed are those of
    the cell that runs; ``None`` before the first one, and once the run has ended. ``done`` cells
    have ended. ``seconds`` is how long the run has taken so far.
    """

    run: str
    notebook: str
    pipeline: str
    number: int
    state: RunStatus
    seconds: float
    step: str | None = None
    cell: int | None = None
    cells: int | None = None
    done: int = 0
    line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """That something was recorded of a notebook, given relative to the server's root.

    ``execution`` is the newest: who has read the notebook's facts up to it needs no others.
    """

    notebook: str
    execution: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEvent:
    """That something is to be read again of a project, which answers name likewise.

    ``pipelines`` were built or decided on; ``schedules`` were made or changed, or something was
    due; ``datasets`` were pinned or deleted.
    """

    project: str
    pipelines: bool
    schedules: bool
    datasets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """What people are told of a schedule or a run, as channels tell it; ``id`` is the same there.

    ``notebook`` is that of the pipeline, relative to the server's root. ``run`` is the run of the
    due time that it is about, ``None`` where none began; ``message`` why, in one sentence, empty
    where there is nothing to add. ``count`` due times in a row had failed since ``since``, or runs
    had found drift; ``schedule`` is ``None`` of a run by hand.
    """

    id: str
    kind: NoticeKind
    at: datetime
    notebook: str
    pipeline: str
    version: int
    schedule: int | None
    due_at: datetime | None
    run: str | None
    message: str
    count: int
    since: datetime | None
