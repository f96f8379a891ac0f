"""Every endpoint of the server extension needs authentication and authorization."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tornado.web import HTTPError

from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.extension import NbmlopsServer
from nbmlops.server.openapi import document
from nbmlops.server.operations import RESOURCE, Endpoint, operations_of
from nbmlops.server.page import PageFileHandler, PageHandler

VERBS = ("get", "post", "put", "patch", "delete", "head")


OWN_METHODS = [
    pytest.param(endpoint.__dict__[verb], id=f"{verb} {name}")
    for name, endpoint in ENDPOINTS.items()
    for verb in VERBS
    if verb in endpoint.__dict__
] + [
    pytest.param(handler.__dict__[verb], id=f"{verb} {handler.__name__}")
    for handler in (PageHandler, PageFileHandler)
    for verb in VERBS
    if verb in handler.__dict__
]


class Stranger(SimpleNamespace):
    """As much of a request as the decorators look at, from somebody unknown."""

    current_user = None
    auth_resource = RESOURCE

    def get_login_url(self) -> str:
        raise HTTPError(403)


@pytest.mark.parametrize("method", OWN_METHODS)
def test_an_endpoint_refuses_a_stranger_before_it_does_anything(
    method: Callable[..., Any],
) -> None:
    stranger = Stranger(request=SimpleNamespace(method="GET"))
    with pytest.raises(HTTPError) as refusal:
        asyncio.run(method(stranger))
    assert refusal.value.status_code == 403


@pytest.mark.parametrize("method", OWN_METHODS)
def test_an_endpoint_asks_the_authorizer(method: Callable[..., Any]) -> None:
    asked: list[str] = []

    def refuse(_handler: object, _user: object, _action: str, resource: str) -> bool:
        asked.append(resource)
        return False

    reader = SimpleNamespace(
        current_user="reader",
        auth_resource=RESOURCE,
        request=SimpleNamespace(method="GET"),
        authorizer=SimpleNamespace(is_authorized=refuse),
    )
    with pytest.raises(HTTPError):
        asyncio.run(method(reader))
    assert asked == [RESOURCE]


def test_every_endpoint_has_a_method_of_its_own_and_the_base_has_none() -> None:
    assert all(any(verb in kind.__dict__ for verb in VERBS) for kind in ENDPOINTS.values())
    assert not any(verb in Endpoint.__dict__ for verb in VERBS)


@pytest.mark.parametrize(("name", "endpoint"), ENDPOINTS.items())
def test_every_method_of_an_endpoint_is_an_operation_that_the_document_tells_of(
    name: str, endpoint: type[Endpoint]
) -> None:
    """So that none goes without authentication, authorization and arguments within bounds."""
    own = {verb for verb in VERBS if verb in vars(endpoint)}
    told = document(ENDPOINTS)["paths"][f"/{name}"]
    assert own == set(told) == set(operations_of(endpoint))
    assert issubclass(endpoint, Endpoint)
    for verb in own:
        assert told[verb]["summary"]
        assert {"403", "500", "503"} <= set(told[verb]["responses"])


@pytest.mark.parametrize("endpoint", ENDPOINTS.values())
def test_no_endpoint_switches_a_protection_of_the_server_off(endpoint: type[Endpoint]) -> None:
    kept = ("check_xsrf_cookie", "check_origin", "prepare", "compute_etag", "get_current_user")
    mine = [kind for kind in endpoint.__mro__ if kind.__module__.startswith("nbmlops.")]
    assert not {name for kind in mine for name in vars(kind)} & set(kept)


@pytest.mark.parametrize("endpoint", ENDPOINTS.values())
def test_what_may_be_asked_for_is_bounded(endpoint: type[Endpoint]) -> None:
    for told in operations_of(endpoint).values():
        schema = msgspec.json.schema(told.asks)["$defs"][told.asks.__name__]
        for name, kind in schema["properties"].items():
            for choice in kind.get("anyOf", [kind]):
                bounded = {"maxLength", "maximum", "enum", "$ref"} & set(choice)
                assert bounded or choice["type"] in {"boolean", "null"}, name


def test_only_paths_are_asked_for_that_are_confined_to_the_root() -> None:
    """What names a file is a ``notebook``, which goes through ``Projects.locate``."""
    for name, endpoint in ENDPOINTS.items():
        for told in operations_of(endpoint).values():
            asked = {field.name for field in fields(told.asks)}
            assert not asked & {"path", "file", "folder", "filename"}, name


def test_the_extension_registers_these_endpoints_and_the_page_and_no_others() -> None:
    source = inspect.getsource(NbmlopsServer.initialize_handlers)
    assert source.count("handlers.") == 1
    assert "ENDPOINTS.items()" in source
