"""A real Jupyter server tells what a real scheduler, in a process of its own, tells people."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain import wire
from nbmlops.domain.notices import NoticeKind
from nbmlops.domain.schedules import Policies
from nbmlops.server.events import ALERT, SCHEMAS, AlertEvent
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

Fetch = Callable[..., Awaitable[Any]]

PATIENCE = 60
NOTEBOOK = "project/flights.ipynb"
KEYS = tuple(AlertEvent.__dataclass_fields__)
LOAD = "from pathlib import Path\nrows = Path('rows.txt').read_text().split()"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a scheduled notebook that fails as long as a file is missing."""
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    path = Notebook(folder).step("load", LOAD).save("flights.ipynb")
    workspace = Workspace(folder, author="ada")
    version = workspace.pipelines.build(path).version
    workspace.approvals.approve(version, comment="Looked at it.")
    workspace.schedules.create("flights", cron="0 0 1 1 *", timezone="UTC")
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
def scheduler(project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler that somebody has started in a terminal."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nbmlops", "scheduler"],
        cwd=project,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process
    process.terminate()
    process.wait(PATIENCE)


async def trigger(project: Path, schedule: int = 1) -> None:
    command = [sys.executable, "-m", "nbmlops", "trigger", str(schedule)]
    await asyncio.to_thread(subprocess.run, command, cwd=project, check=True, capture_output=True)


async def alerts(socket: Any, *, seconds: float, until: int | None = None) -> list[AlertEvent]:
    """What the stream tells of schedules for so long, or until there are so many."""
    found: list[AlertEvent] = []
    end = time.monotonic() + seconds
    while len(found) != until and (left := end - time.monotonic()) > 0:
        try:
            message = json.loads(await asyncio.wait_for(socket.read_message(), left))
        except TimeoutError:
            break
        if message["schema_id"] == ALERT:
            told = {name: message[name] for name in KEYS}
            found.append(wire.structured(told, AlertEvent))
    return found


@pytest.mark.usefixtures("scheduler")
async def test_a_failure_and_the_recovery_are_told_once_to_each_who_listens(
    jp_ws_fetch: Fetch, jp_fetch: Fetch, project: Path
) -> None:
    sockets = [await jp_ws_fetch("api", "events", "subscribe") for _ in range(2)]
    await jp_fetch("nbmlops", "api", "runs", params={"notebook": NOTEBOOK})
    await trigger(project)
    (failed,) = await alerts(sockets[0], seconds=PATIENCE, until=1)
    assert (failed.kind, failed.run, failed.schedule) == (NoticeKind.FAILED, "flights#1", 1)
    assert (failed.notebook, failed.pipeline, failed.version) == (NOTEBOOK, "flights", 1)
    assert "FileNotFoundError" in failed.message
    await trigger(project)
    assert await alerts(sockets[0], seconds=8) == [], "it goes on failing"
    (project / "rows.txt").write_text("1 2")
    await trigger(project)
    (recovered,) = await alerts(sockets[0], seconds=PATIENCE, until=1)
    assert (recovered.kind, recovered.run) == (NoticeKind.RECOVERED, "flights#3")
    assert recovered.count == 2, "the second failure had ended, and was folded"
    others = await alerts(sockets[1], seconds=3)
    assert [event.id for event in others] == [failed.id, recovered.id]

    for socket in sockets:
        socket.close()
    late = await jp_ws_fetch("api", "events", "subscribe")
    await jp_fetch("nbmlops", "api", "runs", params={"notebook": NOTEBOOK})
    assert await alerts(late, seconds=3) == [], "a page that is loaded again"


@pytest.mark.usefixtures("scheduler")
async def test_a_deadline_that_passes_and_a_schedule_that_pauses_are_told_of(
    jp_ws_fetch: Fetch, jp_fetch: Fetch, project: Path
) -> None:
    """One is late before it fails; then its approval is withdrawn, and a person pauses another."""
    workspace = Workspace(project, author="ada")
    slow = Notebook(project).step("wait", "import time\ntime.sleep(4)").save("slow.ipynb")
    built = workspace.pipelines.build(slow).version
    version = workspace.approvals.approve(built, comment="Looked at it.")
    late = workspace.schedules.create(
        "slow", cron="0 0 1 1 *", timezone="UTC", policies=Policies(deadline="1s")
    )
    socket = await jp_ws_fetch("api", "events", "subscribe")
    await jp_fetch("nbmlops", "api", "runs", params={"notebook": NOTEBOOK})
    await trigger(project, late.id)
    (told,) = await alerts(socket, seconds=PATIENCE, until=1)
    assert (told.kind, told.schedule, told.pipeline) == (NoticeKind.LATE, late.id, "slow")
    assert told.notebook == "project/slow.ipynb"
    assert told.due_at is not None
    (ended,) = await alerts(socket, seconds=PATIENCE, until=1)
    assert (ended.kind, ended.run) == (NoticeKind.SUCCEEDED, "slow#1")

    workspace.approvals.withdraw(version, comment="It takes too long.")
    workspace.schedules.pause(1, "the source is down")
    paused = await alerts(socket, seconds=PATIENCE, until=2)
    assert {one.kind for one in paused} == {NoticeKind.PAUSED}
    said = {one.schedule: one.message for one in paused}
    assert "the source is down" in said[1]
    assert "withdrew the approval" in said[late.id]
    workspace.close()
    socket.close()


def test_the_schema_of_the_event_has_the_fields_that_are_sent() -> None:
    import yaml

    schema = yaml.safe_load(SCHEMAS[ALERT].read_text("utf-8"))
    assert schema["$id"] == ALERT
    assert set(schema["required"]) == set(schema["properties"]) == set(KEYS)
    assert schema["properties"]["kind"]["enum"] == [str(kind) for kind in NoticeKind]
