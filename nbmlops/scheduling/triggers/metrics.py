"""Metrics that come across a threshold as events."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from nbmlops.domain.runs import Run
from nbmlops.domain.triggers import Comparison, Event, MetricCrossed
from nbmlops.errors import UsageError
from nbmlops.scheduling.triggers.base import Look
from nbmlops.scheduling.triggers.ends import Ends

_COMPARE: dict[Comparison, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(
    r"\s*(?P<pipeline>[^\s.<>=]+)\.(?P<metric>[^<>=]+?)\s*"
    r"(?P<comparison><=|>=|<|>)\s*(?P<threshold>\S+)\s*"
)


class Runs(Protocol):
    """Finds runs with their metrics."""

    def by_id(self, run_id: int) -> Run | None:
        """The run with that id."""

    def newest(self, *, pipeline: str | None = None, limit: int = 50) -> list[Run]:
        """The newest runs first."""


class MetricWatcher:
    """Notices that a metric crosses a threshold.

    Each run that has ended, however, and has reported the metric is compared in the order in
    which they ended; a happening is one that satisfies the comparison where the one before did
    not. The first that ever reports it may be one. A metric that stays bad is told of once.

    Its cursor is that of the ends of runs, with what the last comparison said.

    Args:
        ends: how runs have ended.
        runs: what they have reported.
    """

    def __init__(self, ends: Ends, runs: Runs) -> None:
        self._ends = ends
        self._runs = runs

    def begin(self, cause: MetricCrossed, now: datetime) -> dict[str, Any]:
        """Behind the runs that have ended, with what the newest of them says."""
        del now
        _, cursor = self._ends.ends(cause.pipeline, after=None, still_open=[])
        newest = self._runs.newest(pipeline=cause.pipeline)
        known = [run for run in newest if run.ended_at and not run.in_part]
        values = [run.metrics[cause.metric] for run in known if cause.metric in run.metrics]
        return {**cursor, "held": bool(values) and _holds(cause, values[0])}

    def look(
        self, number: int, cause: MetricCrossed, cursor: dict[str, Any], now: datetime
    ) -> Look:
        """The runs since the cursor in which the metric has crossed the threshold."""
        del now
        ended, later = self._ends.ends(
            cause.pipeline, after=cursor["seen"], still_open=cursor["open"]
        )
        held, events = cursor["held"], []
        for end in ended:
            run = self._runs.by_id(end.run_id)
            value = run.metrics.get(cause.metric) if run else None
            if value is None:
                continue
            holds = _holds(cause, value)
            if holds and not held:
                name = f"{cause.pipeline}#{end.number}"
                words = f"{cause.metric} of {name} is {value:.6g}"
                key = f"metric {number + 1} of {name}"
                events.append(Event(cause=number, key=key, at=end.ended_at, words=words))
            held = holds
        return Look(cursor={**later, "held": held}, events=tuple(events))


def condition_of(text: str) -> MetricCrossed:
    """Read ``train.auc < 0.8``: a pipeline, one of its metrics, and a threshold.

    Raises:
        UsageError: it is not that.
    """
    found = _CONDITION.fullmatch(text)
    cure = "Write PIPELINE.METRIC, <, <=, > or >=, and a number: --when 'train.auc < 0.8'."
    if found is None:
        raise UsageError(f"{text!r} is no condition on a metric.", cure=cure)
    try:
        threshold = float(found["threshold"])
    except ValueError as error:
        raise UsageError(f"{found['threshold']!r} is no number.", cure=cure) from error
    if threshold != threshold:  # noqa: PLR0124 (nan)
        raise UsageError("Nothing is more or less than nan.", cure=cure)
    comparison: Any = found["comparison"]
    return MetricCrossed(
        pipeline=found["pipeline"],
        metric=found["metric"],
        comparison=comparison,
        threshold=threshold,
    )


def _holds(cause: MetricCrossed, value: float) -> bool:
    return _COMPARE[cause.comparison](value, cause.threshold)
