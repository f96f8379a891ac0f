"""What every endpoint shares: who may ask, how a request is read, and how it is answered."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, authenticated

from nbmlops.domain import wire
from nbmlops.errors import NbmlopsError, UsageError
from nbmlops.server.failures import status_of
from nbmlops.server.languages import accepted_language, sentences_of
from nbmlops.server.live import LiveRuns
from nbmlops.server.projects import Projects
from nbmlops.server.questions import Nothing
from nbmlops.server.responses import ErrorResponse

RESOURCE = "nbmlops"
"""What a Jupyter authorizer is asked about."""

LARGEST_BODY = 2**20
"""Bytes that a request may send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one endpoint, as the OpenAPI document tells of it.

    ``asks`` is the class of the arguments, ``sends`` that of the body, ``answers`` those of what
    comes back when all went well. ``headers`` may be sent. ``watches`` says that from then on
    events tell of the notebook's project. ``question`` is the blocking function itself.
    """

    name: str
    story: str
    question: Callable[[Any, Any], object]
    asks: type = Nothing
    answers: Mapping[HTTPStatus, type] = field(default_factory=dict)
    sends: Any = None
    headers: tuple[str, ...] = ()
    watches: bool = False


def operation(
    answers: type | Mapping[HTTPStatus, type],
    *,
    asks: type = Nothing,
    sends: Any = None,
    headers: tuple[str, ...] = (),
    watches: bool = False,
) -> Callable[[Callable[[Any, Any], object]], Callable[[Any], Awaitable[None]]]:
    """Make a blocking function a method that answers requests.

    Its first argument is the endpoint, its second one what was asked, of the class ``asks``. What
    it returns is sent as JSON. Nobody is answered who is not authenticated and authorized; a
    request that does not fit is refused before the function is called.

    Args:
        answers: the class of what the function returns; or several, by their status, where the
            function itself sets it.
        asks: the class of the query arguments.
        sends: the type of the body, which the function gets from ``self.body``.
        headers: the names of headers that the function reads.
        watches: whether events tell of the notebook's project from then on.
    """
    by_status = answers if isinstance(answers, Mapping) else {HTTPStatus.OK: answers}

    def wrap(question: Callable[[Any, Any], object]) -> Callable[[Any], Awaitable[None]]:
        told = Operation(
            name=question.__name__,
            story=question.__doc__ or "",
            question=question,
            asks=asks,
            answers=by_status,
            sends=sends,
            headers=headers,
            watches=watches,
        )

        @functools.wraps(question)
        async def respond(endpoint: Endpoint) -> None:
            await endpoint.respond(told, question)

        allowed: Any = authenticated(authorized(respond))
        allowed.operation = told
        return cast("Callable[[Any], Awaitable[None]]", allowed)

    return wrap


def operations_of(endpoint: type[Endpoint]) -> dict[str, Operation]:
    """What an endpoint does, by the method in lower case: ``get``, ``post``."""
    return {
        name: method.operation
        for name, method in vars(endpoint).items()
        if hasattr(method, "operation")
    }


class Endpoint(APIHandler):
    """What all endpoints share: arguments, work off the event loop, and readable refusals."""

    auth_resource = RESOURCE

    def initialize(self, projects: Projects, live: LiveRuns) -> None:
        """Called by tornado for each request."""
        self.projects = projects
        self.live = live
        self.body: Any = None

    async def respond(self, told: Operation, question: Callable[[Any, Any], object]) -> None:
        """Send what a question returns, or why it was refused."""
        try:
            asked = self._asked(told.asks)
            if told.sends is not None:
                self.body = self._sent(told.sends)
            if told.watches:
                await self.live.watch(asked.notebook)
            response = await asyncio.to_thread(question, self, asked)
        except NbmlopsError as error:
            self.set_status(status_of(error))
            response = ErrorResponse(message=error.message, cure=error.cure, field=error.field)
        texts = sentences_of(accepted_language(self.request.headers.get("Accept-Language", "")))
        self.set_header("Vary", "Accept-Language")
        self.finish(wire.encode(wire.spelled(wire.plain(response, texts))))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what tornado or an unexpected error stopped, without its traceback."""
        _, error, _ = kwargs.get("exc_info", (None, None, None))
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(sorted(map(str.upper, operations_of(type(self))))))
        if isinstance(error, HTTPError):
            body = _refusal(error, status_code)
        else:
            body = ErrorResponse(
                message="nbmlops failed unexpectedly.",
                cure="The log of the Jupyter server says where.",
            )
        self.finish(wire.encode(body))

    def _asked(self, kind: type) -> Any:
        names = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]
        given = {name: self.get_query_argument(name, None, strip=False) for name in names}
        return read_query({name: text for name, text in given.items() if text is not None}, kind)

    def _sent(self, kind: Any) -> Any:
        return read_body(self.request.body, kind)


def read_body(sent: bytes, kind: Any) -> Any:
    """What was sent, as an object of its type.

    Raises:
        UsageError: it is too large, or does not fit.
    """
    if len(sent) > LARGEST_BODY:
        raise UsageError("The body is too large.", cure=f"Send at most {LARGEST_BODY} bytes.")
    try:
        return msgspec.json.decode(sent.strip() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"The body does not fit: {error}.",
            cure="nbmlops/api/openapi.json says what it may be.",
        ) from error


def read_query(given: Mapping[str, str], kind: type) -> Any:
    """Arguments, as an object of their class.

    Raises:
        UsageError: one is missing or wrong.
    """
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"The request does not fit: {error}.",
            cure="nbmlops/api/openapi.json says what each address takes.",
        ) from error


def _refusal(error: HTTPError, status: int) -> ErrorResponse:
    message = _message(error, status)
    if status != HTTPStatus.FORBIDDEN:
        return ErrorResponse(message=message)
    if not error.log_message:  # jupyter_server says nothing to who is not logged in
        return ErrorResponse(
            message="Nobody is logged in to the Jupyter server.",
            cure="Reload the page to log in, or send a token of the server.",
        )
    if "xsrf" in message.casefold():
        return ErrorResponse(message=message, cure="Reload the page, and try again.")
    return ErrorResponse(message=message, cure="Ask whoever runs the Jupyter server to allow it.")


def _message(error: HTTPError, status: int) -> str:
    if not error.log_message:
        return HTTPStatus(status).phrase
    return error.log_message % error.args if error.args else error.log_message
