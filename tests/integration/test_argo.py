"""The containers of an Argo manifest do what they are told, each in a process of its own.

No Argo runs here: its tags are filled in as its controller does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.exporters.argo import resource
from nbmlops.scheduling.triggers.when import When
from tests.integration.pods import Team, team

pytestmark = pytest.mark.slow


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str, s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A project whose store is in PostgreSQL and S3."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    return team(tmp_path, postgres_url, s3_url)


def _filled(template: dict[str, Any], tags: dict[str, str]) -> list[str]:
    """The command of a template, with tags replaced in its JSON, as Argo does."""
    text = json.dumps(template)
    for tag, value in tags.items():
        text = text.replace(f"{{{{{tag}}}}}", json.dumps(value)[1:-1])
    assert "{{" not in text
    container = json.loads(text)["container"]
    return [*container["command"], *container["args"]]


def test_the_tasks_of_a_cron_workflow_leave_a_whole_run_in_the_store_of_the_team(
    shared: Team,
) -> None:
    """Of pods that see nothing of each other; one whose approval was withdrawn is refused."""
    version = shared.version()
    made = resource(shared.deployed(version, When(cron=("0 6 * * *",)), sys.executable))
    spec = made["spec"]["workflowSpec"]
    tags = {
        "workflow.namespace": "team",
        "workflow.name": "flow-1",
        "workflow.scheduledTime": "2026-11-02T05:00:00Z",
        "workflow.parameters.tags": '["it\'s", "\\"quoted\\""]',
        "workflow.parameters.rows": "7",
    }
    ends = []
    for template in spec["templates"][1:]:
        done = subprocess.run(
            _filled(template, tags), cwd=shared.pod, capture_output=True, text=True, check=False
        )
        ends.append((template["name"], done.returncode, done.stdout + done.stderr))
    assert [code for _, code, _ in ends] == [0, 0, 0, 0], ends
    whole, *parts = shared.workspace.runs.newest()
    assert [run.rules.only for run in parts] == [("right",), ("left",), ("load",)]
    assert whole.trigger == "argo:team/flow-1"
    assert whole.parameters == {"rows": 7, "day": "2026-11-02", "tags": ["it's", '"quoted"']}
    assert (whole.status, whole.metrics) == (RunStatus.SUCCEEDED, {"high": 10.0})

    shared.workspace.approvals.withdraw(version, comment="wrong")
    command = _filled(spec["templates"][1], tags)
    refused = subprocess.run(command, cwd=shared.pod, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "flow@1 is not approved; " in refused.stderr
    shared.workspace.close()


def test_deploying_writes_the_manifest_and_how_the_image_is_made(
    shared: Team, tmp_path: Path
) -> None:
    """What people change afterwards is left alone."""
    shared.version()
    project = ("--project", str(shared.workspace.project))
    words = ("deploy", "flow", "--to", "argo", "--output", str(tmp_path), "--json")

    def deploy(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nbmlops", *project, *words, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = deploy()
    told = json.loads(done.stdout)
    assert told["path"] == str(tmp_path / "flow_argo.yaml")
    assert [Path(one).name for one in told["recipe"]] == [
        "flow.Dockerfile",
        "flow.Dockerfile.dockerignore",
        "flow.requirements.txt",
    ]
    assert "image: flow:1" in (tmp_path / "flow_argo.yaml").read_text()
    assert "&id" not in (tmp_path / "flow_argo.yaml").read_text()
    assert "-t flow:1 ." in (tmp_path / "flow.Dockerfile").read_text()
    (tmp_path / "flow.Dockerfile").write_text("FROM mine")
    assert json.loads(deploy("--image", "mine:3").stdout)["recipe"] == []
    assert "image: mine:3" in (tmp_path / "flow_argo.yaml").read_text()
    refused = deploy("--start", "2026-01-01")
    assert refused.returncode == 2
    assert "Argo has nothing for --start" in refused.stderr
    shared.workspace.close()
