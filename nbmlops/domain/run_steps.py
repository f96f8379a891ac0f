"""What became of the steps of a pipeline in one run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nbmlops.domain.executions import Failure


class StepStatus(StrEnum):
    """Where a step of a run stands.

    ``SKIPPED`` depends on what has failed in a run that went on behind it, or is no part of this
    run; ``NOT_RUN`` had not begun, or not all of it, when the run ended; ``LOST`` ran when the
    process of the run vanished.
    """

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    CACHED = "cached"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """A step in a run.

    ``why`` says in a few words why it did not run to its end, ``failure`` what failed in which of
    its cells. ``duration`` is in seconds, of the execution itself, which for a cached step was an
    earlier one: that of ``origin``, a run, or the notebook. ``attempts`` is how often it began in
    this run. ``executions`` are the ids of what was recorded of its cells, in their order.
    """

    name: str
    status: StepStatus
    why: str = ""
    failure: Failure | None = None
    version: str | None = None
    origin: str | None = None
    duration: float | None = None
    attempts: int = 0
    executions: tuple[int, ...] = ()
