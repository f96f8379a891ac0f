"""A notebook becomes an immutable pipeline version, once per distinct code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.pipelines import BuildResult
from nbmlops.domain.references import PipelineReference
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import (
    BuildRefusedError,
    NotApprovedError,
    NotebookChangedError,
    NotebookFormatError,
    UnknownNameError,
    UsageError,
)
from nbmlops.notebook.document import parse, read
from nbmlops.testing import NOON, FixedClock, Notebook
from nbmlops.workspace import Workspace


def save(workspace: Workspace, source: str, name: str = "flights.ipynb") -> Path:
    """A notebook with one step of that source; its cells keep their ids."""
    path = Notebook(workspace.project).parameters(month=1).step("load", source).save(name)
    content = json.loads(path.read_text("utf-8"))
    for number, cell in enumerate(content["cells"]):
        cell["id"] = f"cell-{number}"
    path.write_text(json.dumps(content), "utf-8")
    return path


def build(workspace: Workspace, source: str, name: str = "flights.ipynb") -> BuildResult:
    """Save and build."""
    return workspace.pipelines.build(save(workspace, source, name))


def test_an_unchanged_notebook_is_the_version_that_it_was(mlops_workspace: Workspace) -> None:
    first = build(mlops_workspace, "rows = [month, 2]")
    again = build(mlops_workspace, "rows = [month, 2]")
    assert (first.created, again.created) == (True, False)
    assert again.version == first.version


def test_formatting_and_comments_make_no_version(mlops_workspace: Workspace) -> None:
    build(mlops_workspace, "rows = [month, 2]")
    again = build(mlops_workspace, "# all of them\nrows = [\n    month,\n    2,\n]")
    assert not again.created
    assert again.version.number == 1


def test_edited_code_is_a_new_version_that_nobody_has_approved(mlops_workspace: Workspace) -> None:
    first = build(mlops_workspace, "rows = [month, 2]").version
    mlops_workspace.approvals.approve(first, comment="ok")
    edited = build(mlops_workspace, "rows = [month, 3]")
    assert edited.created
    assert edited.version.number == 2
    assert not edited.version.approved
    assert mlops_workspace.approvals.approved_version("flights").number == 1


def test_going_back_to_earlier_code_is_the_earlier_version_with_its_approval(
    mlops_workspace: Workspace,
) -> None:
    mlops_workspace.approvals.approve(
        build(mlops_workspace, "rows = [month, 2]").version, comment="ok"
    )
    build(mlops_workspace, "rows = [month, 3]")
    back = build(mlops_workspace, "rows = [month, 2]")
    assert (back.version.number, back.version.approved, back.created) == (1, True, False)
    assert back.went_back
    assert mlops_workspace.pipelines.get(PipelineReference.parse("flights")).number == 1
    assert not build(mlops_workspace, "rows = [month, 2]").went_back


def test_of_two_approved_versions_that_one_holds_which_was_built_last(
    mlops_workspace: Workspace,
) -> None:
    for source in ("rows = [month, 2]", "rows = [month, 3]"):
        mlops_workspace.approvals.approve(build(mlops_workspace, source).version, comment="ok")
    build(mlops_workspace, "rows = [month, 2]")
    service = mlops_workspace.approvals
    assert service.approved_version("flights").number == 1
    assert service.schedulable_version("flights").number == 1
    third = build(mlops_workspace, "rows = [month, 4]").version
    assert (third.number, service.approved_version("flights").number) == (3, 1)
    assert mlops_workspace.pipelines.get(PipelineReference.parse("flights")).number == 3
    assert [one.number for one in mlops_workspace.pipelines.versions("flights")] == [1, 2, 3]


def test_a_notebook_that_went_back_is_told_from_the_version_that_was_built_last(
    mlops_workspace: Workspace,
) -> None:
    build(mlops_workspace, "rows = [month, 2]")
    second = build(mlops_workspace, "rows = [month, 3]").version
    save(mlops_workspace, "rows = [month, 2]")
    with pytest.raises(NotebookChangedError, match=r"makes flights@1 now, not flights@2"):
        mlops_workspace.pipelines.check_unchanged(second)


def test_another_default_of_a_parameter_is_a_new_version(mlops_workspace: Workspace) -> None:
    folder = mlops_workspace.project
    for month, number in ((1, 1), (2, 2)):
        path = Notebook(folder).parameters(month=month).step("load", "rows = month").save("n.ipynb")
        assert mlops_workspace.pipelines.build(path).version.number == number


def test_a_notebook_is_unchanged_until_its_code_changes(mlops_workspace: Workspace) -> None:
    version = build(mlops_workspace, "rows = [month, 2]").version
    save(mlops_workspace, "rows = [month,   2]  # the same")
    mlops_workspace.pipelines.check_unchanged(version)
    save(mlops_workspace, "rows = [month, 3]")
    with pytest.raises(NotebookChangedError, match=r"nbmlops build flights\.ipynb, then nbmlops"):
        mlops_workspace.pipelines.check_unchanged(version)


def test_a_notebook_that_cannot_be_built_any_more_has_changed(mlops_workspace: Workspace) -> None:
    version = build(mlops_workspace, "rows = [month, 2]").version
    save(mlops_workspace, "rows = [month, undefined_name]")
    with pytest.raises(NotebookChangedError):
        mlops_workspace.pipelines.check_unchanged(version)


def test_a_notebook_that_is_gone_cannot_be_compared_but_its_pipeline_stays(
    mlops_workspace: Workspace,
) -> None:
    version = build(mlops_workspace, "rows = [month, 2]").version
    (mlops_workspace.project / "flights.ipynb").unlink()
    with pytest.raises(NotebookFormatError, match="was built, is gone"):
        mlops_workspace.pipelines.check_unchanged(version)
    kept = parse(mlops_workspace.objects.get(version.notebook_object).decode())
    assert [cell.source for cell in kept.code_cells][-1].endswith("rows = [month, 2]")


def test_two_notebooks_cannot_share_a_pipelines_name(mlops_workspace: Workspace) -> None:
    build(mlops_workspace, "rows = [month, 2]", "a/flights.ipynb")
    with pytest.raises(UsageError, match=r"The pipeline 'flights' belongs to a/flights\.ipynb"):
        build(mlops_workspace, "rows = [month, 3]", "b/flights.ipynb")
    path = mlops_workspace.project / "b/flights.ipynb"
    assert mlops_workspace.pipelines.build(path, name="others").version.reference == "others@1"
    assert mlops_workspace.pipelines.names() == ["flights", "others"]


def test_a_notebook_that_moved_keeps_its_pipeline(mlops_workspace: Workspace) -> None:
    path = save(mlops_workspace, "rows = [month, 2]", "a/flights.ipynb")
    mlops_workspace.pipelines.build(path)
    moved = path.rename(mlops_workspace.project / "flights.ipynb")
    assert mlops_workspace.pipelines.build(moved).version.spec.name == "flights"


def test_a_notebook_keeps_the_name_that_it_was_built_under(mlops_workspace: Workspace) -> None:
    path = save(mlops_workspace, "rows = [month, 2]")
    mlops_workspace.pipelines.build(path, name="late")
    assert mlops_workspace.pipelines.build(path).version.reference == "late@1"


def test_a_refused_build_says_every_reason_and_keeps_nothing(mlops_workspace: Workspace) -> None:
    path = (
        Notebook(mlops_workspace.project)
        .step("a", "x = missing_one")
        .step("b", "y = missing_two")
        .save("bad.ipynb")
    )
    with pytest.raises(BuildRefusedError) as refused:
        mlops_workspace.pipelines.build(path)
    assert len(refused.value.problems) == 2
    assert "missing_one" in refused.value.problems[0]
    assert "missing_two" in refused.value.problems[1]
    assert mlops_workspace.pipelines.names() == []


def executed(workspace: Workspace, source: str, cell: str = "cell-1") -> ExecutionRecord:
    """What a kernel recorded of the step."""
    value = ValueRecord(name="rows", fingerprint="f", summary=ValueSummary(kind="list"))
    return ExecutionRecord(
        notebook="flights.ipynb",
        step="load",
        cell_id=cell,
        source=source,
        digest="digest",
        session="session",
        started_at=workspace.clock(),
        duration=0.1,
        status=ExecutionStatus.OK,
        outputs=(replace(value, manifest="m"),),
        author="tester",
    )


def test_a_notebook_that_differs_from_what_was_run_is_told(mlops_workspace: Workspace) -> None:
    path = save(mlops_workspace, "rows = [month, 2]")
    source = read(path).code_cells[1].source
    mlops_workspace.executions.add(executed(mlops_workspace, source))
    assert mlops_workspace.pipelines.build(path).warnings == ()
    mlops_workspace.executions.add(executed(mlops_workspace, f"{source}\nrows.append(3)"))
    [warning] = mlops_workspace.pipelines.build(path).warnings
    assert warning.startswith("load on disk is not what was last run: save the notebook")


def test_cells_that_a_tag_keeps_out_are_told_too(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    """They are no part of the version, whatever needs them."""
    mlops_notebook.step("load", "rows = [1]").cell("rows.append(2)", "skip")
    built = mlops_workspace.pipelines.build(mlops_notebook.save("flights.ipynb"))
    assert (built.left_out, built.skipped) == ((), (2,))


def test_cells_that_no_step_needs_are_told_and_are_no_part_of_the_version(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    mlops_notebook.step("load", "rows = [1]")
    first = mlops_workspace.pipelines.build(mlops_notebook.save("flights.ipynb"))
    mlops_notebook.cell("rows[:1]").cell("# done").cell("print(rows)")
    again = mlops_workspace.pipelines.build(mlops_notebook.save("flights.ipynb"))
    assert (first.left_out, again.left_out) == ((), (2, 4))
    assert again.version.spec.digest == first.version.spec.digest


def test_a_version_is_found_by_number_word_or_not_at_all(
    mlops_workspace: Workspace, mlops_clock: FixedClock
) -> None:
    build(mlops_workspace, "rows = [month, 2]")
    mlops_clock.advance(hours=1)
    build(mlops_workspace, "rows = [month, 3]")
    get = mlops_workspace.pipelines.get
    assert get(PipelineReference(name="flights")).number == 2
    assert get(PipelineReference(name="flights", version=1)).created_at == NOON
    with pytest.raises(NotApprovedError):
        get(PipelineReference(name="flights", version="approved"))
    mlops_workspace.approvals.approve(
        get(PipelineReference(name="flights", version=1)), comment="ok"
    )
    assert get(PipelineReference(name="flights", version="approved")).number == 1
    with pytest.raises(UnknownNameError, match="Did you mean 'flights@2' or 'flights@1'"):
        get(PipelineReference(name="flights", version=3))
