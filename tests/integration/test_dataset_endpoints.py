"""What the section of data sets reads and does, in a real Jupyter server."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from nbmlops.config import current_user
from nbmlops.domain import wire
from nbmlops.server.responses import ErrorResponse
from nbmlops.server.sections import (
    DatasetDiffResponse,
    DatasetResponse,
    DatasetsResponse,
    DoneResponse,
)
from nbmlops.workspace import Workspace
from tests.unit.data.recorded import Recorded

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

Fetch = Callable[..., Awaitable[HTTPResponse]]

NOTEBOOK = "project/flights.ipynb"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a notebook whose step has read a file."""
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    workspace = Workspace(folder)
    recorded = Recorded(workspace)
    recorded.write("data/a.csv", "a")
    recorded.ran(files=(recorded.read("data/a.csv"),))
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


async def do(jp_fetch: Fetch, endpoint: str, body: object, **query: str) -> str:
    response = await jp_fetch(
        *("nbmlops", "api", endpoint),
        params={"notebook": NOTEBOOK} | query,
        method="POST",
        body=json.dumps(body),
    )
    return wire.decode(response.body, DoneResponse).message


async def ask(jp_fetch: Fetch, endpoint: str, **query: str) -> HTTPResponse:
    return await jp_fetch("nbmlops", "api", endpoint, params={"notebook": NOTEBOOK} | query)


async def test_inputs_are_pinned_compared_restored_and_that_is_undone(
    jp_fetch: Fetch, project: Path
) -> None:
    empty = wire.decode((await ask(jp_fetch, "datasets")).body, DatasetsResponse)
    assert (empty.project, empty.datasets, empty.undo) == ("project", (), None)
    order = {"name": "flights", "step": "train", "comment": "of March"}
    assert await do(jp_fetch, "datasets", order) == "The inputs of train are flights@1."
    assert "nothing new was pinned" in await do(jp_fetch, "datasets", order)

    workspace = Workspace(project)
    recorded = Recorded(workspace)
    recorded.write("data/a.csv", "other")
    recorded.ran(files=(recorded.read("data/a.csv"),))
    workspace.close()
    await do(jp_fetch, "datasets", order)
    (row,) = wire.decode((await ask(jp_fetch, "datasets")).body, DatasetsResponse).datasets
    assert [one.reference for one in row.versions] == ["flights@2", "flights@1"]
    assert {one.author for one in row.versions} == {current_user()}  # nobody else is logged in

    told = await ask(jp_fetch, "dataset", dataset="flights@1")
    one = wire.decode(told.body, DatasetResponse)
    assert [member.name for member in one.members] == ["data/a.csv"]
    assert [(use.used_by, use.executions) for use in one.uses] == [("train@1", 1)]
    told = await ask(jp_fetch, "dataset-diff", before="flights@1", after="flights")
    found = wire.decode(told.body, DatasetDiffResponse)
    assert [(one.name, one.change) for one in found.differences] == [("data/a.csv", "changed")]

    file = project / "data" / "a.csv"
    with pytest.raises(HTTPClientError) as refused:
        await do(jp_fetch, "dataset-restore", {}, dataset="flights@1")
    assert refused.value.code == HTTPStatus.CONFLICT
    assert file.read_text() == "other"
    done = await do(jp_fetch, "dataset-restore", {"agreed": True}, dataset="flights@1")
    assert done == "Restored data/a.csv of flights@1."
    assert file.read_text() == "a"
    listing = wire.decode((await ask(jp_fetch, "datasets")).body, DatasetsResponse)
    assert listing.undo == "flights@1"
    assert await do(jp_fetch, "dataset-undo", {}) == "The restore of flights@1 is undone."
    assert file.read_text() == "other"


async def test_nothing_is_written_above_the_server_s_root(
    jp_fetch: Fetch, jp_root_dir: Path
) -> None:
    """Where the root is a folder of the project, whose files lie beside it as well."""
    workspace = Workspace(jp_root_dir.parent)
    (jp_root_dir.parent / "a.csv").write_text("a")
    workspace.datasets.pin_paths("outer", ["a.csv"], base=jp_root_dir.parent)
    workspace.close()
    (jp_root_dir.parent / "a.csv").unlink()
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(
            *("nbmlops", "api", "dataset-restore"),
            params={"notebook": "other.ipynb", "dataset": "outer@1"},
            method="POST",
            body="{}",
        )
    assert refused.value.code == HTTPStatus.BAD_REQUEST
    assert not (jp_root_dir.parent / "a.csv").exists()


async def test_an_answer_that_has_not_changed_is_not_sent_again(jp_fetch: Fetch) -> None:
    first = await ask(jp_fetch, "datasets")
    with pytest.raises(HTTPClientError) as told:
        await jp_fetch(
            *("nbmlops", "api", "datasets"),
            params={"notebook": NOTEBOOK},
            headers={"If-None-Match": first.headers["Etag"]},
        )
    assert told.value.code == HTTPStatus.NOT_MODIFIED


@pytest.mark.parametrize(
    ("endpoint", "body", "query", "status"),
    [
        ("datasets", {"name": "a b", "step": "train"}, {}, 400),
        ("datasets", {"name": "flights", "step": "trian"}, {}, 404),
        ("datasets", {"name": "flights"}, {}, 400),
        ("dataset-restore", {}, {"dataset": "nothing@1"}, 404),
        ("dataset-undo", {}, {}, 400),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    jp_fetch: Fetch, endpoint: str, body: object, query: dict[str, str], status: int
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await do(jp_fetch, endpoint, body, **query)
    assert refused.value.code == status
    assert refused.value.response is not None
    assert wire.decode(refused.value.response.body, ErrorResponse).message
