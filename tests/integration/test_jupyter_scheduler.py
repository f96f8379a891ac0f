"""jupyter-scheduler's REST API in a real Jupyter server, on the scheduler of nbmlops."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from nbmlops.scheduling import background
from nbmlops.scheduling.presence import RunningScheduler, running_schedulers
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest.importorskip("jupyter_scheduler", reason="jupyter-scheduler is not installed")

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

CONFIGURATION = "jupyter_jupyter_scheduler_config.json"
ASKED = {
    "name": "flights",
    "input_uri": "project/flights.ipynb",
    "runtime_environment_name": "nbmlops",
    "output_formats": ["ipynb", "html"],
}
ENDED = ("COMPLETED", "FAILED", "STOPPED")

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A project below the server's root with an approved notebook and one that is not."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    workspace = Workspace(folder)
    source = "import time\nprint('month', month + 1)\ntime.sleep(wait)"
    path = Notebook(folder).parameters(month=1, wait=0).step("load", source).save("flights.ipynb")
    workspace.approvals.approve(workspace.pipelines.build(path).version, comment="good")
    Notebook(folder).step("load", "rows = [1]").save("other.ipynb")
    yield workspace
    assert background.stop(running_schedulers(workspace.store)) == []
    workspace.close()


@pytest.fixture
def jp_root_dir(project: Workspace) -> Path:
    """The server serves the folder above the project."""
    return project.project.parent


@pytest.fixture
def jp_server_config(jp_config_dir: Path, tmp_path: Path) -> dict[str, Any]:
    """Both extensions are on, with the configuration that nbmlops installs and no other."""
    installed = Path(__file__).parents[2] / "nbmlops" / "etc" / CONFIGURATION
    shutil.copy(installed, jp_config_dir / CONFIGURATION)
    return {
        "ServerApp": {"jpserver_extensions": {"jupyter_scheduler": True, "nbmlops": True}},
        "SchedulerApp": {"db_url": f"sqlite:///{tmp_path / 'unused.sqlite'}"},
    }


@pytest.fixture
def ask(jp_fetch: Callable[..., Awaitable[Any]]) -> Ask:
    """Ask jupyter-scheduler, as its dialog does."""

    async def fetch(method: str, *path: str, body: Any = None, **query: str) -> Any:
        content = None if method in ("GET", "DELETE") else json.dumps(body or {})
        answer = await jp_fetch("scheduler", *path, method=method, body=content, params=query)
        return json.loads(answer.body) if answer.body else None

    return fetch


def kill(scheduler: RunningScheduler) -> None:
    """Kill a scheduler, and wait until it is gone."""
    os.kill(scheduler.process, signal.SIGKILL)
    while not scheduler.gone:
        time.sleep(0.05)


async def refusal(answer: Awaitable[Any]) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.response is not None
    return caught.value.code, json.loads(caught.value.response.body)["message"]


async def reached(ask: Ask, job: str, *statuses: str) -> dict[str, Any]:
    """The job, once it has one of these statuses and a run."""
    for _ in range(600):
        found: dict[str, Any] = await ask("GET", "jobs", job)
        if found["status"] in statuses and found["start_time"]:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(found)


async def ended(ask: Ask, job: str) -> dict[str, Any]:
    """The job, once it has ended."""
    return await reached(ask, job, *ENDED)


async def test_a_job_of_the_dialog_runs_on_a_scheduler_that_it_starts(
    ask: Ask, jp_root_dir: Path, project: Workspace
) -> None:
    """Its parameters are typed, it is asked for once, its files can be downloaded.

    A scheduler that is killed leaves no job in progress for ever: another one is started.
    """
    given = {**ASKED, "parameters": {"month": "3"}, "idempotency_token": "once"}
    job = (await ask("POST", "jobs", body=given))["job_id"]
    assert (await refusal(ask("POST", "jobs", body=given)))[0] == 409
    found = await ended(ask, job)
    assert (found["status"], found["status_message"]) == ("COMPLETED", None)
    assert found["parameters"] == {"month": "3"}
    assert not found["downloaded"]

    await ask("GET", "jobs", job, "download_files")
    found = await ask("GET", "jobs", job)
    assert found["downloaded"]
    files = {one["file_format"]: jp_root_dir / one["file_path"] for one in found["job_files"]}
    assert "month 4" in files["ipynb"].read_text()
    assert "month 4" in files["html"].read_text()
    assert "month 4" not in files["input"].read_text()

    slow = (await ask("POST", "jobs", body={**ASKED, "parameters": {"wait": "300"}}))["job_id"]
    assert (await reached(ask, slow, "IN_PROGRESS"))["end_time"] is None
    (killed,) = running_schedulers(project.store)
    await asyncio.to_thread(kill, killed)
    assert (await ask("GET", "jobs", "count", status="in_progress"))["count"] == 1
    assert [one.process for one in running_schedulers(project.store)] != [killed.process]
    await ask("PATCH", "jobs", slow, body={"status": "STOPPED"})
    assert (await ended(ask, slow))["status"] == "STOPPED"
    await ask("DELETE", "batch", "jobs", job_id=slow)
    assert [one["job_id"] for one in (await ask("GET", "jobs"))["jobs"]] == [job]


async def test_what_is_not_approved_or_does_not_fit_is_refused_in_our_words(ask: Ask) -> None:
    asked = {**ASKED, "input_uri": "project/other.ipynb"}
    cure = "Build it, review it and approve it: nbmlops build other.ipynb, then nbmlops approve."
    said = (500, f"other.ipynb has no approved pipeline. {cure}")
    assert await refusal(ask("POST", "jobs", body=asked)) == said
    assert await refusal(ask("POST", "job_definitions", body=asked)) == said
    for wrong, words in (
        ({"parameters": {"month": "x"}}, "The parameter 'month' is a whole number, not 'x'."),
        ({"input_uri": "project/none.ipynb"}, "'project/none.ipynb' does not exist"),
        ({"package_input_folder": True}, "Leave 'Run job with input folder' off"),
    ):
        assert words in (await refusal(ask("POST", "jobs", body={**ASKED, **wrong})))[1]
    assert "There is no job" in (await refusal(ask("GET", "jobs", "job-1234-1")))[1]
    assert "'bogus'" in (await refusal(ask("GET", "jobs", sort_by="bogus")))[1]
    assert (await ask("GET", "jobs"))["total_count"] == 0


async def test_a_definition_is_a_schedule_that_can_be_paused_changed_and_deleted(
    ask: Ask, project: Workspace
) -> None:
    (environment,) = await ask("GET", "runtime_environments")
    assert environment["name"] == ASKED["runtime_environment_name"]
    asked = {**ASKED, "schedule": "0 6 * * *", "timezone": "Europe/Berlin", "tags": ["red"]}
    name = (await ask("POST", "job_definitions", body=asked))["job_definition_id"]
    (schedule,) = project.schedules.all()
    assert (schedule.cron, schedule.timezone) == ("0 6 * * *", "Europe/Berlin")

    await ask("PATCH", "job_definitions", name, body={"active": False})
    assert project.schedules.get(schedule.id).paused
    assert "is paused" in (await refusal(ask("POST", "job_definitions", name, "jobs")))[1]
    change = {"active": True, "schedule": "30 7 * * *", "parameters": {"month": "2"}}
    await ask("PATCH", "job_definitions", name, body=change)
    found = await ask("GET", "job_definitions", name)
    assert (found["active"], found["schedule"], found["tags"]) == (True, "30 7 * * *", ["red"])
    assert found["parameters"] == {"month": "2"}

    job = (await ask("POST", "job_definitions", name, "jobs"))["job_id"]
    await ended(ask, job)
    await ask("PATCH", "jobs", job, body={"name": "by hand"})
    (shown,) = (await ask("GET", "jobs", job_definition_id=name))["jobs"]
    assert (shown["name"], shown["status"], shown["job_definition_id"]) == (
        "by hand",
        "COMPLETED",
        name,
    )
    await ask("DELETE", "job_definitions", name)
    assert (await ask("GET", "job_definitions"))["total_count"] == 0
    assert project.schedules.all() == []
