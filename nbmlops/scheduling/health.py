"""How a scheduler is: counted from its events, and answered over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import StoreError, UsageError
from nbmlops.scheduling.events import SchedulerEvent

STALLED = 60.0
"""Seconds without a turn of its loop after which a scheduler is not well."""

_LATENESS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
_COUNTED = ("due", "started", "succeeded", "failed", "skipped", "lost")
_TEXT = "text/plain; charset=utf-8"


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


def address_of(text: str) -> tuple[str, int]:
    """Read ``HOST:PORT``.

    Raises:
        UsageError: it is none.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > _LAST_PORT:
        raise UsageError(f"{text!r} is no address.", cure="Write 127.0.0.1:9464.")
    return host.strip("[]") or "127.0.0.1", int(port)


@contextmanager
def answering(health: Health, address: str) -> Iterator[str]:
    """Answer ``/healthz`` and ``/metrics`` while the context is open; gives the address.

    Raises:
        UsageError: nothing can be answered there.
    """
    from prometheus_client import CONTENT_TYPE_LATEST

    class Answers(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/healthz":
                illness = health.illness()
                self._say(503 if illness else 200, _TEXT, (illness or "ok").encode())
            elif path == "/metrics":
                self._say_metrics()
            else:
                self._say(404, _TEXT, b"There are /healthz and /metrics.")

        def _say_metrics(self) -> None:
            try:
                self._say(200, CONTENT_TYPE_LATEST, health.metrics())
            except StoreError as error:
                self._say(503, _TEXT, str(error).encode())

        def _say(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Be silent: who asks every few seconds fills no log."""

    try:
        server = ThreadingHTTPServer(address_of(address), Answers)
    except OSError as error:
        raise UsageError(
            f"Nothing can be answered at {address}: {error.strerror}.",
            cure="Choose another address: --listen 127.0.0.1:0 takes any free port.",
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"{server.server_address[0]!s}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_LAST_PORT = 65535
