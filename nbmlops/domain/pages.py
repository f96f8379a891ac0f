"""Pages of a long list, of executions or runs: which ones, in which order, from where on."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nbmlops.domain.executions import ExecutionRow, ExecutionStatus
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.errors import UsageError


class SortBy(StrEnum):
    """What a list of executions is sorted by."""

    RECORDED = "recorded"
    STARTED = "started"
    DURATION = "duration"
    STEP = "step"
    STATUS = "status"
    AUTHOR = "author"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which executions of steps are listed, and in which order.

    ``text`` is in the name of the step or of the notebook; ``notebook`` is a key; ``metric`` keeps
    those that have it, and is what `SortBy.METRIC` sorts by. ``upto`` is the newest execution that
    counts: with it, a list stays as it is while others are recorded.
    """

    sort: SortBy = SortBy.RECORDED
    descending: bool = True
    text: str | None = None
    notebook: str | None = None
    status: ExecutionStatus | None = None
    author: str | None = None
    metric: str | None = None
    upto: int | None = None

    def __post_init__(self) -> None:
        if self.sort is SortBy.METRIC and self.metric is None:
            raise UsageError("To sort by a metric takes its name.", cure="Add metric=NAME.")


class RunSort(StrEnum):
    """What a list of runs is sorted by."""

    RECORDED = "recorded"
    STARTED = "started"
    DURATION = "duration"
    PIPELINE = "pipeline"
    STATUS = "status"
    AUTHOR = "author"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChoice:
    """Which runs of pipelines are listed, and in which order; see `Choice`.

    ``text`` is in the name of the pipeline or of its notebook. `RunSort.DURATION` keeps those that
    have ended.
    """

    sort: RunSort = RunSort.RECORDED
    descending: bool = True
    text: str | None = None
    notebook: str | None = None
    status: RunStatus | None = None
    author: str | None = None
    metric: str | None = None
    upto: int | None = None

    def __post_init__(self) -> None:
        if self.sort is RunSort.METRIC and self.metric is None:
            raise UsageError("To sort by a metric takes its name.", cure="Add metric=NAME.")


# an order has the same name in both lists
_READERS: dict[str, Callable[[Any], Any]] = {
    SortBy.RECORDED: int,
    SortBy.STARTED: datetime.fromisoformat,
    SortBy.DURATION: float,
    SortBy.METRIC: float,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The place behind an execution or a run, in an order: what it is sorted by, and its id."""

    value: Any
    row: int

    def written(self) -> str:
        """As a text that may stand in an address.

        >>> Position.read(Position(value=0.5, row=7).written(), SortBy.DURATION)
        Position(value=0.5, row=7)
        """
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        told = json.dumps([value, self.row])
        return base64.urlsafe_b64encode(told.encode()).decode()

    @classmethod
    def read(cls, text: str, sort: SortBy | RunSort) -> Position:
        """The inverse of `written`.

        Raises:
            UsageError: it is of another order, or no such text.
        """
        read: Callable[[Any], Any] = _READERS.get(sort, _text)
        try:
            value, row = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            found = cls(value=read(value), row=int(row))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise UsageError(
                "That is no place in this order.", cure="Take it from the page before."
            ) from error
        if not 0 <= found.row < 2**63:
            raise UsageError("That is no place.", cure="Take it from the page before.")
        return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionPage:
    """A part of a list of executions.

    ``total`` is how many there are in all, ``None`` where the question has told up to where they
    count; ``newest`` is up to where. ``after`` is where the next page begins, ``None`` behind the
    last one.
    """

    total: int | None
    newest: int
    rows: tuple[ExecutionRow, ...]
    after: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """A part of a list of runs; see `ExecutionPage`.

    ``parameters``, ``metrics`` and ``outputs`` are the names that the newest runs of the list have,
    in alphabetical order; ``None`` where ``total`` is.
    """

    total: int | None
    newest: int
    rows: tuple[Run, ...]
    after: Position | None
    parameters: tuple[str, ...] | None
    metrics: tuple[str, ...] | None
    outputs: tuple[str, ...] | None
