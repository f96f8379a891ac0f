"""The REST endpoints below ``/nbmlops/api/``, all authenticated, and all but one read-only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, authenticated

from nbmlops.domain import wire
from nbmlops.errors import NbmlopsError, UsageError
from nbmlops.server import queries
from nbmlops.server.failures import status_of
from nbmlops.server.live import LiveRuns
from nbmlops.server.projects import Projects
from nbmlops.server.responses import CallResponse, ErrorResponse

RESOURCE = "nbmlops"
"""What a Jupyter authorizer is asked about."""


class Endpoint(APIHandler):
    """What all endpoints share: arguments, work off the event loop, and readable refusals."""

    auth_resource = RESOURCE

    def initialize(self, projects: Projects, live: LiveRuns) -> None:
        """Called by tornado for each request."""
        self.projects = projects
        self.live = live

    def text(self, name: str) -> str:
        """A query argument.

        Raises:
            UsageError: it is missing.
        """
        value = self.get_query_argument(name, None, strip=False)
        if not value:
            raise UsageError(f"The request lacks {name!r}.", cure=f"Add ?{name}=… to its address.")
        return value

    def number(self, name: str) -> int:
        """A query argument that is a version number.

        Raises:
            UsageError: it is missing, or not a whole number from 1 up.
        """
        value = self.text(name)
        if not value.isdecimal() or int(value) < 1:
            raise UsageError(f"{name!r} is {value!r}.", cure="Write a whole number from 1 up.")
        return int(value)

    async def answer(self, query: Callable[[], object]) -> None:
        """Send what a blocking query returns, or why it was refused."""
        try:
            response = await asyncio.to_thread(query)
        except NbmlopsError as error:
            self.set_status(status_of(error))
            response = ErrorResponse(message=error.message, cure=error.cure)
        self.finish(wire.encode(response))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what tornado or an unexpected error stopped, without its traceback."""
        _, error, _ = kwargs.get("exc_info", (None, None, None))
        if isinstance(error, HTTPError):
            message = error.log_message or HTTPStatus(status_code).phrase
            body = ErrorResponse(message=message)
        else:
            body = ErrorResponse(
                message="nbmlops failed unexpectedly.",
                cure="The log of the Jupyter server says where.",
            )
        self.finish(wire.encode(body))


class StatusEndpoint(Endpoint):
    """``GET nbmlops/api/status``: that the extension is there."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `StatusResponse`."""
        await self.answer(queries.status)


class StepsEndpoint(Endpoint):
    """``GET nbmlops/api/steps?notebook=PATH``: the steps of a notebook, with their versions."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `StepsResponse`."""
        await self.answer(lambda: queries.steps(self.projects, self.text("notebook")))


class FreshnessEndpoint(Endpoint):
    """``GET nbmlops/api/freshness?notebook=PATH``: which steps are stale, and why."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `FreshnessResponse`."""
        await self.answer(lambda: queries.freshness(self.projects, self.text("notebook")))


class RunsEndpoint(Endpoint):
    """``GET nbmlops/api/runs?notebook=PATH``: the newest runs of a notebook's pipelines.

    From then on the runs of its project are told of as they go on, by events.
    """

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `RunsResponse`."""
        await self.live.watch(self.get_query_argument("notebook", ""))
        await self.answer(lambda: queries.runs(self.projects, self.text("notebook")))


class DiffEndpoint(Endpoint):
    """``GET nbmlops/api/diff?notebook=PATH&step=NAME&before=1&after=2``: two versions compared."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `DiffResponse`."""
        await self.answer(
            lambda: queries.diff(
                self.projects,
                self.text("notebook"),
                self.text("step"),
                self.number("before"),
                self.number("after"),
            )
        )


class VersionEndpoint(Endpoint):
    """``GET nbmlops/api/version?notebook=PATH&step=NAME&number=2``: the code of one version."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `VersionResponse`."""
        await self.answer(
            lambda: queries.version(
                self.projects, self.text("notebook"), self.text("step"), self.number("number")
            )
        )


class ValuesEndpoint(Endpoint):
    """``GET nbmlops/api/values?notebook=PATH&step=NAME&number=2``: what one version made."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `ValuesResponse`."""
        await self.answer(
            lambda: queries.values(
                self.projects, self.text("notebook"), self.text("step"), self.number("number")
            )
        )


class ParametersEndpoint(Endpoint):
    """``GET nbmlops/api/parameters?notebook=PATH&pipeline=NAME``: what a run takes."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `ParametersResponse`."""
        await self.answer(
            lambda: queries.parameters(self.projects, self.text("notebook"), self.text("pipeline"))
        )


class CallEndpoint(Endpoint):
    """``POST nbmlops/api/call?notebook=PATH&schedule=7``: a schedule may fire that waits for it.

    The headers ``Nbmlops-Token`` and ``Idempotency-Key`` say that one may, and which call it is;
    the body may hold parameters, as an object in JSON.
    """

    @authenticated
    @authorized
    async def post(self) -> None:
        """Answer with what became of the call."""
        headers = self.request.headers
        token, key = headers.get("Nbmlops-Token", ""), headers.get("Idempotency-Key")

        def call() -> CallResponse:
            found = queries.call(
                self.projects,
                self.text("notebook"),
                self.number("schedule"),
                token=token,
                key=key,
                body=self.request.body,
            )
            self.set_status(found.status)
            return CallResponse(message=found.message, key=found.key)

        await self.answer(call)


ENDPOINTS: dict[str, type[Endpoint]] = {
    "status": StatusEndpoint,
    "steps": StepsEndpoint,
    "freshness": FreshnessEndpoint,
    "runs": RunsEndpoint,
    "diff": DiffEndpoint,
    "version": VersionEndpoint,
    "values": ValuesEndpoint,
    "parameters": ParametersEndpoint,
    "call": CallEndpoint,
}
"""Every endpoint, by its name below ``/nbmlops/api/``."""
