"""Every endpoint of the server extension needs authentication and authorization."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.web import HTTPError

from nbmlops.server.endpoints import ENDPOINTS, RESOURCE, Endpoint

VERBS = ("get", "post", "put", "patch", "delete", "head")


OWN_METHODS = [
    pytest.param(endpoint.__dict__[verb], id=f"{verb} {name}")
    for name, endpoint in ENDPOINTS.items()
    for verb in VERBS
    if verb in endpoint.__dict__
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
