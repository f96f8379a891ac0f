"""The REST endpoints in a real Jupyter server, on what a real kernel recorded."""

from __future__ import annotations

import json
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from jupyter_client.manager import KernelManager
from tornado.httpclient import HTTPClientError, HTTPResponse

from nbmlops.domain import wire
from nbmlops.domain.contents import RowDifference
from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus
from nbmlops.scheduling.triggers.when import When
from nbmlops.server.endpoints import ENDPOINTS
from nbmlops.server.responses import (
    CallResponse,
    DiffResponse,
    ErrorResponse,
    ExecutionsResponse,
    FigureResponse,
    FreshnessResponse,
    ParametersResponse,
    PipelineRunsResponse,
    RunDiffResponse,
    RunsResponse,
    StatusResponse,
    StepsResponse,
    ValuesResponse,
    VersionResponse,
)
from nbmlops.workspace import Workspace

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

T = TypeVar("T")
Fetch = Callable[..., Awaitable[HTTPResponse]]

NOTEBOOK = "project/flights.ipynb"
CELLS = (
    "%load_ext nbmlops",
    "%mlops track load\ndelays = [3, 5, 40]",
    "%mlops track train\nimport nbmlops\nnbmlops.metric('mean', sum(delays) / 3)",
    "%mlops track train\nimport nbmlops\nnbmlops.metric('mean', max(delays) / 3)",
    "%mlops track broken\n1 / 0",
)
DRAWN = """%mlops track draw
import pandas as pd
import matplotlib.pyplot as plt
rows = pd.DataFrame({"carrier": ["AA", "B6", "UA"], "delay": [3, 5, 40]})
plt.plot(rows["delay"])
plt.show()"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook that was recorded, and one without."""
    root = tmp_path_factory.mktemp("root")
    for folder in ("project", "elsewhere"):
        (root / folder).mkdir()
        (root / folder / "flights.ipynb").write_text("{}")
    record(root / NOTEBOOK)
    return root


def record(notebook: Path, cells: Sequence[str] = CELLS) -> None:
    """Run the cells in a kernel that belongs to that notebook."""
    manager = KernelManager()
    manager.start_kernel(
        cwd=str(notebook.parent), env=os.environ | {"JPY_SESSION_NAME": str(notebook)}
    )
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        for source in cells:
            client.execute_interactive(source, timeout=60, output_hook=lambda _: None)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


@pytest.fixture(scope="module")
def piped(recorded: Path) -> str:
    """A notebook, by its path below the root, whose pipeline has run once."""
    path = recorded / "piped" / "flights.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(notebook_of(("month = 1", "parameters"), (CELLS[1], ""))))
    workspace = Workspace.at(path, create=True)
    assert workspace is not None
    built = workspace.pipelines.build(path)
    workspace.runs.run(built.version, {"month": 3})
    workspace.close()
    return "piped/flights.ipynb"


def notebook_of(*cells: tuple[str, str]) -> dict[str, Any]:
    """A notebook of code cells, each with a tag."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {"tags": [tag] if tag else []},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, (source, tag) in enumerate(cells)
        ],
    }


@pytest.fixture
def jp_root_dir(recorded: Path) -> Path:
    """The server serves the recorded folder."""
    return recorded


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """The extension is switched on, as its installed configuration does."""
    return {"ServerApp": {"jpserver_extensions": {"nbmlops": True}}}


@pytest.fixture
def ask(jp_fetch: Fetch) -> Callable[..., Awaitable[HTTPResponse]]:
    """Ask an endpoint, as JupyterLab does."""

    async def fetch(endpoint: str, **query: str) -> HTTPResponse:
        return await jp_fetch("nbmlops", "api", endpoint, params=query)

    return fetch


async def refusal(answer: Awaitable[HTTPResponse]) -> tuple[int, ErrorResponse]:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.response is not None
    assert "Traceback" not in caught.value.response.body.decode()
    return caught.value.code, wire.decode(caught.value.response.body, ErrorResponse)


def read(response: HTTPResponse, kind: type[T]) -> T:
    assert response.headers["Content-Type"] == "application/json"
    return wire.decode(response.body, kind)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_an_endpoint_refuses_a_request_without_the_token(
    endpoint: str, jp_serverapp: Any, http_server_client: Any
) -> None:
    address = f"{jp_serverapp.base_url}nbmlops/api/{endpoint}"
    asked = {"method": "POST", "body": ""} if "post" in vars(ENDPOINTS[endpoint]) else {}
    code, body = await refusal(http_server_client.fetch(address, **asked))
    assert code == 403
    assert ("_xsrf" if asked else "logged in") in body.message
    assert body.cure is not None
    assert "reload the page" in body.cure.casefold()


async def test_the_status_names_the_version(ask: Fetch) -> None:
    assert read(await ask("status"), StatusResponse).version


async def test_the_steps_come_in_order_with_their_versions_newest_first(ask: Fetch) -> None:
    answer = read(await ask("steps", notebook=NOTEBOOK), StepsResponse)
    assert answer.recorded
    assert answer.notebook == NOTEBOOK
    assert [step.name for step in answer.steps] == ["load", "train", "broken"]
    newest, oldest = answer.steps[1].versions
    assert (newest.reference, oldest.reference) == ("train@2", "train@1")
    assert oldest.metrics == {"mean": 16.0}
    assert oldest.status is ExecutionStatus.OK
    assert answer.steps[2].versions[0].status is ExecutionStatus.ERROR


async def test_a_folder_without_records_has_no_steps_and_no_runs(ask: Fetch) -> None:
    steps = read(await ask("steps", notebook="elsewhere/flights.ipynb"), StepsResponse)
    runs = read(await ask("runs", notebook="elsewhere/flights.ipynb"), RunsResponse)
    assert (steps.recorded, steps.steps, runs.runs) == (False, (), ())


async def test_it_says_which_steps_are_fresh_and_why_one_is_not(ask: Fetch, recorded: Path) -> None:
    edited = CELLS[3].replace("/ 3", "/ 4")
    cells = notebook_of(*((source, "") for source in (CELLS[1], edited, CELLS[4])))
    (recorded / "project" / "saved.ipynb").write_text(json.dumps(cells))
    record(recorded / "project" / "saved.ipynb", CELLS[:4])
    (recorded / "project" / "saved.ipynb").write_text(json.dumps(cells))
    answer = read(await ask("freshness", notebook="project/saved.ipynb"), FreshnessResponse)
    saved = (recorded / "project" / "saved.ipynb").stat().st_mtime
    assert answer.saved_at == datetime.fromtimestamp(saved, UTC)
    found = {cell.step: cell for cell in answer.steps}
    assert {name: str(cell.state) for name, cell in found.items()} == {
        "load": "fresh",
        "train": "stale",
        "broken": "never run",
    }
    assert [reason.kind for reason in found["train"].reasons] == ["edited"]


async def test_what_is_no_notebook_or_has_no_records_has_no_freshness(ask: Fetch) -> None:
    code, body = await refusal(ask("freshness", notebook=NOTEBOOK))
    assert code == 422
    assert body.cure
    answer = await ask("freshness", notebook="elsewhere/flights.ipynb")
    assert read(answer, FreshnessResponse).steps == ()


async def test_looking_creates_no_store(ask: Fetch, recorded: Path) -> None:
    await ask("steps", notebook="elsewhere/flights.ipynb")
    assert not (recorded / "elsewhere" / ".nbmlops").exists()


async def test_two_versions_are_compared(ask: Fetch) -> None:
    answer = await ask("diff", notebook=NOTEBOOK, step="train", before="1", after="2")
    diff = read(answer, DiffResponse).diff
    assert (diff.before, diff.after) == ("train@1", "train@2")
    assert "-nbmlops.metric('mean', sum(delays) / 3)" in diff.source
    assert [change.name for change in diff.metrics] == ["mean"]


@pytest.fixture(scope="module")
def drawn(recorded: Path) -> Iterator[str]:
    """A notebook, by its path below the root, whose step made a frame and drew a figure, twice.

    The kernel and the server, which has a home of its own, sign with one key.
    """
    path = recorded / "drawn" / "flights.ipynb"
    path.parent.mkdir()
    path.write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(recorded / "key"))
        record(path, ["%load_ext nbmlops", DRAWN, DRAWN.replace("40", "41")])
        yield "drawn/flights.ipynb"


async def test_what_differs_inside_of_values_is_told_when_asked_for(ask: Fetch, drawn: str) -> None:
    query = {"notebook": drawn, "step": "draw", "before": "1", "after": "2"}
    assert read(await ask("diff", **query), DiffResponse).contents is None
    inside = read(await ask("diff", **query, inside="true"), DiffResponse).contents
    assert inside is not None
    (frame,), (picture,) = inside.frames, inside.pictures
    assert frame.note == ""
    assert (frame.name, frame.rows_changed, frame.sampled) == ("rows", 1, ("delay",))
    assert frame.sample == (RowDifference(row="2", before=("40",), after=("41",)),)
    assert (picture.name, bool(picture.pixels)) == ("figure 1", True)


async def test_two_figures_come_with_what_differs(ask: Fetch, drawn: str) -> None:
    query = {"notebook": drawn, "step": "draw", "before": "1", "after": "2"}
    found = read(await ask("figure", **query, figure="figure 1"), FigureResponse)
    sides = [found.before, found.after, found.difference]
    contents = [b64decode(side.content or "") for side in sides if side is not None]
    assert [content[1:4] for content in contents] == [b"PNG"] * 3
    assert len(set(contents)) == 3
    assert [side.size for side in sides if side is not None] == list(map(len, contents))


async def test_a_figure_that_is_none_or_the_same_is_not_sent(ask: Fetch, drawn: str) -> None:
    query = {"notebook": drawn, "step": "draw", "before": "1", "after": "2"}
    code, body = await refusal(ask("figure", **query, figure="figure 2"))
    assert (code, body.cure) == (404, "The step may have run again: compare its versions anew.")
    assert (await refusal(ask("figure", **{**query, "after": "1"}, figure="figure 1")))[0] == 404


async def test_the_source_of_a_version_comes_as_it_was_written(ask: Fetch) -> None:
    answer = await ask("version", notebook=NOTEBOOK, step="train", number="1")
    version = read(answer, VersionResponse)
    assert (version.reference, version.source) == ("train@1", CELLS[2])


async def test_the_values_of_a_version_are_told_as_they_were_recorded(ask: Fetch) -> None:
    answer = await ask("values", notebook=NOTEBOOK, step="load", number="1")
    found = read(answer, ValuesResponse)
    [delays] = found.values
    assert (found.reference, delays.name, delays.summary.kind) == ("load@1", "delays", "list")
    assert delays.summary.preview is not None
    assert delays.summary.preview.items == (("0", "3"), ("1", "5"), ("2", "40"))


async def test_the_executions_of_a_project_come_in_pages(ask: Fetch) -> None:
    query = {"at": NOTEBOOK, "only": "true", "sort": "metric", "metric": "mean"}
    first = read(await ask("executions", **query, limit="1"), ExecutionsResponse)
    assert (first.recorded, first.total, first.metrics) == (True, 2, ("mean",))
    assert [(row.reference, row.notebook) for row in first.rows] == [("train@1", NOTEBOOK)]
    assert first.after is not None
    later = {**query, "upto": str(first.newest), "after": first.after}
    second = read(await ask("executions", **later), ExecutionsResponse)
    assert [row.reference for row in second.rows] == ["train@2"]
    assert (second.total, second.after, second.metrics) == (None, None, None)


async def test_a_folder_without_records_has_no_executions(ask: Fetch) -> None:
    for query in ({}, {"at": "elsewhere"}):
        answer = read(await ask("executions", **query), ExecutionsResponse)
        assert (answer.recorded, answer.rows, answer.total) == (False, (), 0)
    assert (await refusal(ask("executions", at="..")))[0] == 400
    assert (await refusal(ask("executions", at=NOTEBOOK, sort="metric")))[0] == 400
    assert (await refusal(ask("executions", at=NOTEBOOK, limit="501")))[0] == 400


async def test_a_notebook_without_a_pipeline_has_no_runs(ask: Fetch) -> None:
    assert read(await ask("runs", notebook=NOTEBOOK), RunsResponse).runs == ()


async def test_a_run_comes_with_its_parameters_and_how_it_ended(ask: Fetch, piped: str) -> None:
    (run,) = read(await ask("runs", notebook=piped), RunsResponse).runs
    assert (run.reference, run.status) == ("flights#1", RunStatus.SUCCEEDED)
    assert run.parameters == {"month": 3}
    assert run.duration is not None


async def test_a_step_that_a_run_executed_names_the_run(ask: Fetch, piped: str) -> None:
    (step,) = read(await ask("steps", notebook=piped), StepsResponse).steps
    assert [version.run for version in step.versions] == ["flights#1"]


async def test_the_runs_of_a_project_come_in_pages_and_two_are_compared(
    ask: Fetch, piped: str
) -> None:
    query = {"at": piped, "only": "true", "sort": "duration"}
    first = read(await ask("pipeline-runs", **query, limit="1"), PipelineRunsResponse)
    assert (first.total, first.parameters, first.metrics) == (1, ("month",), ())
    [run] = first.rows
    assert (run.reference, run.parameters) == ("flights#1", {"month": 3})
    assert first.after is not None
    later = {**query, "upto": str(first.newest), "after": first.after}
    assert read(await ask("pipeline-runs", **later), PipelineRunsResponse).rows == ()
    pair = {"at": piped, "before": "flights#1", "after": "flights#1"}
    diff = read(await ask("run-diff", **pair), RunDiffResponse).diff
    assert (diff.before, diff.parameters, diff.steps[0].name) == ("flights#1", (), "load")
    assert (await refusal(ask("run-diff", **{**pair, "after": "flights#2"})))[0] == 404
    assert (await refusal(ask("pipeline-runs", at=piped, sort="metric")))[0] == 400
    nothing = read(await ask("pipeline-runs", at="elsewhere"), PipelineRunsResponse)
    assert (nothing.recorded, nothing.rows, nothing.total) == (False, (), 0)


async def test_the_parameters_of_a_pipeline_come_as_json_schema(ask: Fetch, piped: str) -> None:
    answer = await ask("parameters", notebook=piped, pipeline="flights")
    found = read(answer, ParametersResponse)
    assert found.reference == "flights@1"
    assert found.parameters["properties"]["month"]["type"] == "integer"
    assert (await refusal(ask("parameters", notebook=piped, pipeline="fligths")))[0] == 404


@pytest.mark.parametrize(
    "endpoint", ["steps", "freshness", "runs", "diff", "figure", "version", "values", "parameters"]
)
@pytest.mark.parametrize("path", ["../flights.ipynb", "project/../../x.ipynb", "/..", "."])
async def test_a_path_outside_the_root_is_refused(ask: Fetch, endpoint: str, path: str) -> None:
    query = {"step": "train", "before": "1", "after": "2", "number": "1", "pipeline": "flights"}
    query["figure"] = "figure 1"
    code, body = await refusal(ask(endpoint, notebook=path, **query))
    assert code == 400
    assert body.cure


async def test_a_link_that_leads_outside_the_root_is_refused(
    ask: Fetch, recorded: Path, tmp_path: Path
) -> None:
    link = recorded / "outside"
    link.symlink_to(tmp_path)
    try:
        code, _ = await refusal(ask("steps", notebook="outside/flights.ipynb"))
    finally:
        link.unlink()
    assert code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"step": "trian", "number": "1"}, 404, id="an unknown step"),
        pytest.param({"step": "train", "number": "9"}, 404, id="an unknown version"),
        pytest.param({"step": "train", "number": "one"}, 400, id="a word for a number"),
        pytest.param({"step": "train", "number": "0"}, 400, id="a number below 1"),
        pytest.param({"step": "train"}, 400, id="a missing number"),
        pytest.param({"number": "1"}, 400, id="a missing step"),
    ],
)
async def test_a_wrong_question_is_answered_with_its_cure(
    ask: Fetch, query: dict[str, str], status: int
) -> None:
    code, body = await refusal(ask("version", notebook=NOTEBOOK, **query))
    assert code == status
    assert body.message
    assert body.cure


@pytest.fixture
def damaged(recorded: Path, tmp_path: Path) -> Iterator[None]:
    """The store of the recorded folder is damaged for the time of a test."""
    store = recorded / "project" / ".nbmlops"
    kept = tmp_path / "kept"
    store.rename(kept)
    store.mkdir()
    for catalog in kept.glob("*.db"):
        (store / catalog.name).write_bytes(b"not a database" * 1000)
    yield
    for damaged in store.iterdir():
        damaged.unlink()
    store.rmdir()
    kept.rename(store)


@pytest.mark.usefixtures("damaged")
async def test_a_damaged_store_is_said_so_without_a_traceback(ask: Fetch) -> None:
    code, body = await refusal(ask("steps", notebook=NOTEBOOK))
    assert code == 500
    assert body.cure


async def test_a_call_without_the_token_of_a_schedule_lets_nothing_fire(jp_fetch: Fetch) -> None:
    answer = jp_fetch(
        *("nbmlops", "api", "call"),
        params={"notebook": NOTEBOOK, "schedule": "1"},
        method="POST",
        body="",
        headers={"Nbmlops-Token": "guessed"},
    )
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.code == 404
    assert caught.value.response is not None
    told = wire.decode(caught.value.response.body, CallResponse)
    assert told.message == "No schedule 1 waits for calls."


async def test_a_call_with_the_token_of_a_schedule_lets_it_fire_once(
    jp_fetch: Fetch, piped: str, recorded: Path
) -> None:
    workspace = Workspace.at(recorded / piped)
    assert workspace is not None
    try:
        version = workspace.pipelines.get(PipelineReference(name="flights"))
        workspace.approvals.approve(version, comment="for the test")
        made = workspace.schedules.create("flights", when=When(http=True))
        token = workspace.schedules.calls.issue(made.id)
        answers = [
            await jp_fetch(
                *("nbmlops", "api", "call"),
                params={"notebook": piped, "schedule": str(made.id)},
                method="POST",
                body="",
                headers={"Nbmlops-Token": token, "Idempotency-Key": "order 7"},
            )
            for _ in range(2)
        ]
        assert [answer.code for answer in answers] == [202, 200]
        with workspace.scheduler(max_fires=1) as scheduler:
            scheduler.run()
        (fire,) = workspace.schedules.fires(made)
        assert fire.status is FireStatus.SUCCEEDED
        workspace.schedules.delete(made.id)
    finally:
        workspace.close()
