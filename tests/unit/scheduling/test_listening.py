"""Calls of schedules over HTTP, to a real port."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from nbmlops.domain.schedules import Schedule
from nbmlops.errors import StoreBusyError
from nbmlops.scheduling.health import Health
from nbmlops.scheduling.listening import LARGEST, answering
from nbmlops.scheduling.schedules import ScheduleService
from nbmlops.scheduling.triggers.when import When

if TYPE_CHECKING:
    from conftest import Catalog


class Caller:
    """Calls a schedule that waits for calls."""

    def __init__(self, service: ScheduleService, made: Schedule, address: str) -> None:
        self.service = service
        self.schedule = made
        self.address = address
        self.token = service.calls.issue(made.id)

    def post(
        self, body: object = b"", *, path: str | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = named or {"Nbmlops-Token": self.token}
        url = f"http://{self.address}{path or f'/call/{self.schedule.id}'}"
        request = urllib.request.Request(url, data, named, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 (our own)
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                told = error.read().decode()
                return error.code, json.loads(told) if told.startswith("{") else {"message": told}


@pytest.fixture
def caller(catalog: Catalog) -> Iterator[Caller]:
    """A scheduler that listens, and somebody with the token of a schedule."""
    service = ScheduleService(
        records=catalog.schedules,
        versions=catalog.pipelines,
        approvals=catalog,
        pipelines=catalog,
        happenings=catalog.happenings,
        clock=catalog.clock,
        author="me",
    )
    made = service.create("flights", when=When(http=True), timezone="UTC")
    health = Health(open_fires=dict, idle=lambda: 0.0)
    with answering(health, service.calls, "127.0.0.1:0") as address:
        yield Caller(service, made, address)


def test_a_call_with_parameters_is_one_fire_however_often_it_is_repeated(
    caller: Caller, catalog: Catalog
) -> None:
    named = {"Nbmlops_Token": caller.token, "Idempotency_Key": "order 7"}
    assert caller.post({"month": 3}, **named) == (202, {"message": "Taken.", "key": "order 7"})
    assert caller.post({"month": 3}, **named)[0] == 200
    ((_, fire),) = catalog.happenings.take(catalog.now).fires
    assert (fire.key, fire.parameters) == ("call order 7", {"month": 3})
    assert caller.post(Authorization=f"Bearer {caller.token}")[0] == 202


def test_what_is_wrong_with_a_call_is_said(caller: Caller, catalog: Catalog) -> None:
    assert caller.post(Nbmlops_Token="guessed")[0] == 401
    assert caller.post(path="/call/99") == (
        404,
        {"message": "No schedule 99 waits for calls.", "key": ""},
    )
    assert caller.post(path="/somewhere")[0] == 404
    assert caller.post({"moth": 3})[0] == 422
    for body in (b"{", b"[1]", b"[" * 100_000, b"\xff"):
        status, told = caller.post(body)
        assert (status, "no object of JSON" in told["message"]) == (400, True)
    caller.service.pause(caller.schedule.id, "holidays")
    assert caller.post() == (409, {"message": "The schedule is paused: holidays", "key": ""})
    assert catalog.happenings.take(catalog.now).fires == []


def test_a_body_without_end_is_not_read(caller: Caller) -> None:
    host, port = caller.address.split(":")
    for header, status in (
        (f"Content-Length: {LARGEST + 1}", b"413"),
        ("Transfer-Encoding: chunked", b"411"),
        ("Content-Length: -1", b"411"),
    ):
        with socket.create_connection((host, int(port)), timeout=5) as line:
            line.sendall(f"POST /call/1 HTTP/1.1\r\nHost: here\r\n{header}\r\n\r\n".encode())
            assert status in line.recv(1000).splitlines()[0]


def test_a_catalog_that_is_locked_is_said(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise StoreBusyError("The store is locked.")

    monkeypatch.setattr(caller.service.calls._records, "callable", busy)
    assert caller.post() == (503, {"message": "The store is locked.", "key": ""})
