"""What the manifest for Argo says, by the models that hera has of Argo's own schema."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies
from nbmlops.exporters.argo import differences, manifest
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace
from tests.unit.exporters.pods import approved, deployed

models = pytest.importorskip("hera.workflows.models", reason="needs hera")


@pytest.fixture
def version(mlops_workspace: Workspace, mlops_notebook: Notebook) -> PipelineVersion:
    """An approved pipeline with parameters, a secret and steps that ask for much."""
    mlops_notebook.cell(
        "import os\nrows = 3  # how many, 1-9\nmode = 'fast'  # one of fast, slow\n"
        "day = '2026-01-01'\nlimits: list[float] | None = None\n"
        "token = os.environ['API_TOKEN']  # secret",
        "parameters",
    )
    mlops_notebook.cell(
        "%mlops track load --memory 1G --cpus 2 --gpus 1\ndata = [rows, len(token)]"
    )
    mlops_notebook.step("left", "low = min(data)").step("right_one", "high = max(data)")
    return approved(mlops_workspace, mlops_notebook)


def _valid(text: str) -> dict[str, Any]:
    """The manifest, of which Argo's schema knows every word and no value is of a wrong type."""
    found: dict[str, Any] = yaml.safe_load(text)
    model = getattr(models, found["kind"]).model_validate(found)
    known = model.model_dump(by_alias=True, exclude_none=True, mode="json")
    assert known == found
    return found


def _order(template: dict[str, Any]) -> dict[str, Any]:
    words = template["container"]["args"]
    found: dict[str, Any] = json.loads(words[words.index("--order") + 1])
    return found


def test_a_schedule_is_a_cron_workflow_that_keeps_to_its_policies(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    made = deployed(
        mlops_workspace,
        version,
        When(cron=("@daily", "0 6 * * mon-fri")),
        missed="latest",
        policies=Policies(pool="gpu", priority=3, max_age=90.5, memory=2 * 1024**3, cpus=1),
        rules=RunRules(retries=2, retry_delay=5.0, timeout=60.0, step_timeout=9.0),
        parameters={"rows": 5, "day": "{{ ds }}"},
    )
    found = _valid(manifest(made))
    spec = found["spec"]
    assert (found["kind"], found["metadata"]["name"]) == ("CronWorkflow", "my-flow")
    assert spec["schedules"] == ["0 0 * * *", "0 6 * * mon-fri"]
    assert (spec["timezone"], spec["concurrencyPolicy"]) == ("Europe/Berlin", "Allow")
    assert spec["startingDeadlineSeconds"] == 91
    workflow = spec["workflowSpec"]
    assert (workflow["activeDeadlineSeconds"], workflow["priority"]) == (60, 3)
    assert workflow["synchronization"] == {
        "mutexes": [{"name": "nbmlops-my-flow"}],
        "semaphores": [{"configMapKeyRef": {"name": "nbmlops-pools", "key": "gpu"}}],
    }
    whole, load, *_ = workflow["templates"]
    assert [(one["name"], one.get("dependencies")) for one in whole["dag"]["tasks"]] == [
        ("load", None),
        ("left", ["load"]),
        ("right-one", ["load"]),
        ("whole-run", ["left", "right-one"]),
    ]
    assert load["retryStrategy"]["limit"] == 2
    assert load["retryStrategy"]["expression"] == "lastRetry.exitCode != '2'"
    assert load["retryStrategy"]["backoff"] == {"duration": "5s", "factor": 2}
    assert load["container"]["resources"]["limits"] == {
        "cpu": "2",
        "memory": "1536Mi",
        "nvidia.com/gpu": "1",
    }
    asked = workflow["templates"][2]["container"]["resources"]["limits"]
    assert asked == {"cpu": "1", "memory": "2560Mi"}
    assert (_order(load)["memory"], _order(load)["cpus"]) == (2 * 1024**3, 1)
    assert _order(load)["rules"] == {"timeout": 60.0, "step_timeout": 9.0}
    assert (_order(load)["alone"], _order(load)["digest"]) == (True, version.spec.digest)


def test_parameters_may_be_given_and_templates_and_secrets_are_not_seen_by_argo(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """The braces of our templates would be tags of Argo's."""
    made = deployed(mlops_workspace, version, parameters={"rows": 5, "day": "{{ ds }}"})
    text = manifest(made)
    found = _valid(text)
    assert found["kind"] == "Workflow"
    assert found["spec"]["arguments"]["parameters"] == [
        {"name": "rows", "description": "how many", "value": "5"},
        {"name": "mode", "enum": ["fast", "slow"], "value": "fast"},
        {"name": "limits", "value": "null"},
    ]
    load = found["spec"]["templates"][1]
    assert _order(load)["parameters"] == {"day": "{{ ds }}", "token": "env:API_TOKEN"}
    assert "{{ ds" not in text
    assert "rows={{workflow.parameters.rows}}" in load["container"]["args"]
    refs = [one["valueFrom"]["secretKeyRef"] for one in load["container"]["env"][2:]]
    assert {"name": "nbmlops", "key": "API_TOKEN"} in refs
    assert {"name": "nbmlops", "key": "PGPASSWORD", "optional": True} in refs
    assert any(said.startswith("day, token: filled in") for said in differences(made))


@pytest.mark.parametrize(
    ("overlap", "policy"), [("queue", "Allow"), ("skip", "Forbid"), ("cancel", "Replace")]
)
def test_what_overlaps_waits_by_a_mutex_or_not_at_all(
    overlap: Any, policy: str, mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    policies = Policies(overlap=overlap, max_active=2, deadline="45m", keep=3)
    made = deployed(
        mlops_workspace, version, When(cron=("@hourly",)), missed="skip", policies=policies
    )
    spec = _valid(manifest(made))["spec"]
    assert spec["concurrencyPolicy"] == policy
    assert ("synchronization" in spec["workflowSpec"]) == (overlap == "queue")
    assert spec["startingDeadlineSeconds"] == 0
    told = " ".join(differences(made))
    for word in ("clock changes", "45m", "--max-active", "--keep"):
        assert word in told
