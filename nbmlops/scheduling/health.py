"""How a scheduler is, counted from its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import StoreError
from nbmlops.scheduling.events import SchedulerEvent

STALLED = 60.0
"""Seconds without a turn of its loop after which a scheduler is not well."""

_LATENESS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_COUNTED = ("due", "started", "succeeded", "failed", "skipped", "late", "lost")


class Health:
    """Counts what a scheduler tells, and says how it is.

    Args:
        open_fires: how many due times wait and are being run, by status.
        idle: seconds since the last turn of the scheduler's loop.
    """

    def __init__(
        self, *, open_fires: Callable[[], Mapping[FireStatus, int]], idle: Callable[[], float]
    ) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._open_fires = open_fires
        self._idle = idle
        self._registry = CollectorRegistry()
        self._events = Counter(
            "nbmlops_fires",
            "Due times, by what happened to them.",
            ["event"],
            registry=self._registry,
        )
        for kind in _COUNTED:
            self._events.labels(kind)
        self._lateness = Histogram(
            "nbmlops_fire_lateness_seconds",
            "From the due time to the start of its run.",
            buckets=_LATENESS,
            registry=self._registry,
        )
        self._open = Gauge(
            "nbmlops_fires_open",
            "Due times of the ledger that have not ended.",
            ["status"],
            registry=self._registry,
        )
        self._age = Gauge(
            "nbmlops_scheduler_loop_age_seconds",
            "Since the last turn of the loop.",
            registry=self._registry,
        )
        self._age.set_function(idle)

    def count(self, event: SchedulerEvent) -> None:
        """Take in what the scheduler tells."""
        if event.kind not in _COUNTED:
            return
        self._events.labels(event.kind).inc()
        if event.kind == "started" and event.due_at is not None:
            self._lateness.observe(max(0.0, (event.at - event.due_at).total_seconds()))

    def metrics(self) -> bytes:
        """Everything in Prometheus' text format.

        Raises:
            StoreError: the catalog cannot be read.
        """
        from prometheus_client import generate_latest

        for status, count in self._open_fires().items():
            self._open.labels(status.value).set(count)
        return generate_latest(self._registry)

    def illness(self) -> str:
        """What is wrong with the scheduler, in a sentence; empty where nothing is."""
        idle = self._idle()
        if idle > STALLED:
            return f"The scheduler's loop has stood still for {idle:.0f} s."
        try:
            self._open_fires()
        except StoreError as error:
            return str(error)
        return ""
