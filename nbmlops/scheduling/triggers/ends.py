"""Ends of the runs of another pipeline as events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.triggers import Event, Outcome, PipelineEnded
from nbmlops.scheduling.triggers.base import Look
from nbmlops.store.catalog.triggers import RunEnd

_STATUSES: dict[Outcome, tuple[RunStatus, ...]] = {
    "succeeded": (RunStatus.SUCCEEDED,),
    "failed": (RunStatus.FAILED, RunStatus.LOST),
    "any": (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.LOST, RunStatus.CANCELLED),
}


class Ends(Protocol):
    """Knows how runs have ended."""

    def ends(
        self, pipeline: str, *, after: int | None, still_open: list[int]
    ) -> tuple[list[RunEnd], dict[str, Any]]:
        """The runs that have ended since, and the cursor behind them."""


class EndWatcher:
    """Notices that runs have ended.

    Runs end in another order than they begin. So its cursor is the number of the newest run that
    it has seen, with the numbers of those that were running then: no end is missed between, or
    seen twice.

    Args:
        runs: where runs are kept.
    """

    def __init__(self, runs: Ends) -> None:
        self._runs = runs

    def begin(self, cause: PipelineEnded, now: datetime) -> dict[str, Any]:
        """Behind the runs that have ended; those that run now count when they end."""
        del now
        _, cursor = self._runs.ends(cause.pipeline, after=None, still_open=[])
        return cursor

    def look(
        self, number: int, cause: PipelineEnded, cursor: dict[str, Any], now: datetime
    ) -> Look:
        """The runs that have ended since the cursor, with an outcome that counts."""
        del now
        found, later = self._runs.ends(
            cause.pipeline, after=cursor["seen"], still_open=cursor["open"]
        )
        counts = _STATUSES[cause.outcome]
        events = [
            Event(
                cause=number,
                key=f"run {cause.pipeline}#{end.number}",
                at=end.ended_at,
                words=f"{cause.pipeline}#{end.number} {end.status}",
            )
            for end in found
            if end.status in counts
        ]
        return Look(cursor=later, events=tuple(events))
