"""A run of some steps, as whoever types it sees it, and what takes no notice of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbmlops.store.catalog.triggers import TriggerRecords
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

TRAIN = "import nbmlops\nmodel = sum(rows)\nnbmlops.metric('auc', 0.5)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built pipeline of which a step is needed by no other, and another that waits for it."""
    monkeypatch.setenv("NBMLOPS_SIGNING_KEY_FILE", str(tmp_path / "signing-key"))
    pipeline(tmp_path, TRAIN)
    Notebook(tmp_path).step("tell", "said = 1").save("after.ipynb")
    for name in ("job", "after"):
        typed(tmp_path, "build", f"{name}.ipynb")
        typed(tmp_path, "approve", name, "--comment", "as before")
    return tmp_path


def pipeline(folder: Path, train: str) -> None:
    """Four steps; `look` and `report` are none that `train` needs."""
    notebook = Notebook(folder).parameters(month=1).step("load", "rows = [month, 2]")
    notebook.step("look", "with open('looked', 'a') as marks:\n    n = marks.write('x')")
    notebook.step("train", train).step("report", "text = str(model)").save("job.ipynb")


def typed(folder: Path, *words: str, code: int = 0) -> str:
    """What a verb prints, and what it complains about."""
    done = subprocess.run(
        [sys.executable, "-m", "nbmlops", "--project", str(folder), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if "--json" in words else done.stdout + done.stderr


def documents(folder: Path, *words: str) -> Any:
    """The same as JSON."""
    return json.loads(typed(folder, *words, "--json"))


def test_a_run_to_a_step_is_one_of_a_part(project: Path) -> None:
    """Its plan, its record and its page say so; the steps beside it do not run."""
    assert "2 of 2 steps will run. 2 steps no part of it." in typed(
        project, "plan", "job", "--to", "train"
    )
    told = documents(project, "run", "job", "--to", "train", "-p", "month=3")
    assert told["run"]["rules"]["only"] == ["load", "train"]
    states = {step["name"]: (step["status"], step["why"]) for step in told["steps"]}
    assert states["look"] == states["report"] == ("skipped", "no part of this run")
    assert states["train"][0] == "succeeded"
    assert not (project / "looked").exists()

    assert "only load, train" in typed(project, "show", "job#1")
    assert "@1, in part" in typed(project, "runs", "job")
    page = next(project.glob(".nbmlops/runs/job/1/*.html")).read_text()
    assert "Only load, train: a part of the pipeline" in page

    again = documents(project, "run", "job", "--to", "train", "-p", "month=3")
    assert {step["status"] for step in again["steps"]} == {"cached", "skipped"}
    whole = documents(project, "run", "job", "-p", "month=3")
    assert whole["run"]["rules"]["only"] is None
    assert [step["status"] for step in whole["steps"]] == [
        *("cached", "succeeded", "cached", "succeeded")
    ]


def test_a_step_that_is_not_there_is_a_mistake(project: Path) -> None:
    """Before anything runs."""
    assert "There is no step 'trian'" in typed(project, "run", "job", "--to", "trian", code=2)
    assert documents(project, "runs")["runs"] == []


def test_what_waits_for_the_pipeline_takes_no_notice(project: Path) -> None:
    """Neither its end nor its metric is one of the pipeline."""
    typed(project, "schedule", "after", "--after", "job")
    typed(project, "schedule", "after", "--when", "job.auc < 0.8")
    typed(project, "run", "job", "--to", "train")
    workspace = Workspace(project, author="tester")
    triggers = TriggerRecords(workspace.database)
    try:
        for watched in triggers.watched():
            [cause] = watched.schedule.trigger.causes
            cursor = watched.progress.cursors["0"]
            ends, later = triggers.ends(
                cause.pipeline, after=cursor["seen"], still_open=cursor["open"]
            )
            assert ends == []
            assert later["seen"] == 1
    finally:
        workspace.close()


def test_a_part_that_failed_goes_on_as_that_part(project: Path) -> None:
    """With the fixed notebook; what is no part of it stays so."""
    pipeline(project, "model = sum(rows) / 0")
    typed(project, "build", "job.ipynb")
    typed(project, "run", "job", "--to", "train", code=1)
    pipeline(project, TRAIN)
    told = documents(project, "resume", "job#1")
    assert told["run"]["goes_on_with"] == "job#1"
    assert told["run"]["rules"]["only"] == ["load", "train"]
    assert [step["status"] for step in told["steps"]] == [
        *("cached", "skipped", "succeeded", "skipped")
    ]
    assert not (project / "looked").exists()
