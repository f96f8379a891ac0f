"""``build --prove``, with real kernels: the straight run beside the pipeline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nbmlops.cli.main import main
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.proofs import Proof, ProofCause
from nbmlops.domain.runs import CellProgress
from nbmlops.domain.verifications import Verdict
from nbmlops.errors import NotApprovedError
from nbmlops.notebook.document import parse, read, serialize
from nbmlops.pipelines.materialize import notebook_of
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

pytestmark = pytest.mark.slow

RUNS: list[str] = []


@contextmanager
def watch(title: str) -> Iterator[Any]:
    """Notes which runs there were."""
    events: list[CellProgress] = []
    yield events.append
    assert events
    RUNS.append(title)


def exit_of(arguments: list[str]) -> int:
    """The exit code of a command."""
    try:
        main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def verdicts(proof: Proof) -> dict[str, Verdict]:
    """The verdict of each result by its kind, its step and its name."""
    return {f"{item.title} {item.kind} {item.name}": item.verdict for item in proof.results}


def test_a_pipeline_that_is_its_notebook_is_proved_and_leaves_the_project_alone(
    mlops_workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    project = mlops_workspace.project
    (project / "log.txt").write_text("from yesterday")
    (
        Notebook(project)
        .parameters(rows=3)
        .cell("import nbmlops\ntable = {'a': list(range(rows))}\nalias = table")
        .cell("alias['b'] = [1] * rows")
        .cell("table['a']  # looks only")
        .step("load", "open('log.txt', 'w').write(str(table))\nprint(f'{object()} took 1.2 s')")
        .step("score", "auc = len(open('log.txt').read())\nnbmlops.metric('auc', auc)\nauc")
        .save("flights.ipynb")
    )
    arguments = ["--project", str(project)]
    build = [*arguments, "build", str(project / "flights.ipynb"), "-p", "rows=4"]
    assert exit_of(build) != 0  # it is the proof that takes parameters
    capsys.readouterr()
    assert exit_of([*build, "--prove", "--json"]) == 0
    proof = json.loads(capsys.readouterr().out)["proof"]
    assert proof["verdict"] == "within tolerance"  # an address was displayed, and a time
    assert proof["parameters"] == {"rows": 4}
    found = {f"{r['step']} {r['kind']} {r['name']}": r["verdict"] for r in proof["results"]}
    assert found == {
        "None value alias": "identical",
        "None value table": "identical",
        "None value rows": "identical",
        "load file log.txt": "identical",
        "load display displayed": "within tolerance",
        "score value auc": "identical",
        "score metric auc": "identical",
        "score display displayed": "identical",
    }
    tried = {one["step"]: (one["ran"], one["verdict"]) for one in proof["tried"]}
    assert "load" not in tried["score"][0]
    assert tried["score"][1] == "identical"
    assert (project / "log.txt").read_text() == "from yesterday"
    assert mlops_workspace.runs.newest() == []
    assert mlops_workspace.history.steps() == []
    folder = mlops_workspace.store / "proofs" / "flights" / "1"
    assert sorted(path.name for path in folder.iterdir()) == ["pipeline.ipynb", "straight.ipynb"]
    assert not list(mlops_workspace.store.glob("proof-*"))
    assert exit_of([*arguments, "show", "flights@1"]) == 0
    assert "with rows=4" in capsys.readouterr().out
    assert exit_of([*arguments, "pipelines", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proofs"] == {"flights@1": "within tolerance"}
    assert exit_of([*arguments, "approve", "flights", "--comment", "ok", "--require-proof"]) == 0


def test_what_is_not_seeded_is_told_from_an_error_of_the_conversion(
    mlops_workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    project = mlops_workspace.project
    (
        Notebook(project)
        .cell("import random")
        .step("load", "rows = [1, 2]")
        .step("draw", "drawn = [random.random() for _ in rows]")
        .save("flights.ipynb")
    )
    (mlops_workspace.store).mkdir()
    (mlops_workspace.store / "config.toml").write_text("require_proof = true\n")
    arguments = ["--project", str(project)]
    assert exit_of([*arguments, "build", str(project / "flights.ipynb"), "--prove"]) == 1
    said = capsys.readouterr()
    assert "flights@1 is not proved: draw differed first: value drawn." in said.err
    assert "Probable cause: randomness" in said.err
    assert "cell 3 calls random.random() without a seed: call random.seed(0) before" in said.err
    version = mlops_workspace.pipelines.versions("flights")[0]
    proof = mlops_workspace.proofs.of(version)
    assert proof is not None
    assert (proof.cause, proof.first, proof.holds) == (ProofCause.RANDOMNESS, "draw", False)
    assert len(proof.notebooks) == 3
    assert exit_of([*arguments, "approve", "flights", "--comment", "ok"]) != 0
    assert "flights@1 is not approved: its proof failed: draw differed" in capsys.readouterr().err
    with pytest.raises(NotApprovedError, match="randomness"):
        mlops_workspace.approvals.approve(version, comment="ok")


def without_cell(workspace: Workspace, notebook: Path, index: int) -> PipelineVersion:
    """A version of which the conversion has lost a cell, as it must never do."""
    spec = workspace.pipelines.build(notebook).version.spec
    cells = tuple(cell for cell in spec.cells if cell.index != index)
    assert len(cells) == len(spec.cells) - 1
    spec = replace(spec, cells=cells, digest="f" * 64)
    made, _ = PipelineRecords(workspace.database).add(
        spec,
        notebook_object=workspace.objects.put(serialize(notebook_of(read(notebook), spec))),
        environment=None,
        author="tester",
        created_at=NOON,
    )
    return made


def test_what_reads_names_that_its_code_does_not_tell_is_named(
    mlops_workspace: Workspace,
) -> None:
    """The probable cause of a difference behind a function that may read every name."""
    notebook = (
        Notebook(mlops_workspace.project)
        .cell("table = [1, 2]\ndef look(name):\n    return globals()[name]")
        .cell("table.append(3)")
        .step("load", "total = sum(look('table'))")
        .save("flights.ipynb")
    )
    version = without_cell(mlops_workspace, notebook, 1)
    proof = mlops_workspace.proofs.prove(version, watch=watch)
    assert (proof.cause, proof.first) == (ProofCause.CONVERSION, "load")
    assert "what load reads is not known from its code: globals()" in proof.reason


def test_a_cell_that_the_pipeline_lost_is_found_and_named(mlops_workspace: Workspace) -> None:
    notebook = (
        Notebook(mlops_workspace.project)
        .cell("table = {'a': [1, 2]}\nalias = table")
        .cell("alias['b'] = [3]\nopen('lost.txt', 'w').write('x')")
        .step("load", "columns = sorted(table)")
        .step("score", "auc = len(columns)")
        .save("flights.ipynb")
    )
    (mlops_workspace.project / "lost.txt").write_text("from an earlier run")
    RUNS.clear()
    version = without_cell(mlops_workspace, notebook, 1)
    proof = mlops_workspace.proofs.prove(version, watch=watch)
    assert RUNS == ["flights@2 straight", "flights@2 pipeline", "flights@2 straight again"]
    assert (proof.cause, proof.first) == (ProofCause.CONVERSION, "load")
    assert "two straight runs agree, and cell 2, which is left out, changes" in proof.reason
    assert verdicts(proof) == {
        "cell 1 value alias": Verdict.IDENTICAL,
        "cell 1 value table": Verdict.IDENTICAL,
        "load value columns": Verdict.DIFFERENT,
        "score value auc": Verdict.DIFFERENT,
        "- file lost.txt": Verdict.DIFFERENT,
    }
    lost = proof.results[-1]
    assert lost.why == "the pipeline does not leave it (cell 2 writes it, and is left out)"
    straight = parse(mlops_workspace.objects.get(proof.notebooks[0].object).decode())
    assert len(straight.code_cells) == 4


HIDDEN = """\
import mimetypes
adds = vars(mimetypes)["add_" + "type"]
adds("text/hidden", ".hidden")
del adds
x = 1"""


def test_a_step_that_takes_what_no_record_shows_is_found_where_it_runs_apart(
    mlops_workspace: Workspace,
) -> None:
    """Neither the code of ``sets`` tells what it leaves, nor does its record."""
    notebook = (
        Notebook(mlops_workspace.project)
        .step("sets", HIDDEN)
        .step("plain", "y = x + 1")
        .step("asks", "import mimetypes\nkind = mimetypes.guess_type('a.hidden')[0]")
        .save("flights.ipynb")
    )
    RUNS.clear()
    version = mlops_workspace.pipelines.build(notebook).version
    proof = mlops_workspace.proofs.prove(version, watch=watch)
    assert RUNS[:2] == ["flights@1 straight", "flights@1 pipeline"]
    assert RUNS[-1] == "flights@1 asks apart"
    assert not proof.holds
    assert (proof.cause, proof.first) == (ProofCause.CACHE, "asks")
    assert proof.reason.startswith("asks differs where recorded results stand for other steps")
    assert proof.not_tried == ()
    assert {one.step for one in proof.tried if one.verdict is Verdict.DIFFERENT} == {"asks"}


def test_a_notebook_that_fails_from_top_to_bottom_is_not_proved(
    mlops_workspace: Workspace,
) -> None:
    notebook = (
        Notebook(mlops_workspace.project)
        .step("load", "rows = [1]")
        .cell("rows[3]")
        .save("flights.ipynb")
    )
    version = mlops_workspace.pipelines.build(notebook).version
    proof = mlops_workspace.proofs.prove(version, watch=watch)
    assert (proof.verdict, proof.cause) == (Verdict.NOT_COMPARABLE, ProofCause.FAILURE)
    assert proof.reason.startswith("the straight run did not succeed: IndexError in cell 2: list")
    assert not proof.holds


NOTEBOOKS = sorted(Path(__file__).parents[2].joinpath("notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("source", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_of_the_repository_is_proved(
    mlops_workspace: Workspace, source: Path
) -> None:
    notebook = Path(shutil.copy(source, mlops_workspace.project))
    version = mlops_workspace.pipelines.build(notebook).version
    proof = mlops_workspace.proofs.prove(version, watch=watch)
    assert proof.holds, proof.reason
