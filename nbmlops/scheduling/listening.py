"""What a scheduler answers over HTTP: how it is, and calls that let schedules fire."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from nbmlops.errors import StoreError, UsageError
from nbmlops.scheduling.health import Health
from nbmlops.scheduling.triggers.calls import Answer

LARGEST = 2**20
"""Bytes that the body of a call may have."""

_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"
_CALL = re.compile(r"/call/(\d{1,18})")
_PLACES = "There are GET /healthz, GET /metrics and POST /call/SCHEDULE."
_LAST_PORT = 65535


class TakesCalls(Protocol):
    """Takes calls of schedules; see `Calls`."""

    def take(
        self,
        schedule_id: int,
        token: str,
        key: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> Answer:
        """Take a call."""


class _BodyError(Exception):
    """What was sent with a call cannot be read."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


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
def answering(health: Health, calls: TakesCalls, address: str) -> Iterator[str]:
    """Answer while the context is open; gives the address.

    Raises:
        UsageError: nothing can be answered there.
    """
    handler = type("Answers", (_Answers,), {"health": health, "calls": calls})
    try:
        server = ThreadingHTTPServer(address_of(address), handler)
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


class _Answers(BaseHTTPRequestHandler):
    """Answers one request; a caller that says nothing for ten seconds is left."""

    timeout = 10
    health: Health
    calls: TakesCalls

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/healthz":
            illness = self.health.illness()
            status = HTTPStatus.SERVICE_UNAVAILABLE if illness else HTTPStatus.OK
            self._say(status, _TEXT, (illness or "ok").encode())
        elif path == "/metrics":
            self._say_metrics()
        else:
            self._say(HTTPStatus.NOT_FOUND, _TEXT, _PLACES.encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        found = _CALL.fullmatch(self.path.partition("?")[0])
        if found is None:
            self.close_connection = True  # what follows is not read
            self._say(HTTPStatus.NOT_FOUND, _TEXT, _PLACES.encode())
            return
        key = self.headers.get("Idempotency-Key")
        try:
            answer = self.calls.take(int(found[1]), self._token(), key, self._parameters())
        except _BodyError as error:
            self.close_connection = True
            self._tell(error.status, str(error))
        except UsageError as error:
            self._tell(HTTPStatus.BAD_REQUEST, str(error))
        except StoreError as error:
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        else:
            self._tell(answer.status, answer.message, answer.key)

    def _token(self) -> str:
        kind, _, bearer = self.headers.get("Authorization", "").partition(" ")
        found = self.headers.get("Nbmlops-Token", "")
        return found or (bearer.strip() if kind.lower() == "bearer" else "")

    def _parameters(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            raise _BodyError(HTTPStatus.LENGTH_REQUIRED, "Say how long the body is.")
        if int(length) > LARGEST:
            raise _BodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")
        return parameters_of(self.rfile.read(int(length)))

    def _say_metrics(self) -> None:
        from prometheus_client import CONTENT_TYPE_LATEST

        try:
            self._say(HTTPStatus.OK, CONTENT_TYPE_LATEST, self.health.metrics())
        except StoreError as error:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, str(error).encode())

    def _tell(self, status: HTTPStatus, message: str, key: str = "") -> None:
        self._say(status, _JSON, json.dumps({"message": message, "key": key}).encode())

    def _say(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent: who asks every few seconds fills no log."""


def parameters_of(body: bytes) -> dict[str, Any]:
    """The parameters that a caller has sent, as an object in JSON; none where nothing was sent.

    Raises:
        UsageError: it is something else.
    """
    try:
        found = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            "The body is no object of JSON.", cure='Write parameters by name: {"month": 3}.'
        )
    return found
