"""Pipelines of other tools become pipelines of ours, whose nodes are processes of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import nbmlops
from nbmlops.capture import auditing
from nbmlops.capture.externals import VARIABLE
from nbmlops.capture.modules import module_digests
from nbmlops.capture.session_variables import ALL
from nbmlops.domain.plans import CachePolicy, CellPlan
from nbmlops.domain.runs import RunStatus
from nbmlops.errors import (
    BuildRefusedError,
    NodeFailedError,
    NotebookChangedError,
    NotebookFormatError,
)
from nbmlops.workspace import Workspace


def elyra(folder: Path) -> Path:
    """Two scripts, of which the second reads what the first has written."""
    (folder / "load.py").write_text("import helper\nopen('a.txt', 'w').write(helper.TEXT)\n")
    (folder / "helper.py").write_text("TEXT = 'one'\n")
    (folder / "show.py").write_text("print(open('a.txt').read())\n")
    nodes: list[dict[str, Any]] = [
        {
            "id": file,
            "type": "execution_node",
            "op": "execute-python-node",
            "app_data": {"component_parameters": {"filename": file}},
            "inputs": [
                {"links": [{"node_id_ref": one, "port_id_ref": "outPort"} for one in links]}
            ],
        }
        for file, links in (("show.py", ["load.py"]), ("load.py", []))
    ]
    flow = {"id": "p", "nodes": nodes, "app_data": {}}
    content = {
        "doc_type": "pipeline",
        "version": "3.0",
        "primary_pipeline": "p",
        "pipelines": [flow],
    }
    path = folder / "flow.pipeline"
    path.write_text(json.dumps(content))
    return path


def test_an_imported_pipeline_runs_and_is_cached(mlops_workspace: Workspace) -> None:
    built = mlops_workspace.pipelines.build(elyra(mlops_workspace.project))
    assert [step.name for step in built.version.spec.steps] == ["load", "show"]
    assert [(e.source, e.target, e.known_by) for e in built.version.spec.edges] == [
        ("load", "show", "static")
    ]
    first = mlops_workspace.runs.run(built.version, {})
    assert first.status is RunStatus.SUCCEEDED
    done = mlops_workspace.runs.executions(first)
    files = {(one.record.step, f.path, f.mode) for one in done for f in one.record.files}
    assert {("load", "a.txt", "write"), ("show", "a.txt", "read")} <= files
    again = mlops_workspace.plans.plan(built.version, {}, policy=CachePolicy())
    assert again.all_cached
    (mlops_workspace.project / "a.txt").write_text("other")
    changed = mlops_workspace.plans.plan(built.version, {}, policy=CachePolicy())
    assert changed.steps[0].state is CellPlan.RUNS


def test_notebooks_of_tasks_run_beside_each_other(mlops_workspace: Workspace) -> None:
    project = mlops_workspace.project
    (project / "fit.py").write_text(
        "# %% tags=['parameters']\nupstream = None\nproduct = None\n"
        "# %%\nopen(product['m'], 'w').write(str(k))\nprint(k)\n"
    )
    path = project / "pipeline.yaml"
    path.write_text(
        "tasks:\n  - {source: fit.py, name: 'fit-[[k]]', grid: {k: [1, 2]},"
        " product: {nb: 'out/[[k]].html', m: 'out/[[k]].txt'}}\n"
    )
    built = mlops_workspace.pipelines.build(path)
    run = mlops_workspace.runs.run(built.version, {}, parallel=2)
    assert run.status is RunStatus.SUCCEEDED
    assert not any("began anew" in warning for warning in run.warnings)
    written = {
        (one.record.step, f.path)
        for one in mlops_workspace.runs.executions(run)
        for f in one.record.files
        if f.known_by == "open" and f.path.endswith("html")
    }
    assert written == {("fit-1", "out/1-0.html"), ("fit-2", "out/2-1.html")}
    assert mlops_workspace.plans.plan(built.version, {}, policy=CachePolicy()).all_cached


def test_a_module_that_a_node_uses_is_part_of_the_version(mlops_workspace: Workspace) -> None:
    path = elyra(mlops_workspace.project)
    first = mlops_workspace.pipelines.build(path)
    (mlops_workspace.project / "helper.py").write_text("TEXT = 'two'\n")
    with pytest.raises(NotebookChangedError):
        mlops_workspace.pipelines.check_unchanged(first.version)
    assert mlops_workspace.pipelines.build(path).version.number == 2


def test_a_file_of_neither_tool_is_refused(mlops_workspace: Workspace) -> None:
    path = mlops_workspace.project / "pipeline.yaml"
    path.write_text("a: 1\n")
    with pytest.raises(NotebookFormatError, match="neither"):
        mlops_workspace.pipelines.build(path)
    path.write_text("tasks:\n  - {source: q.sql, product: [t, table]}\n")
    with pytest.raises(BuildRefusedError, match="runs SQL"):
        mlops_workspace.pipelines.build(path)


def test_tasks_are_imported_from_a_file_beside_the_pipeline(mlops_workspace: Workspace) -> None:
    project = mlops_workspace.project
    (project / "own.py").write_text("def copy(product, upstream):\n    upstream['load']\n")
    (project / "load.py").write_text("# %% tags=['parameters']\nupstream = None\nproduct = None\n")
    shared = project / "tasks.yaml"
    path = project / "pipeline.yaml"
    path.write_text(
        "meta: {import_tasks_from: tasks.yaml}\ntasks:\n  - {source: own.copy, product: a.txt}\n"
    )
    with pytest.raises(NotebookFormatError, match="is not there"):
        mlops_workspace.pipelines.build(path)
    shared.write_text("a: 1\n")
    with pytest.raises(NotebookFormatError, match="holds no list of tasks"):
        mlops_workspace.pipelines.build(path)
    shared.write_text("- {source: load.py, product: out.html}\n")
    first = mlops_workspace.pipelines.build(path).version
    assert [step.name for step in first.spec.steps] == ["load", "copy"]
    assert [(edge.source, edge.target) for edge in first.spec.edges] == [("load", "copy")]
    shared.write_text("- {source: load.py, product: other.html}\n")
    with pytest.raises(NotebookChangedError):
        mlops_workspace.pipelines.check_unchanged(first)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NBMLOPS_PROJECT", str(tmp_path))
    return tmp_path


def test_a_notebook_runs_in_a_kernel_with_its_parameters(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = nbmlops.node(
        "a.py",
        cells=[
            "n = 1\nproduct = None",
            "import os\nprint(n, os.environ['V'])\nos.system('echo a program')",
            "open(product['d'], 'w').write('x')",
        ],
        at=1,
        parameters={"n": 2},
        environment={"V": 3},
        product={"nb": "out/a.ipynb", "d": "out/d.txt"},
        report="out/a.ipynb",
    )
    assert "2 3" in capsys.readouterr().out
    assert list(made["files"]) == ["out/d.txt"]
    cells = json.loads((here / "out" / "a.ipynb").read_text())["cells"]
    assert [(cell["id"], cell["metadata"]) for cell in cells] == [
        ("cell-1", {"tags": ["parameters"]}),
        ("cell-2", {"tags": ["injected-parameters"]}),
        ("cell-3", {}),
        ("cell-4", {}),
    ]
    assert "V" not in os.environ


@pytest.mark.usefixtures("here")
def test_the_variables_that_a_node_reads_are_told_to_whoever_started_it() -> None:
    """But for those that it was given, which are in the call."""
    source = "import os\nos.getenv('EXAMPLE_' + 'READ')\nos.getenv('EXAMPLE_' + 'GIVEN')"
    given = {"EXAMPLE_GIVEN": 1}
    for node in ({"script": source}, {"cells": [source, "{**os.environ}"]}):
        log = auditing.start()
        nbmlops.node("n.py", environment=given, **node)
        auditing.stop()
        told = [arguments[0] for event, arguments in log.events if event == VARIABLE]
        assert told == (["EXAMPLE_READ"] if "script" in node else [ALL])


def test_a_function_is_given_what_it_needs(here: Path) -> None:
    (here / "own.py").write_text(
        "def copy(product, upstream, n):\n"
        "    open(product, 'w').write(open(upstream['a']).read() * n)\n"
    )
    (here / "a.txt").write_text("x")
    above = {"product": "a.txt", "files": {}}
    digest = module_digests(["import own"], project=str(here), folder=str(here))
    made = nbmlops.node(
        "own.py",
        function="own.copy",
        parameters={"n": 3},
        product="b.txt",
        upstream={"a": above},
        modules=digest,
    )
    assert made["product"] == "b.txt"
    assert (here / "b.txt").read_text() == "xxx"


@pytest.mark.usefixtures("here")
def test_a_script_that_fails_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NodeFailedError, match="ZeroDivisionError"):
        nbmlops.node("s.py", script="a = 1\na / 0\n")
    assert "line 2, in <module>\n    a / 0" in capsys.readouterr().err
    with pytest.raises(NodeFailedError, match=r"did not make b\.txt"):
        nbmlops.node("s.py", script="a = 1\n", product="b.txt")
