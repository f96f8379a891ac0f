"""Answers in the kernel what the panel asks: with the endpoints of the server, and without one."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from nbmlops.domain import wire
from nbmlops.errors import NbmlopsError, UnknownNameError
from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.failures import status_of
from nbmlops.server.languages import ENGLISH, find_language, sentences_of, texts_of
from nbmlops.server.live import SCHEMA_OF, Looks
from nbmlops.server.operations import Operation, operations_of, read_body, read_query
from nbmlops.server.projects import Projects
from nbmlops.server.responses import ErrorResponse
from nbmlops.workspace import Workspace

Part = Literal["source", "values"]
"""What of a version is put back."""

Restore = Callable[[str, int, Part], str]
"""Puts a part of a version of a step back, and says what it did."""

_OF_A_SERVER = {"call", "openapi.json", "status"}
"""Endpoints that make no sense where there is no address."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Arguments of the first question: the languages that the reader prefers, with commas."""

    languages: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Arguments of a question about one version of a step of the kernel's notebook."""

    step: str
    number: int
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A question of the panel: ``body`` is JSON, and empty where nothing is sent."""

    id: int
    endpoint: str
    method: Literal["GET", "POST"] = "GET"
    query: dict[str, str]
    body: str = ""


@dataclass(slots=True)
class _Asker:
    """As much of an endpoint as its questions need: the projects, what was sent, and who asks."""

    projects: Projects
    body: Any
    identity: str


class KernelDesk:
    """Answers the questions of a panel, one at a time, in the kernel's main thread.

    What an endpoint of the server answers is answered by its own function. Beside these there are
    ``begin`` (where the panel is and how it speaks), ``events`` (what the server would have told
    since the last question) and ``restore`` (which needs a kernel).

    Args:
        project: the kernel's project, which is the root of all paths.
        notebook: the kernel's notebook, relative to it.
        step: the step to show first.
        identity: as whom the person at the kernel acts.
        restore: puts a part of a version back.
    """

    def __init__(
        self, project: Path, notebook: str, *, step: str | None, identity: str, restore: Restore
    ) -> None:
        self._projects = Projects(project)
        self._notebook = notebook
        self._step = step
        self._identity = identity
        self._restore = restore
        self._looks: tuple[Workspace, Looks] | None = None
        self._language = ENGLISH

    def answer(self, asked: object) -> dict[str, Any] | None:
        """What is sent back: ``id`` of the question, an HTTP ``status`` and a ``body`` of JSON.

        ``None`` where the question cannot even be told from others.
        """
        number = asked.get("id") if isinstance(asked, Mapping) else None
        if not isinstance(number, int):
            return None
        return _sent(number, *self._found(asked), language=self._language)

    def close(self) -> None:
        """Let go of the stores."""
        self._looks = None
        self._projects.close()

    def _found(self, asked: object) -> tuple[HTTPStatus, object]:
        try:
            message = read_body(json.dumps(asked).encode(), Message)
            return HTTPStatus.OK, self._answered(message)
        except NbmlopsError as error:
            return _refused(error)
        except Exception:  # noqa: BLE001  # the kernel goes on, and the panel says it
            _LOG.exception("nbmlops: the panel's question was not answered")
            return HTTPStatus.INTERNAL_SERVER_ERROR, ErrorResponse(
                message="nbmlops failed unexpectedly.", cure="The log of the kernel says where."
            )

    def _answered(self, message: Message) -> object:
        match message.endpoint:
            case "begin":
                return self._begun(read_query(message.query, Begin))
            case "events":
                return {"events": self._events()}
            case "restore":
                chosen = read_query(message.query, Version)
                return {"message": self._restore(chosen.step, chosen.number, chosen.part)}
        told = self._operation(message)
        asker = _Asker(self._projects, None, self._identity)
        given = read_query(message.query, told.asks)
        if told.sends is not None:
            asker.body = read_body(message.body.encode(), told.sends)
        return told.question(asker, given)

    def _operation(self, message: Message) -> Operation:
        """The operation of the endpoint.

        Raises:
            UnknownNameError: there is none.
        """
        endpoint = None if message.endpoint in _OF_A_SERVER else ENDPOINTS.get(message.endpoint)
        told = operations_of(endpoint).get(message.method.lower()) if endpoint else None
        if told is None:
            raise UnknownNameError("question", f"{message.method} {message.endpoint}")
        return told

    def _begun(self, asked: Begin) -> dict[str, Any]:
        found = (find_language(one) for one in asked.languages.split(",") if one.strip())
        self._language = language = next((one for one in found if one is not None), ENGLISH)
        return {
            "notebook": self._notebook,
            "project": self._projects.root.name,
            "step": self._step,
            "language": language,
            "texts": texts_of(language),
        }

    def _events(self) -> list[dict[str, Any]]:
        workspace = self._projects.workspace(self._projects.locate(self._notebook))
        if workspace is None:
            return []
        if self._looks is None or self._looks[0] is not workspace:  # a store may be replaced
            self._looks = (workspace, Looks.at(workspace, self._projects))
        return [
            {"schema_id": SCHEMA_OF[type(event)], **wire.plain(event)}
            for event in self._looks[1].look()
        ]


def refusal(number: int, error: NbmlopsError) -> dict[str, Any]:
    """What is sent back to a question that is refused.

    Args:
        number: the ``id`` of the question.
        error: what is wrong with it.
    """
    return _sent(number, *_refused(error))


def _refused(error: NbmlopsError) -> tuple[HTTPStatus, ErrorResponse]:
    told = ErrorResponse(message=error.message, cure=error.cure, field=error.field)
    return status_of(error), told


def _sent(
    number: int, status: HTTPStatus, response: object, *, language: str = ENGLISH
) -> dict[str, Any]:
    body = wire.encode(wire.spelled(wire.plain(response, sentences_of(language)))).decode()
    return {"id": number, "status": int(status), "body": body}
