"""A catalog whose server dies under a running scheduler, and comes back."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from nbmlops.domain.schedules import FireStatus
from nbmlops.errors import StoreUnreachableError
from nbmlops.scheduling.events import SchedulerEvent
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow


class Server:
    """A PostgreSQL server of one's own, which can be killed and started anew."""

    def __init__(self, module: Any, data: Path) -> None:
        self._module = module
        self._data = data
        self.url: str = ""
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        self._module.postgres_server.PostgresServer._instances.pop(self._data.resolve(), None)
        self.url = self._module.get_server(self._data, cleanup_mode=None).get_uri()

    def end(self, number: signal.Signals) -> None:
        """Send it a signal, and wait until it has ended."""
        file = self._data / "postmaster.pid"
        if file.exists():
            os.kill(int(file.read_text("utf-8").split()[0]), number)
        end = time.monotonic() + 30
        while file.exists():
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that is no other test's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder that it looks for as it is imported
        module = pytest.importorskip("pgserver", reason="PostgreSQL has no package here")
    with TemporaryDirectory(prefix="nbmlops-postgres-") as folder:
        made = Server(module, Path(folder) / "data")
        yield made
        made.end(signal.SIGINT)


def until(condition: Any, seconds: float = 60) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def test_a_scheduler_waits_for_a_catalog_that_is_away_and_makes_up_for_what_it_missed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says once that it waits, and that it goes on; each due time has one row and one run."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    settings = tmp_path / ".nbmlops" / "config.toml"
    settings.parent.mkdir()
    settings.write_text(f'[store]\ncatalog = "{server.url}"\n', encoding="utf-8")
    workspace = Workspace(tmp_path)
    events: list[SchedulerEvent] = []

    def told(kind: str) -> list[str]:
        return [event.message for event in events if event.kind == kind]

    try:
        notebook = Notebook(tmp_path).step("load", "rows = [1]").save("flights.ipynb")
        workspace.approvals.approve(workspace.pipelines.build(notebook).version, comment="fine")
        schedule = workspace.schedules.create("flights", cron="*/2 * * * * *", timezone="UTC")
        with workspace.scheduler(on_event=events.append) as scheduler:
            thread = threading.Thread(target=scheduler.run)
            thread.start()
            until(lambda: told("succeeded"))
            server.end(signal.SIGQUIT)
            with pytest.raises(StoreUnreachableError, match="cannot be reached"):
                workspace.schedules.fires(schedule)
            until(lambda: told("waiting"))
            time.sleep(5)
            before = len(told("due"))
            server.start()
            until(lambda: len(told("due")) > before + 2)
            scheduler.stop()
            thread.join()
        (waiting,) = told("waiting")
        assert "cannot be reached" in waiting
        (resumed,) = told("resumed")
        assert resumed.startswith("The scheduler goes on, after ")
        fires = sorted(workspace.schedules.fires(schedule), key=lambda fire: fire.due_at)
        gaps = {after.due_at - fire.due_at for fire, after in pairwise(fires)}
        assert {gap.total_seconds() for gap in gaps} == {2.0}, "none is missing, none doubled"
        ended = [fire.run_id for fire in fires if fire.status is FireStatus.SUCCEEDED]
        assert len(set(ended)) == len(ended) > 0
    finally:
        workspace.close()
