"""One execution of a whole pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from nbmlops.domain.executions import Artifact, Failure


class RunStatus(StrEnum):
    """Where a run stands. ``LOST`` is a run whose process vanished."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def ended(self) -> bool:
        """Whether the run will not change any more."""
        return self is not RunStatus.RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of a pipeline version; ``trigger`` is ``manual`` or ``schedule:ID``.

    ``metrics`` holds the last value of each metric that its steps reported; ``goes_on_with`` is
    the run that it resumed, ``flights#2``.
    """

    id: int
    pipeline: str
    number: int
    version: int
    version_id: int
    parameters: dict[str, Any]
    status: RunStatus
    trigger: str
    author: str
    started_at: datetime
    ended_at: datetime | None = None
    failure: Failure | None = None
    artifacts: tuple[Artifact, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    goes_on_with: str | None = None

    @property
    def reference(self) -> str:
        """``flights#3``."""
        return f"{self.pipeline}#{self.number}"

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; ``None`` while it runs."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProgress:
    """A message of a running pipeline: ``cell`` of ``cells`` (1-based), within ``step``.

    Of the ``steps`` named cells, ``number`` have been reached; both are 0 where cells are counted
    and not steps. ``event`` is ``started``, or how the cell ended.
    """

    cell: int
    cells: int
    step: str | None
    event: str
    number: int = 0
    steps: int = 0
