"""What the recipe of a container says, done by hand: its commands, its checks and its signal."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from nbmlops.scheduling.scheduler import STOPS_WITHIN
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "containers"
PATIENCE = 60


def lines() -> list[tuple[str, str]]:
    """Each instruction of the recipe, with the rest of its line."""
    text = (FOLDER / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    found = (line.partition(" ") for line in text.splitlines() if line and line[0] != "#")
    return [(instruction, rest) for instruction, _, rest in found]


def services() -> dict[str, Any]:
    """Those of the composition; in YAML 1.1, with the merged keys filled in."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))["services"]
    return found


RECIPE = dict(lines())


@pytest.fixture
def project(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with its catalog in PostgreSQL, and a schedule of each second."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    settings = tmp_path / ".nbmlops" / "config.toml"
    settings.parent.mkdir()
    settings.write_text(f"[store]\ncatalog = {json.dumps(postgres_url)}\n", encoding="utf-8")
    workspace = Workspace(tmp_path)
    path = Notebook(tmp_path).step("load", "rows = [1]").save("flights.ipynb")
    workspace.approvals.approve(workspace.pipelines.build(path).version, comment="Looked at it.")
    workspace.schedules.create("flights", cron="* * * * * *", timezone="UTC")
    workspace.close()
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@contextmanager
def running(command: Sequence[str], folder: Path, **variables: str) -> Iterator[Path]:
    """A command of the recipe with the variables that it sets, stopped by its signal; its log."""
    log = folder / "printed.log"
    set_there = dict(word.split("=") for word in shlex.split(RECIPE["ENV"]))
    with log.open("wb") as printed:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | set_there | variables,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield log
            assert process.poll() is None, log.read_text()
            process.send_signal(signal.Signals[RECIPE["STOPSIGNAL"]])
            assert process.wait(STOPS_WITHIN.total_seconds()) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


def is_well(check: Sequence[str]) -> bool:
    return subprocess.run(check, check=False, capture_output=True, timeout=30).returncode == 0


def until_well(check: Sequence[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_well(check):
        assert time.monotonic() < end, "it does not become well"
        time.sleep(0.2)


def test_the_scheduler_of_the_recipe_is_well_fires_writes_json_and_stops(
    project: Path, port: int
) -> None:
    options, _, words = RECIPE["HEALTHCHECK"].partition(" CMD ")
    check = [word.replace("9464", str(port)) for word in json.loads(words)]
    command = [word.replace("9464", str(port)) for word in json.loads(RECIPE["CMD"])]
    assert not is_well(check), "nothing is there yet"
    assert "--timeout=5s" in options
    with running(command, project) as log:
        until_well(check)
        end = time.monotonic() + PATIENCE
        while '"succeeded' not in log.read_text() and time.monotonic() < end:
            time.sleep(0.2)
    printed = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    kinds = {line.get("kind") for line in printed}
    assert {"due", "started", "succeeded"} <= kinds
    assert "Stopped after " in printed[-1]["message"]


def test_the_page_of_the_composition_is_well_and_stops(project: Path, port: int) -> None:
    page = services()["page"]
    command = [word.replace("8890", str(port)) for word in page["command"]]
    check = [word.replace("8890", str(port)) for word in page["healthcheck"]["test"][1:]]
    assert page["healthcheck"]["test"][0] == "CMD"
    with running(command, project, JUPYTER_TOKEN="open-sesame") as log:
        until_well(check)
    assert f"nbmlops of {project}" in log.read_text("utf-8")


def test_the_recipe_is_of_no_root_and_waits_for_runs_as_long_as_a_scheduler_does() -> None:
    order = [instruction for instruction, _ in lines()]
    assert RECIPE["USER"] == "nbmlops"
    assert order.index("USER") < order.index("CMD")
    assert not {"RUN", "COPY", "ADD"} & set(order[order.index("USER") :])
    made = services()
    for name in ("scheduler", "page"):
        seconds = re.fullmatch(r"(\d+)s", made[name]["stop_grace_period"])
        assert seconds is not None
        assert int(seconds[1]) > STOPS_WITHIN.total_seconds()
        assert made[name]["init"] is True
        assert made[name]["cap_drop"] == ["ALL"]
    assert made["page"]["ports"] == ["127.0.0.1:8890:8890"], "the page is nobody else's"
