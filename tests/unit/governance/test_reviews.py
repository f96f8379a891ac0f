"""Two versions of a pipeline side by side: what changed never looks unchanged."""

from __future__ import annotations

from pathlib import Path

from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.rules import StepRules
from nbmlops.governance import reviews
from nbmlops.notebook.document import read
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


def built(workspace: Workspace, *steps: tuple[str, str], parameters: str = "") -> PipelineSpec:
    notebook = Notebook(workspace.project)
    if parameters:
        notebook = notebook.cell(parameters, "parameters")
    for name, source in steps:
        notebook = notebook.step(name, source)
    path: Path = notebook.save("flights.ipynb")
    return workspace.pipelines.build(path).version.spec


def told(before: PipelineSpec | None, after: PipelineSpec) -> list[tuple[str, str]]:
    return [(cell.title, cell.state) for cell in reviews.cells(before, after)]


def test_everything_is_new_where_nothing_was_approved(mlops_workspace: Workspace) -> None:
    spec = built(mlops_workspace, ("load", "rows = [1]"), parameters="month = 1  # of 2026")
    assert told(None, spec) == [("cell 1", "added"), ("load", "added")]
    (parameter,) = reviews.parameters(None, spec)
    assert (parameter.name, parameter.before) == ("month", None)
    assert parameter.after == "int, default 1, of 2026"
    assert reviews.structure(None, spec) == ()


def test_an_edited_a_new_and_a_removed_cell_are_told_apart(mlops_workspace: Workspace) -> None:
    before = built(
        mlops_workspace, ("load", "rows = [1]"), ("clean", "rows = rows"), ("train", "a = rows")
    )
    after = built(
        mlops_workspace, ("load", "rows = [2]"), ("train", "a = rows"), ("report", "print(a)")
    )
    assert told(before, after) == [
        ("load", "changed"),
        ("clean", "removed"),
        ("train", "same"),
        ("report", "added"),
    ]


def test_a_cell_that_has_moved_does_not_look_unchanged(mlops_workspace: Workspace) -> None:
    before = built(mlops_workspace, ("one", "a = 1"), ("two", "b = 2"))
    after = built(mlops_workspace, ("two", "b = 2"), ("one", "a = 1"))
    assert {state for _, state in told(before, after)} == {"same", "removed", "added"}


def test_parameters_needs_and_rules_that_differ_are_listed(mlops_workspace: Workspace) -> None:
    before = built(mlops_workspace, ("load", "rows = [1]"), ("train", "a = 1"), parameters="m = 1")
    after = built(
        mlops_workspace,
        ("load", "rows = [1]"),
        ("train", "a = rows, m"),
        parameters="m = 2",
    )
    (parameter,) = reviews.parameters(before, after)
    assert (parameter.before, parameter.after) == ("int, default 1", "int, default 2")
    found = {
        change.name: (change.before, change.after) for change in reviews.structure(before, after)
    }
    assert found["train needs"] == ("nothing", "rows of load")
    assert reviews.structure(after, after) == ()


def test_rules_are_told_as_far_as_they_say_something() -> None:
    assert reviews._rules(StepRules()) == "none"
    told = reviews._rules(StepRules(cpus=2, resources={"GPU": 1.0}))
    assert told == "cpus 2, resources 1 GPU"


def test_a_step_is_changed_since_its_approval_by_other_code_and_not_by_a_comment(
    mlops_workspace: Workspace,
) -> None:
    approved = built(mlops_workspace, ("load", "rows = [1]"), ("train", "a = rows"))
    notebook = Notebook(mlops_workspace.project).step("load", "rows = [1]  # one")
    path = notebook.step("train", "a = rows * 2").step("report", "print(a)").save("flights.ipynb")
    assert reviews.changed_steps(approved, read(path)) == ("train",)
