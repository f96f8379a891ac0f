"""Pipelines of Elyra and Ploomber on schedules, from the shell: what is approved runs, no more."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

NODE = "open('a.txt', 'w').write('one')\n"
TASKS = """
tasks:
  - {source: own.make, product: out/m.txt}
  - {source: own.copy, product: out/c.txt}
"""
FUNCTIONS = """
def make(product):
    open(product, 'w').write('one')


def copy(product, upstream):
    open(product, 'w').write(open(upstream['make']).read())
"""


def elyra(folder: Path) -> None:
    """A pipeline of one script."""
    (folder / "load.py").write_text(NODE)
    node = {
        "id": "load",
        "type": "execution_node",
        "op": "execute-python-node",
        "app_data": {"component_parameters": {"filename": "load.py"}},
        "inputs": [],
    }
    flow = {"id": "p", "nodes": [node], "app_data": {}}
    (folder / "flow.pipeline").write_text(
        json.dumps(
            {"doc_type": "pipeline", "version": "3.0", "primary_pipeline": "p", "pipelines": [flow]}
        )
    )


def nbmlops(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One command."""
    return subprocess.run(
        [sys.executable, "-m", "nbmlops", "--project", str(project), *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def told(project: Path, *words: str) -> Any:
    """What a command that succeeds says as JSON."""
    answer = nbmlops(project, *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@contextmanager
def scheduler(project: Path) -> Iterator[None]:
    """A scheduler at work."""
    with (project / "scheduler.out").open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbmlops", "--project", str(project), "scheduler"],
            cwd=project,
            stdout=out,
            stderr=out,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def until_said(project: Path, *words: str) -> None:
    """Wait until a scheduler has said all of this."""
    end = time.monotonic() + 90
    out = project / "scheduler.out"
    while not all(word in out.read_text() for word in words):
        assert time.monotonic() < end, out.read_text()
        time.sleep(0.2)


def test_imported_pipelines_run_on_schedules_only_as_they_were_approved(tmp_path: Path) -> None:
    """After a change, nothing is scheduled before the new version is built and approved."""
    elyra(tmp_path)
    (tmp_path / "own.py").write_text(FUNCTIONS)
    (tmp_path / "pipeline.yaml").write_text(TASKS)
    ids = {}
    for name, file in (("flow", "flow.pipeline"), ("tasks", "pipeline.yaml")):
        told(tmp_path, "build", file, "--name", name)
        refused = nbmlops(tmp_path, "schedule", name, "--every", "1s")
        assert f"No version of the pipeline '{name}' is approved" in refused.stderr
        told(tmp_path, "approve", name, "--comment", "reviewed")
        ids[name] = told(tmp_path, "schedule", name, "--every", "5s")["schedule"]["id"]

    with scheduler(tmp_path):
        until_said(tmp_path, "flow@1 succeeded", "tasks@1 succeeded")
    assert (tmp_path / "out" / "c.txt").read_text() == "one"

    (tmp_path / "load.py").write_text(NODE.replace("one", "two"))
    (tmp_path / "pipeline.yaml").write_text(TASKS.replace("c.txt", "d.txt"))
    for name, file in (("flow", "flow.pipeline"), ("tasks", "pipeline.yaml")):
        replaced = ("schedule", name, "--every", "5s", "--replace", str(ids[name]))
        assert f"is not what {name}@1 was built from" in nbmlops(tmp_path, *replaced).stderr
        assert told(tmp_path, "build", file, "--name", name)["version"]["number"] == 2
        assert f"makes {name}@2 now, not {name}@1" in nbmlops(tmp_path, *replaced).stderr
        told(tmp_path, "withdraw", f"{name}@1", "--comment", "changed")
    listed = (each["schedule"] for each in told(tmp_path, "schedules")["schedules"])
    paused = {one["pipeline"]: one["pause_reason"] for one in listed}
    assert {name: reason.partition(";")[0] for name, reason in paused.items()} == {
        "flow": "flow@1 is not approved",
        "tasks": "tasks@1 is not approved",
    }
    with scheduler(tmp_path):
        time.sleep(7)  # more than a due time goes by
    said = (tmp_path / "scheduler.out").read_text()
    assert "started run" not in said
