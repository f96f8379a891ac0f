"""What the sections of the panel read and do, in a real Jupyter server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from nbmlops.config import current_user
from nbmlops.domain import wire
from nbmlops.domain.run_steps import StepStatus
from nbmlops.domain.runs import RunStatus
from nbmlops.scheduling import background
from nbmlops.scheduling.presence import running_schedulers
from nbmlops.server.events import CHANGED
from nbmlops.server.responses import ErrorResponse
from nbmlops.server.sections import (
    ApprovalsResponse,
    DoneResponse,
    MonitorsResponse,
    PipelinesResponse,
    ReportResponse,
    SchedulesResponse,
    TranscriptResponse,
)
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

T = TypeVar("T")
Fetch = Callable[..., Awaitable[HTTPResponse]]

NOTEBOOK = "project/flights.ipynb"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook whose pipeline has failed in its second step."""
    folder = tmp_path_factory.mktemp("root") / "project"
    folder.mkdir()
    notebook = Notebook(folder).step("load", "rows = [1, 2]\nprint('loaded', len(rows))")
    path = notebook.step("train", "1 / (len(rows) - 2)").save("flights.ipynb")
    workspace = Workspace(folder)
    workspace.runs.run(workspace.pipelines.build(path).version, {})
    workspace.close()
    return folder


@pytest.fixture
def jp_root_dir(project: Path) -> Path:
    """The server serves the folder above the project."""
    return project.parent


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """The extension is switched on, as its installed configuration does."""
    return {"ServerApp": {"jpserver_extensions": {"nbmlops": True}}}


@pytest.fixture
def ask(jp_fetch: Fetch) -> Fetch:
    """Ask for what a section shows."""

    async def fetch(endpoint: str, kind: type[T], **query: str) -> T:
        asked = {"notebook": NOTEBOOK} | query
        response = await jp_fetch("nbmlops", "api", endpoint, params=asked)
        return wire.decode(response.body, kind)

    return fetch  # type: ignore[return-value]  # it has read the response


@pytest.fixture
def do(jp_fetch: Fetch) -> Fetch:
    """Do what a button of a section does."""

    async def post(
        endpoint: str, body: object = None, *, language: str = "en", **query: str
    ) -> str:
        asked = {"notebook": NOTEBOOK} | query
        response = await jp_fetch(
            *("nbmlops", "api", endpoint),
            params=asked,
            method="POST",
            body=json.dumps(body or {}),
            headers={"Accept-Language": language},
        )
        assert response.headers["Vary"] == "Accept-Language"
        return wire.decode(response.body, DoneResponse).message

    return post  # type: ignore[return-value]  # it has read the response


async def refusal(answer: Awaitable[object]) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.response is not None
    return caught.value.code, wire.decode(caught.value.response.body, ErrorResponse).message


async def test_a_pipeline_is_told_as_it_is_drawn_with_the_state_of_each_step(ask: Any) -> None:
    answer = await ask("pipelines", PipelinesResponse)
    (graph,) = answer.pipelines
    assert (answer.project, graph.reference, graph.run) == ("project", "flights@1", "flights#1")
    assert {node.name: (node.layer, node.row) for node in graph.nodes} == {
        "load": (0, 0),
        "train": (1, 0),
    }
    (link,) = graph.links
    assert (link.source, link.target, link.names) == ("load", "train", ("rows",))
    assert link.through == ((0, 0), (1, 0))
    assert graph.run_status is RunStatus.FAILED
    assert [step.status for step in graph.steps] == [StepStatus.SUCCEEDED, StepStatus.FAILED]


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        ("pipelines", PipelinesResponse),
        ("schedules", SchedulesResponse),
        ("approvals", ApprovalsResponse),
        ("monitors", MonitorsResponse),
    ],
)
async def test_where_nothing_was_recorded_a_section_is_empty(
    ask: Any, endpoint: str, kind: type[Any]
) -> None:
    answer = await ask(endpoint, kind, notebook="elsewhere.ipynb")
    assert answer.project == ""


async def test_a_run_tells_what_it_printed_and_how_it_failed(ask: Any) -> None:
    answer = await ask("transcript", TranscriptResponse, run="flights#1")
    assert answer.status is RunStatus.FAILED
    assert "load ───\nloaded 2" in answer.text
    assert "ZeroDivisionError: division by zero" in answer.text
    assert "\x1b" not in answer.text


async def test_the_report_of_a_run_is_a_page(ask: Any) -> None:
    answer = await ask("report", ReportResponse, run="flights#1")
    assert answer.html.lstrip().lower().startswith("<!doctype html>")
    assert "ZeroDivisionError" in answer.html


async def test_a_run_that_is_not_there_cannot_be_looked_at_or_stopped(ask: Any, do: Any) -> None:
    assert (await refusal(ask("report", ReportResponse, run="flights#9")))[0] == 404
    assert (await refusal(do("cancel", run="flights#9")))[0] == 404
    code, message = await refusal(do("cancel", run="flights#1"))
    assert code == HTTPStatus.BAD_REQUEST
    assert "has ended" in message


async def test_what_is_built_waits_until_it_is_approved_with_a_reason_by_who_is_logged_in(
    ask: Any, do: Any, project: Path, jp_ws_fetch: Any
) -> None:
    answer = await ask("approvals", ApprovalsResponse)
    (waiting,) = answer.waiting
    assert (waiting.reference, waiting.notebook) == ("flights@1", NOTEBOOK)
    assert (waiting.steps, waiting.replaces) == (("load", "train"), None)
    assert answer.identity == current_user()

    code, message = await refusal(do("approve", {"comment": " "}, pipeline="flights@1"))
    assert code == HTTPStatus.BAD_REQUEST
    assert "comment" in message

    socket = await jp_ws_fetch("api", "events", "subscribe")
    said = await do("approve", {"comment": "Looked at it."}, pipeline="flights@1")
    assert said == f"flights@1 is approved by {current_user()}."
    assert (await ask("approvals", ApprovalsResponse)).waiting == ()
    event: dict[str, Any] = {}
    while event.get("schema_id") != CHANGED:
        event = json.loads(await asyncio.wait_for(socket.read_message(), 60))
    assert (event["project"], event["pipelines"], event["schedules"]) == ("project", True, False)
    socket.close()

    workspace = Workspace(project)
    (version,) = workspace.pipelines.versions("flights")
    (decision,) = workspace.approvals.history(version)
    assert (decision.author, decision.comment) == (current_user(), "Looked at it.")
    workspace.schedules.create("flights", cron="0 6 * * *", timezone="UTC")
    workspace.close()


async def test_a_schedule_is_paused_goes_on_fires_now_and_for_the_past(ask: Any, do: Any) -> None:
    (schedule,) = (await ask("schedules", SchedulesResponse)).schedules
    assert (schedule.reference, schedule.cron) == ("flights@1", "0 6 * * *")
    assert schedule.next is not None
    assert schedule.last is None
    asked = {"schedule": str(schedule.id)}

    assert "is paused" in await do("schedule", {"action": "pause"}, **asked)
    in_german = await do("schedule", {"action": "pause"}, language="de-AT,en;q=0.5", **asked)
    assert in_german == "Zeitplan 1 (flights) ist angehalten."
    (paused,) = (await ask("schedules", SchedulesResponse)).schedules
    assert (paused.paused, paused.next, paused.pause_reason) == (True, None, f"by {current_user()}")
    code, message = await refusal(do("schedule", {"action": "fire"}, **asked))
    assert (code, "is paused" in message) == (HTTPStatus.BAD_REQUEST, True)

    assert "fires again" in await do("schedule", {"action": "resume"}, **asked)
    said = await do("schedule", {"action": "fire"}, **asked)
    assert "is due now" in said
    assert "nbmlops scheduler start" in said  # none runs
    past = {"start": "2026-01-01", "end": "2026-01-03"}
    assert "3 of 3 times are to run" in await do("backfill", past, **asked)

    answer = await ask("schedules", SchedulesResponse)
    assert not answer.scheduler_runs
    assert answer.schedules[0].last is not None
    assert answer.schedules[0].last.status == "due"
    assert answer.backfills[0].counts == {"due": 3}
    code, _ = await refusal(do("backfill", {"start": "then", "end": "now"}, **asked))
    assert code == HTTPStatus.BAD_REQUEST


async def test_a_failed_run_goes_on_in_a_process_of_its_own(
    do: Any, ask: Any, project: Path, jp_ws_fetch: Any
) -> None:
    Notebook(project).step("load", "rows = [1, 2]\nprint('loaded', len(rows))").step(
        "train", "1 / len(rows)"
    ).save("flights.ipynb")
    socket = await jp_ws_fetch("api", "events", "subscribe")
    await ask("pipelines", PipelinesResponse)  # from now on it is told of
    assert "goes on" in await do("resume", run="flights#1")
    event: dict[str, Any] = {}
    while event.get("state") not in {"succeeded", "failed"}:
        event = json.loads(await asyncio.wait_for(socket.read_message(), 60))
    assert (event["run"], event["state"]) == ("flights#2", "succeeded")
    socket.close()
    code, _ = await refusal(do("resume", run="flights#2"))
    assert code == HTTPStatus.BAD_REQUEST


async def test_a_version_is_run_now_with_parameters_and_a_wrong_one_is_refused_by_its_name(
    do: Any, ask: Any, project: Path, jp_ws_fetch: Any
) -> None:
    notebook = Notebook(project).cell("month = 1", "parameters")
    path = notebook.step("sum", "total = month * 2").save("sums.ipynb")
    place = f"project/{path.name}"
    assert "sums@1 is built" in await do("build", notebook=place)
    asked = {"notebook": place, "pipeline": "sums@1"}
    with pytest.raises(HTTPClientError) as caught:
        await do("run", {"parameters": {"month": "May"}}, **asked)
    assert caught.value.response is not None
    refused = wire.decode(caught.value.response.body, ErrorResponse)
    assert (caught.value.code, refused.field) == (HTTPStatus.BAD_REQUEST, "parameters.month")
    assert (await refusal(do("run", notebook=place, pipeline="sums@7")))[0] == 404

    socket = await jp_ws_fetch("api", "events", "subscribe")
    await ask("pipelines", PipelinesResponse, notebook=place)  # from now on it is told of
    assert await do("run", {"parameters": {"month": 3}}, **asked) == "sums@1 runs."
    event: dict[str, Any] = {}
    while event.get("state") not in {"succeeded", "failed"}:
        event = json.loads(await asyncio.wait_for(socket.read_message(), 60))
    assert (event["run"], event["state"]) == ("sums#1", "succeeded")
    socket.close()
    workspace = Workspace(project)
    (run,) = workspace.runs.newest(pipeline="sums")
    assert (run.parameters, run.author) == ({"month": 3}, current_user())
    workspace.close()


async def test_a_scheduler_is_started_once_and_outlives_the_request(
    do: Any, ask: Any, project: Path
) -> None:
    try:
        assert "fires from now on" in await do("scheduler")
        assert (await ask("schedules", SchedulesResponse)).scheduler_runs
        assert await do("scheduler") == "A scheduler of this project runs already."
    finally:
        workspace = Workspace(project)
        left = background.stop(running_schedulers(workspace.store))
        workspace.close()
    assert left == []
    assert not (await ask("schedules", SchedulesResponse)).scheduler_runs
    assert (await refusal(do("scheduler", notebook="elsewhere.ipynb")))[0] == 404
