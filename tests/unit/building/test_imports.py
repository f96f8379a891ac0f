"""Pipelines of other tools become pipelines of ours, whose nodes are processes of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import nbmlops
from nbmlops.capture.modules import module_digests
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
            "import os\nprint(n, os.environ['V'])",
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
    assert cells[1]["metadata"]["tags"] == ["injected-parameters"]
    assert "V" not in os.environ


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
