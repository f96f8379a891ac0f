"""What the schedule dialog and the review of a version read and do, in a real Jupyter server."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from nbmlops.config import current_user
from nbmlops.domain import wire
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies
from nbmlops.scheduling.triggers.when import When
from nbmlops.server.dialogs import (
    AskedScheduleResponse,
    PlanResponse,
    ReviewResponse,
    SchedulablesResponse,
    TimesResponse,
)
from nbmlops.server.responses import ErrorResponse, FreshnessResponse
from nbmlops.server.sections import ApprovalsResponse, DoneResponse
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

T = TypeVar("T")
Fetch = Callable[..., Awaitable[HTTPResponse]]

NOTEBOOK = "project/flights.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a notebook of which two versions were built and the first is approved."""
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    notebook = Notebook(folder).cell("month = 1  # of 2026", "parameters")
    path = notebook.step("load", "rows = [month]").save("flights.ipynb")
    workspace = Workspace(folder, author="ada")
    approved = workspace.pipelines.build(path).version
    workspace.approvals.approve(approved, comment="compared with May")
    notebook = Notebook(folder).cell("month = 1  # of 2026", "parameters")
    path = notebook.step("load", "password = 'hunter22'\nrows = [month, 2]").save("flights.ipynb")
    workspace.pipelines.build(path)
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
def ask(jp_fetch: Fetch) -> Any:
    """Ask for something; with a body, order it."""

    async def fetch(endpoint: str, kind: type[T], body: object = None, **query: str) -> T:
        asked = {"notebook": NOTEBOOK} | query
        sent = {} if body is None else {"method": "POST", "body": json.dumps(body)}
        response = await jp_fetch("nbmlops", "api", endpoint, params=asked, **sent)
        return wire.decode(response.body, kind)

    return fetch


async def refusal(answer: Awaitable[object]) -> tuple[int, ErrorResponse]:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.response is not None
    return caught.value.code, wire.decode(caught.value.response.body, ErrorResponse)


def approve_the_latest(project: Path) -> None:
    workspace = Workspace(project)
    found = workspace.pipelines.awaiting()
    workspace.approvals.approve(found[0], comment="looked at")
    workspace.close()


async def test_a_cron_expression_is_said_in_words_with_its_next_times(ask: Any) -> None:
    answer = await ask("times", TimesResponse, cron="0 6 * * 1-5", timezone="Europe/Berlin")
    assert answer.words == "At 06:00 on Monday through Friday (Europe/Berlin)"
    assert len(answer.next) == 5
    assert list(answer.next) == sorted(set(answer.next))
    for query, field in (({"cron": "0 6 * *"}, "cron"), ({"timezone": "Mars"}, "timezone")):
        code, told = await refusal(ask("times", TimesResponse, **({"cron": "@daily"} | query)))
        assert (code, told.field) == (HTTPStatus.BAD_REQUEST, field)


async def test_what_cannot_be_scheduled_says_why(ask: Any, project: Path) -> None:
    answer = await ask("schedulables", SchedulablesResponse)
    (found,) = answer.pipelines
    assert (found.latest, found.reference) == ("flights@2", None)
    assert "flights@2 now, not flights@1" in found.problem
    asked = {"pipeline": "flights", "cron": "0 6 * * *"}
    code, told = await refusal(ask("schedules", DoneResponse, asked))
    assert (code, told.field) == (HTTPStatus.CONFLICT, "pipeline")
    approve_the_latest(project)
    (found,) = (await ask("schedulables", SchedulablesResponse)).pipelines
    assert (found.reference, found.problem) == ("flights@2", None)
    assert found.parameters["properties"]["month"]["default"] == 1


async def test_a_step_that_was_changed_since_its_approval_is_told(ask: Any, project: Path) -> None:
    answer = await ask("freshness", FreshnessResponse)
    assert answer.unapproved == {"load": "flights@1"}
    approve_the_latest(project)
    assert (await ask("freshness", FreshnessResponse)).unapproved == {}


async def test_a_dry_run_tells_the_plan_and_makes_nothing_and_the_same_makes_a_schedule(
    ask: Any, project: Path
) -> None:
    approve_the_latest(project)
    asked = {
        "pipeline": "flights",
        "cron": "0 6 * * *",
        "timezone": "Europe/Berlin",
        "parameters": {"month": 3},
        "missed": "latest",
        "retries": 2,
        "timeout": "30m",
        "deadline": "07:00",
    }
    planned = await ask("plan", PlanResponse, asked)
    assert planned.summary == "1 of 1 step will run."
    assert [step.title for step in planned.steps if step.title == "load"] == ["load"]
    assert (planned.reference, planned.parameters, len(planned.next)) == (
        "flights@2",
        {"month": 3},
        5,
    )
    workspace = Workspace(project)
    assert workspace.schedules.all() == []
    done = await ask("schedules", DoneResponse, asked)
    assert "Schedule 1 of flights@2 is made." in done.message
    (made,) = workspace.schedules.all()
    assert (made.author, made.cron, made.timezone) == (current_user(), "0 6 * * *", "Europe/Berlin")
    assert (made.missed, made.parameters) == ("latest", {"month": 3})
    assert (made.rules.retries, made.rules.timeout) == (2, 1800)
    assert made.policies.deadline == "07:00"
    workspace.close()


async def test_a_schedule_is_changed_as_it_is_asked_for_again(ask: Any, project: Path) -> None:
    approve_the_latest(project)
    workspace = Workspace(project, clock=lambda: datetime(2025, 12, 1, tzinfo=UTC))
    made = workspace.schedules.create(
        "flights",
        when=When(every=("6h",), at=("2026-01-01T00:00",), days="mon-fri"),
        timezone="Europe/Berlin",
        parameters={"month": 3},
        rules=RunRules(timeout=1800.0, retries=2, keep_going=True),
        policies=Policies(deadline="07:00", priority=5),
    )
    found = await ask("schedule", AskedScheduleResponse, schedule="1")
    assert (found.id, found.reference, found.asked.when.every) == (1, "flights@2", ("6h",))
    again = wire.plain(found.asked)
    planned = await ask("plan", PlanResponse, again, schedule="1")
    assert (planned.reference, planned.parameters) == ("flights@2", {"month": 3})

    done = await ask("reschedule", DoneResponse, again, schedule="1")
    assert "Schedule 1 of flights@2 is changed." in done.message
    assert workspace.schedules.get(1) == made, "a time of it has passed, and it goes on"

    less = again | {"parameters": {}, "timeout": "", "deadline": "", "missed": "skip"}
    await ask("reschedule", DoneResponse, less, schedule="1")
    changed = workspace.schedules.get(1)
    assert (changed.parameters, changed.missed, changed.trigger) == ({}, "skip", made.trigger)
    assert (changed.rules, changed.policies) == (
        RunRules(retries=2, keep_going=True),
        Policies(priority=5),
    )
    past = {**again, "timezone": "UTC"}
    _, told = await refusal(ask("reschedule", DoneResponse, past, schedule="1"))
    assert told.field == "at"
    called = {**again, "when": {"http": True}}
    assert "shown only now" in (await ask("reschedule", DoneResponse, called, schedule="1")).message
    again = await ask("reschedule", DoneResponse, called, schedule="1")
    assert "shown only now" not in again.message, "its token stays"
    code, _ = await refusal(ask("schedule", AskedScheduleResponse, schedule="7"))
    assert code == HTTPStatus.NOT_FOUND
    workspace.close()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cron": "every day"}, "cron"),
        ({"timezone": "Mars"}, "timezone"),
        ({"timeout": "long"}, "timeout"),
        ({"max_age": "old"}, "max_age"),
        ({"deadline": "later"}, "deadline"),
        ({"pipeline": "trains"}, "pipeline"),
        ({"parameters": {"month": "May"}}, "parameters.month"),
        ({"parameters": {"year": 1}}, "parameters.year"),
    ],
)
async def test_a_refusal_names_the_field(
    ask: Any, project: Path, change: dict[str, Any], field: str
) -> None:
    approve_the_latest(project)
    for endpoint, kind in (("plan", PlanResponse), ("schedules", DoneResponse)):
        body = {"pipeline": "flights", "cron": "@daily"} | change
        _, told = await refusal(ask(endpoint, kind, body))
        assert told.field == field


async def test_a_review_tells_what_differs_from_what_was_approved(ask: Any) -> None:
    found = await ask("review", ReviewResponse, pipeline="flights")
    assert (found.reference, found.against, found.identity) == (
        "flights@2",
        "flights@1",
        current_user(),
    )
    states = {cell.title: cell.state for cell in found.cells}
    assert states["load"] == "changed"
    assert found.edited is None
    assert found.parameters == ()
    assert [(one.where, one.line, one.what) for one in found.findings] == [
        ("load", 2, "password holds a text")
    ]
    assert {check.name: check.passed for check in found.checks} == {
        "proof": None,
        "verify load": None,
    }
    code, _ = await refusal(ask("review", ReviewResponse, pipeline="flights@7"))
    assert code == HTTPStatus.NOT_FOUND


async def test_changes_are_requested_by_whoever_is_logged_in(ask: Any) -> None:
    request = ask("request-changes", DoneResponse, {"comment": " "}, pipeline="flights@2")
    assert (await refusal(request))[0] == HTTPStatus.BAD_REQUEST
    done = await ask(
        "request-changes", DoneResponse, {"comment": "no password"}, pipeline="flights@2"
    )
    assert done.message == f"{current_user()} has requested changes of flights@2."
    listed = await ask("approvals", ApprovalsResponse)
    assert listed.waiting == ()
    (returned,) = listed.returned
    assert (returned.reference, returned.by, returned.comment) == (
        "flights@2",
        current_user(),
        "no password",
    )
    found = await ask("review", ReviewResponse, pipeline="flights@2")
    assert [(one.decision, one.comment) for one in found.decisions] == [
        ("changes requested", "no password")
    ]
    assert not found.approved


async def test_a_saved_notebook_is_built_also_where_there_is_no_project_yet(
    ask: Any, project: Path
) -> None:
    folder = project.parent / "new"
    folder.mkdir()
    code, _ = await refusal(ask("build", DoneResponse, {}, notebook="new/trains.ipynb"))
    assert code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert list(folder.iterdir()) == []
    Notebook(folder).step("load", "rows = [1]").save("trains.ipynb")
    done = await ask("build", DoneResponse, {}, notebook="new/trains.ipynb")
    assert done.message == "trains@1 is built."
    assert "flights@2 is what the notebook" in (await ask("build", DoneResponse, {})).message
