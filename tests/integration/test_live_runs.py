"""A real Jupyter server tells of runs that a terminal starts, through its event stream."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from nbmlops.domain import wire
from nbmlops.domain.runs import RunStatus
from nbmlops.server.events import CHANGED, RECORDED, RUN_PROGRESS, SCHEMAS, RecordedEvent, RunEvent
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow

Fetch = Callable[..., Awaitable[Any]]
Listen = Callable[[], Awaitable[Any]]

PATIENCE = 60
KEYS = tuple(RecordedEvent.__dataclass_fields__)
NOTEBOOK = "project/flights.ipynb"
SECRET = "correct-horse-battery"
TRAIN = "import time\nfor epoch in range(3):\n    print('epoch', epoch, token)\n    time.sleep(0.8)"
SLOW_DISK = """
#include <sys/syscall.h>
#include <unistd.h>
int fdatasync(int file) { usleep(1000000); return syscall(SYS_fdatasync, file); }
int fsync(int file) { usleep(1000000); return syscall(SYS_fsync, file); }
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook whose pipeline is built, and takes a secret."""
    folder = tmp_path_factory.mktemp("root") / "project"
    folder.mkdir()
    notebook = Notebook(folder).cell(
        'import nbmlops\ntoken = nbmlops.Secret("env:LIVE_TOKEN")', "parameters"
    )
    path = notebook.step("load", "rows = [1, 2]").step("train", TRAIN).save("flights.ipynb")
    workspace = Workspace(folder)
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
def listen(jp_ws_fetch: Fetch, jp_fetch: Fetch) -> Listen:
    """Opens the event stream, as a client that shows the runs of the notebook."""

    async def opened() -> Any:
        socket = await jp_ws_fetch("api", "events", "subscribe")
        await jp_fetch("nbmlops", "api", "runs", params={"notebook": NOTEBOOK})
        return socket

    return opened


@pytest.fixture
def slow_disk(tmp_path: Path) -> str:
    """A library to be loaded first, with which the disk takes a second to keep something."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler to make a slow disk with")
    library = str(tmp_path / "slow.so")
    compiling = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library]
    subprocess.run(compiling, input=SLOW_DISK.encode(), check=True)
    return library


def start(project: Path, *words: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start ``nbmlops`` in a terminal of its own, of one user in every test."""
    user = {"LIVE_TOKEN": SECRET, "NBMLOPS_SIGNING_KEY_FILE": str(project / "signing-key")}
    user |= variables
    return subprocess.Popen(
        [sys.executable, "-m", "nbmlops", *words],
        cwd=project,
        env=os.environ | user,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def told(socket: Any, until: Callable[[RunEvent], bool]) -> list[RunEvent]:
    """What the stream tells of runs, up to the event that is waited for."""
    events: list[RunEvent] = []
    while not events or not until(events[-1]):
        message = json.loads(await asyncio.wait_for(socket.read_message(), PATIENCE))
        if message.pop("schema_id") == RUN_PROGRESS:
            events.append(wire.structured(message, RunEvent))
    return events


async def test_a_run_of_a_terminal_is_told_of_cell_by_cell_with_what_it_prints(
    listen: Listen, project: Path
) -> None:
    socket = await listen()
    process = start(project, "run", "flights", "--cold")
    events = await told(socket, lambda event: event.state.ended)
    assert process.wait(PATIENCE) == 0
    assert {(event.run, event.notebook) for event in events} == {("flights#1", NOTEBOOK)}
    assert events[-1].state is RunStatus.SUCCEEDED
    training = [event for event in events if event.step == "train"]
    assert {(event.cell, event.cells) for event in training} == {(3, 3)}
    lines = [event.line for event in training if event.line]
    assert lines[-1] == "epoch 2 [secret]"
    assert len(set(lines)) == 3
    assert training[0].done == 2
    assert training[-1].seconds > training[0].seconds
    assert SECRET not in json.dumps([wire.plain(event) for event in events])


async def test_a_run_that_takes_every_result_is_told_of_as_well(
    listen: Listen, project: Path
) -> None:
    socket = await listen()
    await asyncio.sleep(1)  # the first look knows what was before
    process = start(project, "run", "flights")
    events = await told(socket, lambda event: event.state.ended)
    assert process.wait(PATIENCE) == 0
    assert (events[-1].number, events[-1].state) == (2, RunStatus.SUCCEEDED)
    assert {event.step for event in events} == {None}


async def test_a_run_whose_process_is_killed_is_told_of_as_lost(
    listen: Listen, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbmlops.server.live.HEARTBEAT", 1.0)
    socket = await listen()
    process = start(project, "run", "flights", "--cold", "--no-cache")
    await told(socket, lambda event: event.line is not None)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    events = await told(socket, lambda event: event.state.ended)
    assert events[-1].state is RunStatus.LOST


async def test_it_is_told_that_the_cells_of_a_run_were_recorded(
    jp_ws_fetch: Fetch, jp_fetch: Fetch, project: Path
) -> None:
    socket = await jp_ws_fetch("api", "events", "subscribe")
    asked = {"notebook": NOTEBOOK}
    before = json.loads((await jp_fetch("nbmlops", "api", "freshness", params=asked)).body)
    process = start(project, "run", "flights", "--cold", "--no-cache")
    message = {"schema_id": ""}
    while message["schema_id"] != RECORDED:
        message = json.loads(await asyncio.wait_for(socket.read_message(), PATIENCE))
    event = wire.structured({name: message[name] for name in KEYS}, RecordedEvent)
    assert event.notebook == NOTEBOOK
    assert event.execution > before["latest"]
    assert process.wait(PATIENCE) == 0


async def test_what_a_slow_disk_takes_later_is_told_of(
    listen: Listen, project: Path, slow_disk: str
) -> None:
    """What is written is to be seen only once it is on the disk, which nothing tells of."""
    socket = await listen()
    process = start(project, "approve", "flights", "--comment", "seen", LD_PRELOAD=slow_disk)
    message = {"schema_id": ""}
    while message["schema_id"] != CHANGED:
        message = json.loads(await asyncio.wait_for(socket.read_message(), PATIENCE))
    assert message["pipelines"]
    assert await asyncio.to_thread(process.wait, PATIENCE) == 0


async def test_nothing_is_told_to_a_stranger(jp_base_url: str, http_server_client: Any) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(f"{jp_base_url}api/events/subscribe")
    assert refused.value.code == 403


def test_the_schema_of_the_event_has_the_fields_that_are_sent() -> None:
    import yaml

    schema = yaml.safe_load(SCHEMAS[RUN_PROGRESS].read_text("utf-8"))
    assert schema["$id"] == RUN_PROGRESS
    assert set(schema["properties"]) == set(RunEvent.__dataclass_fields__)
    assert set(schema["required"]) == set(schema["properties"])
    assert schema["properties"]["state"]["enum"] == [str(state) for state in RunStatus]
    recorded = yaml.safe_load(SCHEMAS[RECORDED].read_text("utf-8"))
    assert recorded["$id"] == RECORDED
    assert set(recorded["required"]) == set(recorded["properties"]) == set(KEYS)
