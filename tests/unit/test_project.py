"""What was tracked is found again from Python."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import nbmlops
from nbmlops.config import MEBIBYTE
from nbmlops.domain.executions import Artifact, ExecutionRecord, ExecutionStatus
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.execution.process import this_process
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace


@pytest.fixture
def folder(mlops_workspace: Workspace, mlops_notebook: Notebook) -> Path:
    """A project with two versions of a step, one of them of a run that left an artifact."""
    path = mlops_notebook.step("load", "rows = [1]").save("flights.ipynb")
    version = mlops_workspace.pipelines.build(path).version
    records = RunRecords(mlops_workspace.database)
    run = records.start(
        version,
        parameters={},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=this_process(),
    )
    for number, run_id in ((1, None), (2, run.id)):
        rows = [number]
        value = ValueRecord(
            name="rows",
            fingerprint=str(number),
            summary=ValueSummary(kind="list"),
            manifest=mlops_workspace.values.save(rows, limit=MEBIBYTE),
        )
        mlops_workspace.executions.add(
            ExecutionRecord(
                notebook="flights.ipynb",
                step="load",
                cell_id="cell",
                source=f"rows = {rows}",
                digest=str(number),
                session="session",
                run_id=run_id,
                started_at=NOON,
                duration=0.1,
                status=ExecutionStatus.OK,
                outputs=(value,),
                author="tester",
            )
        )
    page = Artifact(
        name="flights.html",
        media_type="text/html",
        object=mlops_workspace.objects.put(b"<html>"),
        size=6,
    )
    records.finish(
        run,
        status=RunStatus.SUCCEEDED,
        ended_at=NOON + timedelta(seconds=1),
        artifacts=[page],
    )
    return mlops_workspace.project


def test_runs_are_found_with_what_they_left(folder: Path) -> None:
    with nbmlops.open(str(folder)) as project:
        [run] = project.runs("flights")
        assert project.run("flights#1") == project.run("flights#latest") == run
        assert project.runs() == [run]
        assert [found.record.step for found in project.executions(run)] == ["load"]
        assert project.artifact(run, "flights.html") == b"<html>"
        assert project.pipeline("flights").reference == "flights@1"


def test_versions_are_found_with_their_values(folder: Path) -> None:
    with nbmlops.open(str(folder)) as project:
        assert [row.run for row in project.versions("load")] == [None, "flights#1"]
        assert project.version("load@1").source == "rows = [1]"
        assert project.values("load@2") == {"rows": [2]}
        assert project.diff("load@1", "load@2").source.endswith("-rows = [1]\n+rows = [2]\n")


def test_the_project_of_the_current_folder_is_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = folder / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    with nbmlops.open() as project:
        assert [run.reference for run in project.runs()] == ["flights#1"]


def test_what_is_not_there_is_named(folder: Path) -> None:
    with nbmlops.open(str(folder)) as project:
        [run] = project.runs()
        with pytest.raises(UnknownNameError, match="There is no run 'flights#2'"):
            project.run("flights#2")
        with pytest.raises(UnknownNameError, match=r"Did you mean 'flights\.html'"):
            project.artifact(run, "flight.html")


def test_one_value_is_found_by_its_name(folder: Path) -> None:
    with nbmlops.open(str(folder)) as project:
        for name in ("load@2:rows", "load", "load@latest", "flights:load@2", "flights:load"):
            assert project.value(name) == [2], name
        assert project.value("load@1:rows") == [1]
        for name in ("flights#1:rows", "flights#latest", "flights@1:rows", "flights:rows"):
            assert project.value(name) == [2], name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nope", "no step or pipeline 'nope'"),
        ("load@9", "no version 'load@9'"),
        ("flights#7:rows", "no run 'flights#7'. List them: nbmlops runs flights"),
        ("load@1:row", "no value of load@1 'row'. Did you mean 'rows'"),
        ("a b", "'a b' does not name a step"),
    ],
)
def test_a_value_that_is_not_there_is_named(folder: Path, name: str, said: str) -> None:
    with (
        nbmlops.open(str(folder)) as project,
        pytest.raises(UsageError, match=re.escape(said)),
    ):
        project.value(name)


def test_what_is_called_from_cells_loads_nothing_heavy_before_it_is_called() -> None:
    code = "import sys, nbmlops.project; print({'sqlalchemy', 'numpy', 'pandas'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
