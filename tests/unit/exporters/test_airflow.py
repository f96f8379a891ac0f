"""What the file for Airflow says, and what is refused."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbmlops.domain.deployments import Deployment
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import Policies
from nbmlops.errors import NotApprovedError, ParameterError, UsageError
from nbmlops.exporters.airflow import dag_file, differences
from nbmlops.exporters.files import write
from nbmlops.scheduling.triggers.when import When
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace
from tests.unit.steps import step

CELLS = (
    step("load", "data = [rows, 1]"),
    step("left", "low = min(data)"),
    step("right", "high = max(data)"),
)


@pytest.fixture
def version(mlops_workspace: Workspace, mlops_notebook: Notebook) -> PipelineVersion:
    """An approved pipeline with parameters."""
    mlops_notebook.cell("rows = 3  # how many, 1-9\nday = '2026-01-01'", "parameters")
    for cell in CELLS:
        mlops_notebook.cell(cell)
    made = mlops_workspace.pipelines.build(mlops_notebook.save("flow.ipynb")).version
    return mlops_workspace.approvals.approve(made, comment="good")


def _told(text: str) -> dict[str, Any]:
    """What the file tells its own code."""
    tree = ast.parse(text)
    compile(text, "flow.py", "exec")
    for line in tree.body:
        if isinstance(line, ast.AnnAssign) and ast.unparse(line.target) == "DEPLOYED":
            assert line.value is not None
            found: dict[str, Any] = ast.literal_eval(line.value)
            return found
    raise AssertionError(text)


def _deployed(
    workspace: Workspace, version: PipelineVersion, when: When, **options: Any
) -> Deployment:
    parameters = options.pop("parameters", {})
    rules = options.pop("rules", RunRules())
    timing = workspace.deployments.timing(when, timezone="Europe/Berlin", **options)
    return workspace.deployments.deploy(version, timing, parameters=parameters, rules=rules)


def test_the_file_says_what_a_schedule_here_would_keep_to(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    """Nicknames are written out, steps of one kernel are one task, retries are Airflow's."""
    made = _deployed(
        mlops_workspace,
        version,
        When(cron=("@daily",)),
        missed="latest",
        policies=Policies(pool="gpu", priority=3),
        rules=RunRules(retries=2, retry_delay=5.0, timeout=60.0, step_timeout=9.0),
        parameters={"rows": 5, "day": "{{ ds }}"},
    )
    told = _told(dag_file(made))
    assert told["schedule"] == {"assets": [], "all": False, "cron": ["0 0 * * *"]}
    assert (told["order"]["cron"], told["order"]["timezone"]) == ("0 0 * * *", "Europe/Berlin")
    assert told["order"]["digest"] == version.spec.digest
    assert told["order"]["rules"] == {"timeout": 60.0, "step_timeout": 9.0}
    assert (told["retries"], told["retry_delay"], told["timeout"]) == (2, 5.0, 60.0)
    assert (told["pool"], told["priority"], told["max_active_runs"]) == ("gpu", 3, 1)
    assert told["catchup"] is False
    assert told["start_date"] == "2000-01-01T00:00:00+00:00"
    assert told["params"]["rows"]["default"] == 5
    assert told["params"]["rows"]["schema"]["type"] == "integer"
    assert told["params"]["day"]["default"] == "{{ ds }}"
    assert "string" in told["params"]["day"]["schema"]["type"]
    assert [(one["name"], one["after"]) for one in told["tasks"]] == [
        ("load", []),
        ("left", ["load"]),
        ("right", ["load"]),
        ("whole-run", ["left", "right"]),
    ]
    assert any("airflow pools set gpu" in said for said in differences(made))


def test_all_that_was_missed_is_made_up_for_since_the_deployment(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    told = _told(dag_file(_deployed(mlops_workspace, version, When(cron=("0 6 * * *",)))))
    assert (told["catchup"], told["start_date"]) == (True, NOON.isoformat())


def test_a_time_is_a_text_as_airflow_takes_none_without_an_offset(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell("from datetime import date, datetime")
    mlops_notebook.cell(
        "at: datetime = datetime(2026, 1, 1, 6)\nall: list[datetime] = []\nday: date | None = None",
        "parameters",
    )
    made = mlops_workspace.pipelines.build(mlops_notebook.step("a", "x = at").save("p.ipynb"))
    version = mlops_workspace.approvals.approve(made.version, comment="good")
    params = _told(dag_file(_deployed(mlops_workspace, version, When())))["params"]
    assert params == {
        "at": {"default": "2026-01-01T06:00:00", "schema": {"type": "string"}},
        "all": {"default": [], "schema": {"type": "array", "items": {"type": "string"}}},
        "day": {"default": None, "schema": {"type": ["string", "null"], "format": "date"}},
    }


def test_an_interval_starts_at_one_of_its_own_times(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    made = _deployed(mlops_workspace, version, When(every=("6h",)))
    told = _told(dag_file(made))
    assert told["schedule"] == {"assets": [], "all": False, "seconds": 21600.0}
    assert told["start_date"] > NOON.isoformat()


@pytest.mark.parametrize(
    ("when", "schedule"),
    [
        (When(), {"assets": [], "all": False}),
        (When(at=("2026-12-24T18:00",)), {"assets": [], "all": False, "once": True}),
        (
            When(cron=("0 6 * * *", "0 18 * * *")),
            {"assets": [], "all": False, "cron": ["0 6 * * *", "0 18 * * *"]},
        ),
        (
            When(after=("clean",), on_change=("data/*.csv",), join="all"),
            {"assets": ["HERE/clean", "HERE/data/*.csv"], "all": True},
        ),
        (
            When(after=("clean",), cron=("0 6 * * *",)),
            {"assets": ["HERE/clean"], "all": False, "cron": ["0 6 * * *"]},
        ),
    ],
    ids=["by hand", "one date", "two times", "assets", "a time or an asset"],
)
def test_triggers_have_their_like(
    when: When, schedule: dict[str, Any], mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    told = _told(dag_file(_deployed(mlops_workspace, version, when)))
    here = mlops_workspace.project.name
    assets = [name.replace("HERE", here) for name in schedule["assets"]]
    assert told["schedule"] == schedule | {"assets": assets}


@dataclass(frozen=True)
class Refusal:
    """A trigger that Airflow has nothing for, and a word of what is said."""

    when: When
    word: str


@pytest.mark.parametrize(
    "case",
    [
        Refusal(When(metric=("flow.auc < 1",)), "metric"),
        Refusal(When(on_data=("flights",)), "data set"),
        Refusal(When(http=True), "API"),
        Refusal(When(after=("clean:failed",)), "success"),
        Refusal(When(cron=("0 0 6 * * *",)), "seconds"),
        Refusal(When(cron=("0 6 * * *",), between="08:00-18:00", join="any"), "hours"),
        Refusal(When(every=("1h", "7h")), "several clocks"),
        Refusal(When(cron=("0 6 * * *",), every=("7h",)), "several clocks"),
        Refusal(When(cron=("0 6 * * *",), after=("clean",), join="all"), "together"),
        Refusal(When(at=("2026-12-24T18:00",), after=("clean",)), "one date"),
    ],
    ids=lambda case: case.word,
)
def test_what_airflow_has_nothing_for_is_refused_in_a_sentence(
    case: Refusal, mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    when = replace(case.when, between="00:00-23:00") if case.when.between else case.when
    made = _deployed(mlops_workspace, version, when)
    with pytest.raises(UsageError, match=case.word) as refused:
        dag_file(made)
    assert "nbmlops schedule" in str(refused.value)


def test_what_is_not_approved_or_lacks_a_parameter_is_refused_now(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    with pytest.raises(ParameterError, match="rows"):
        _deployed(mlops_workspace, version, When(cron=("@daily",)), parameters={"rows": "many"})
    withdrawn = mlops_workspace.approvals.withdraw(version, comment="wrong")
    with pytest.raises(NotApprovedError, match="not approved"):
        _deployed(mlops_workspace, withdrawn, When())


def test_a_step_that_may_fail_needs_the_run_as_one_task(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell("%mlops track a --on-failure skip\nx = 1").step("b", "y = 2")
    made = mlops_workspace.pipelines.build(mlops_notebook.save("p.ipynb")).version
    approved = mlops_workspace.approvals.approve(made, comment="good")
    with pytest.raises(UsageError, match="--tasks run"):
        _deployed(mlops_workspace, approved, When())


def test_what_is_kept_otherwise_is_told(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    policies = Policies(overlap="skip", deadline="45m", max_age=60.0, max_active=2, keep=3)
    made = _deployed(mlops_workspace, version, When(cron=("@daily",)), policies=policies)
    told = " ".join(differences(made))
    for word in ("clock changes", "however long ago", "skip", "45m", "--max-active", "--keep"):
        assert word in told
    assert differences(_deployed(mlops_workspace, version, When())) == ()


def test_a_file_of_somebody_else_is_left_alone(
    mlops_workspace: Workspace, version: PipelineVersion, tmp_path: Path
) -> None:
    """One of ours is written anew."""
    made = _deployed(mlops_workspace, version, When())
    text = dag_file(made)
    assert write(tmp_path / "dags", "flow.py", text) == write(tmp_path / "dags", "flow.py", text)
    assert [found.name for found in (tmp_path / "dags").iterdir()] == ["flow.py"]
    (tmp_path / "flow.py").write_text("print()")
    with pytest.raises(UsageError, match="not written by nbmlops"):
        write(tmp_path, "flow.py", text)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write(tmp_path / "file", "flow.py", text)


def test_the_first_time_is_that_which_is_asked_for(
    mlops_workspace: Workspace, version: PipelineVersion
) -> None:
    first = NOON - timedelta(days=3)
    timing = mlops_workspace.deployments.timing(When(), start=first)
    deployed = mlops_workspace.deployments.deploy(version, timing, parameters={})
    assert _told(dag_file(deployed))["start_date"] == first.isoformat()
