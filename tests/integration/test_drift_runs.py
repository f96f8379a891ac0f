"""A step that compares its data with others: what its run keeps, tells and takes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbmlops.domain.drift import drifts_of
from nbmlops.domain.run_steps import StepStatus
from nbmlops.domain.runs import RunStatus
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

_IMPORTS = "import pandas as pd\nimport nbmlops"
_LOAD = "df = pd.read_csv('today.csv')"


def write(folder: Path, *, shift: int) -> None:
    rows = [f"{(number * 7919) % 1000 + shift},{'AB'[number % 2]}" for number in range(1000)]
    (folder / "today.csv").write_text("\n".join(["delay,carrier", *rows]))


@pytest.fixture
def project(mlops_workspace: Workspace) -> Workspace:
    write(mlops_workspace.project, shift=0)
    return mlops_workspace


def test_a_run_keeps_what_its_check_has_found_and_a_cached_one_has_it_still(
    project: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell(_IMPORTS).step("load", _LOAD).step(
        "check",
        "report = nbmlops.check_drift(df, pd.DataFrame({'delay': range(1000), "
        "'carrier': ['A', 'B'] * 500}))\nreport",
    )
    version = project.pipelines.build(mlops_notebook.save("flights.ipynb")).version
    before = project.runs.run(version, {}, cold=True)
    write(project.project, shift=700)
    after = project.runs.run(version, {}, cold=True)
    again = project.runs.run(version, {})
    assert [run.status for run in (before, after, again)] == [RunStatus.SUCCEEDED] * 3
    assert not drifts_of(before.outputs)["drift"].drifted
    for run in (after, again):
        drift = drifts_of(run.outputs)["drift"]
        assert drift.brief == "1 of 2 columns"
        assert run.metrics["drift"] == run.metrics["drift.delay"] == drift.furthest
        assert run.metrics["drift.carrier"] == 0
    assert {step.status for step in project.runs.steps(again)} == {StepStatus.CACHED}
    (monitor,) = project.monitors.of_notebook("flights.ipynb")
    assert (monitor.step, monitor.trigger, monitor.drifted) == ("check", "manual", 1)
    assert [look.run for look in monitor.looks] == ["flights#1", "flights#2"]
    delays = tuple(run.metrics["drift.delay"] for run in (before, after))
    assert (monitor.columns[0].name, monitor.columns[0].indexes) == ("delay", delays)
    shown = {artifact.name for artifact in after.artifacts}
    assert any(name.startswith("check/output") for name in shown), "the table of the report"


def test_a_reference_is_a_value_of_the_history_by_its_name(
    project: Workspace, mlops_notebook: Notebook
) -> None:
    """That of a run stays, so the step is cached; another name may stand for other data."""
    first = mlops_notebook.cell(_IMPORTS).step("load", _LOAD).save("flights.ipynb")
    project.runs.run(project.pipelines.build(first).version, {}, cold=True)
    other = Notebook(project.project).cell(_IMPORTS).step("today", _LOAD)
    other.step("fixed", "one = nbmlops.check_drift(df, 'flights#1:df', name='fixed').drifted")
    other.step("moving", "two = nbmlops.check_drift(df, 'load', name='moving').drifted")
    version = project.pipelines.build(other.save("checks.ipynb")).version
    write(project.project, shift=700)
    ran = project.runs.run(version, {}, cold=True)
    assert {name: drift.drifted for name, drift in drifts_of(ran.outputs).items()} == {
        "fixed": True,
        "moving": True,
    }
    again = project.runs.run(version, {}, cold=True)
    assert {step.name: step.status for step in project.runs.steps(again)} == {
        "today": StepStatus.CACHED,
        "fixed": StepStatus.CACHED,
        "moving": StepStatus.SUCCEEDED,
    }


def test_a_run_may_fail_over_its_drift_and_keeps_what_it_found(
    project: Workspace, mlops_notebook: Notebook
) -> None:
    write(project.project, shift=700)
    mlops_notebook.cell(_IMPORTS).step("load", _LOAD).step(
        "check",
        "report = nbmlops.check_drift(df['delay'], pd.Series(range(1000)))\n"
        "assert not report.drifted, report.sentence",
    )
    version = project.pipelines.build(mlops_notebook.save("flights.ipynb")).version
    run = project.runs.run(version, {}, cold=True)
    assert run.status is RunStatus.FAILED
    assert run.failure is not None
    assert "1 of 1 column has drifted beyond 0.2: delay" in run.failure.message
    assert drifts_of(run.outputs)["drift"].drifted
