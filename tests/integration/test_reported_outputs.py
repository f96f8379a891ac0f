"""What steps report is read from their run: also of results that it took from an earlier one."""

from __future__ import annotations

import json

from nbmlops.domain.wire import document, pretty
from nbmlops.project import Project
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


def test_a_run_has_the_outputs_of_its_steps_cached_or_not(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell("import nbmlops\nfrom pathlib import Path").step(
        "train",
        "nbmlops.output('auc', 0.91)\n"
        "written = Path('model.txt').write_text('weights')\n"
        "nbmlops.output('model', Path('model.txt'))",
    )
    version = mlops_workspace.pipelines.build(mlops_notebook.save("flights.ipynb")).version
    ran = mlops_workspace.runs.run(version, {}, cold=True)
    again = mlops_workspace.runs.run(version, {})
    project = Project(mlops_workspace)
    assert {item.record.run_id for item in project.executions(again)} == {ran.id}
    for run in (ran, again):
        assert run.outputs["auc"].value == 0.91
        assert run.outputs["auc"].is_scalar
        assert project.output(run, "auc") == 0.91
        assert project.output(run, "model") == b"weights"
        assert "train/reported/model.txt" in {artifact.name for artifact in run.artifacts}


def test_numbers_that_are_not_finite_are_kept_and_told(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.cell("import math\nimport nbmlops").step(
        "fit",
        "nbmlops.metric('loss', math.inf)\n"
        "nbmlops.metric('auc', math.nan)\n"
        "nbmlops.output('model', -math.inf)\n"
        "nbmlops.output('curve', [1.0, math.nan])",
    )
    version = mlops_workspace.pipelines.build(mlops_notebook.save("flights.ipynb")).version
    ran = mlops_workspace.runs.run(version, {}, cold=True)
    again = mlops_workspace.runs.run(version, {})
    found = mlops_workspace.run_comparisons.diff(ran, again)
    assert (found.metrics, found.reported) == ((), ())
    for run in (ran, again):
        assert repr(run.metrics) == "{'loss': inf, 'auc': nan}"
        told = json.loads(pretty(document("run/1", run=run)))["run"]
        assert told["metrics"] == {"loss": "Infinity", "auc": "NaN"}
        assert told["outputs"]["model"]["value"] == "-Infinity"
        assert told["outputs"]["curve"]["value"] == [1.0, "NaN"]
