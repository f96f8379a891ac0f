"""One execution of a whole pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from nbmlops.domain.executions import Artifact, Failure, ReportedOutput
from nbmlops.domain.rules import RunRules


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
class Attempt:
    """One time that a run began to execute; ``status`` and ``failure`` say how it ended."""

    number: int
    started_at: datetime
    ended_at: datetime
    status: RunStatus
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of a pipeline version; ``trigger`` is ``manual`` or ``schedule:ID``.

    ``metrics`` holds the last value of each metric that its steps reported, ``outputs`` the last
    of the results that they reported under each name; ``goes_on_with`` is
    the run that it resumed, ``flights#2``. ``attempts`` is empty where it needed one only;
    ``cancelled_by`` is who asked it to stop with `cancel`.
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
    outputs: dict[str, ReportedOutput] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    rules: RunRules = field(default_factory=RunRules)
    attempts: tuple[Attempt, ...] = ()
    cancelled_by: str | None = None
    goes_on_with: str | None = None

    @property
    def reference(self) -> str:
        """``flights#3``."""
        return f"{self.pipeline}#{self.number}"

    @property
    def in_part(self) -> bool:
        """Whether it was for some of the steps only, and is no run of the pipeline as a whole."""
        return self.rules.only is not None

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; ``None`` while it runs."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """Where a run stands: in ``cell`` of ``cells`` (1-based), of ``step``, since ``seconds``.

    ``done`` cells have ended or are passed over; ``line`` is the last that the cell has printed.
    """

    cell: int
    cells: int
    step: str | None
    seconds: float
    done: int = 0
    line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProgress:
    """A message of a running pipeline: ``cell`` of ``cells`` (1-based), within ``step``.

    Of the ``steps`` named cells, ``number`` have been reached; both are 0 where cells are counted
    and not steps. ``event`` is ``started``, or how the cell ended. ``reason`` says why a cell runs
    that has a recorded result, or might have one; empty where every cell runs.
    """

    cell: int
    cells: int
    step: str | None
    event: str
    number: int = 0
    steps: int = 0
    reason: str = ""
