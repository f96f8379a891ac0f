"""The scheduler that a Jupyter server starts and stops."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from nbmlops.server.extension import NbmlopsServer

pytest_plugins = ["pytest_jupyter.jupyter_server"]
pytestmark = pytest.mark.slow


@pytest.fixture
def jp_server_config(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The extension, with its scheduler switched on or left as it is."""
    switched = {"NbmlopsServer": {"scheduler": True}} if request.param else {}
    return {"ServerApp": {"jpserver_extensions": {"nbmlops": True}}} | switched


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def extension_of(app: Any) -> NbmlopsServer:
    extension = app.extension_manager.extension_points["nbmlops"].app
    assert isinstance(extension, NbmlopsServer)
    return extension


def wait_for_store(root: Path) -> None:
    """Wait until the scheduler has opened the ledger."""
    deadline = time.monotonic() + 30
    while not (root / ".nbmlops" / "catalog.db").exists():
        assert time.monotonic() < deadline, "the scheduler opened no ledger"
        time.sleep(0.05)


@pytest.mark.parametrize("jp_server_config", [True], indirect=True)
async def test_a_scheduler_runs_as_long_as_the_server(jp_serverapp: Any) -> None:
    extension = extension_of(jp_serverapp)
    assert extension._process is not None
    assert running(extension._process.pid)
    wait_for_store(Path(jp_serverapp.root_dir))
    await extension.stop_extension()
    assert not running(extension._process.pid)


@pytest.mark.parametrize("jp_server_config", [False], indirect=True)
async def test_no_scheduler_runs_unless_it_is_switched_on(jp_serverapp: Any) -> None:
    assert extension_of(jp_serverapp)._process is None
