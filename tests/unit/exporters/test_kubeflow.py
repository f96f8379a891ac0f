"""What the program for kfp's compiler says; what kfp makes of it is an integration test."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies
from nbmlops.errors import UsageError
from nbmlops.exporters.kubeflow import differences, program
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace
from tests.unit.exporters.pods import approved, deployed


@pytest.fixture
def version(mlops_workspace: Workspace, mlops_notebook: Notebook) -> PipelineVersion:
    """An approved pipeline with parameters of many types."""
    mlops_notebook.cell("from datetime import date\nfrom typing import Any")
    mlops_notebook.cell(
        "rows = 3\nlimits: list[float] | None = None\nday: date = date(2026, 1, 1)\nmode = 'a'\n"
        "other: Any = {'a': 1}",
        "parameters",
    )
    mlops_notebook.cell("%mlops track load --memory 1G --cpus 2 --gpus 1\ndata = [rows]")
    return approved(
        mlops_workspace,
        mlops_notebook.step("left", "low = min(data)").step("right", "high = max(data)"),
    )


def _told(text: str) -> dict[str, Any]:
    """The constants of the program, and how its pipeline is declared."""
    tree = ast.parse(text)
    compile(text, "flow_kubeflow.py", "exec")
    found: dict[str, Any] = {}
    for line in tree.body:
        if isinstance(line, ast.Assign):
            found[ast.unparse(line.targets[0])] = ast.literal_eval(line.value)
        elif isinstance(line, ast.FunctionDef):
            found[line.name] = ast.unparse(line.args)
    return found


def test_the_program_has_typed_parameters_and_a_task_for_each_chain(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    rules = RunRules(retries=2, retry_delay=5.0)
    told = _told(program(deployed(mlops_workspace, version, rules=rules)))
    assert told["nbmlops_pipeline"] == (
        "rows: int=3, limits: Optional[list]=None, day: str='2026-01-01', mode: str='a', "
        "other: str='{\"a\": 1}', nbmlops_logical_date: str=''"
    )
    assert (told["IMAGE"], told["SECRET"], told["RECURRING"]) == ("team/my_flow:1", "nbmlops", {})
    assert told["RETRIES"]["num_retries"] == 2
    assert told["RETRIES"]["backoff_duration"] == "5s"
    with pytest.raises(UsageError, match="whole seconds"):
        program(deployed(mlops_workspace, version, When(every=("1.5s",))))
    assert [(one["name"], one["after"]) for one in told["TASKS"]] == [
        ("load", []),
        ("left", ["load"]),
        ("right", ["load"]),
        ("whole-run", ["left", "right"]),
    ]
    assert told["TASKS"][0]["resources"] == {
        "cpu": "2",
        "memory": "1536Mi",
        "nvidia.com/gpu": "1",
    }
    assert json.loads(told["TASKS"][1]["order"])["earlier"] == [["load"]]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (When(cron=("@daily",)), {"cron_expression": "0 0 0 * * *"}),
        (When(every=("6h",)), {"interval_second": 21600}),
    ],
)
def test_a_schedule_is_what_a_recurring_run_is_told(
    when: When, said: dict[str, Any], mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    made = deployed(mlops_workspace, version, when, missed="latest")
    told = _told(program(made))["RECURRING"]
    assert told.items() >= said.items()
    assert (told["no_catchup"], told["max_concurrency"]) == (True, 1)
    assert told["params"] == {"nbmlops_logical_date": "[[ScheduledTime.2006-01-02T15:04:05Z]]"}


def test_a_template_needs_the_time_that_a_run_is_for_and_is_not_seen_by_kubeflow(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """All tasks of a run must fill it in for the same time."""
    made = deployed(mlops_workspace, version, parameters={"mode": "{{ ds }}"})
    text = program(made)
    assert _told(text)["nbmlops_pipeline"].startswith("nbmlops_logical_date: str, rows")
    assert "{{" not in text
    order = json.loads(_told(text)["TASKS"][0]["order"])
    assert order["parameters"] == {"mode": "{{ ds }}"}
    assert any("must give nbmlops_logical_date" in said for said in differences(made))


def test_a_parameter_that_python_or_kubeflow_would_mistake_is_refused(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell("Rows = 3", "parameters").step("a", "x = Rows")
    made = deployed(mlops_workspace, approved(mlops_workspace, mlops_notebook))
    with pytest.raises(UsageError, match="a parameter with the name Rows"):
        program(made)


def test_what_is_kept_otherwise_is_told(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    policies = Policies(
        overlap="skip", deadline="45m", max_age=60.0, max_active=2, keep=3, pool="gpu", priority=2
    )
    made = deployed(
        mlops_workspace,
        version,
        When(cron=("@daily",)),
        missed="skip",
        policies=policies,
        rules=RunRules(retries=1, timeout=60.0),
    )
    told = " ".join(differences(made))
    for word in (
        "secret nbmlops", "Europe/Berlin", "however long", "skip", "45m", "--max-active", "--keep",
        "pool gpu", "priority 2", "timeout", "not approved",
    ):  # fmt: skip
        assert word in told
