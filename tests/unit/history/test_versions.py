"""What a step was, is and became."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nbmlops.config import MEBIBYTE
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Failure, Metric
from nbmlops.domain.references import StepReference
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.errors import (
    AmbiguousNameError,
    UnknownNameError,
    UsageError,
    ValueNotStoredError,
)
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace


def ran(
    workspace: Workspace,
    source: str,
    *,
    notebook: str = "flights.ipynb",
    outputs: dict[str, Any] | tuple[ValueRecord, ...] = (),
    **facts: Any,
) -> None:
    """Record that the step ``train`` ran."""
    record = ExecutionRecord(
        notebook=notebook,
        step="train",
        cell_id="cell",
        source=source,
        digest=source,
        session="session",
        started_at=NOON,
        duration=1.5,
        status=ExecutionStatus.OK,
        outputs=outputs if isinstance(outputs, tuple) else kept(workspace, outputs),
        author="tester",
    )
    workspace.executions.add(replace(record, **facts))


def kept(workspace: Workspace, values: dict[str, Any]) -> tuple[ValueRecord, ...]:
    """Stored outputs."""
    return tuple(
        ValueRecord(
            name=name,
            fingerprint=repr(value),
            summary=ValueSummary(kind=type(value).__name__, text=repr(value)),
            manifest=workspace.values.save(value, limit=MEBIBYTE),
        )
        for name, value in values.items()
    )


def metric(value: float) -> Metric:
    """The metric ``auc``."""
    return Metric(name="auc", value=value, recorded_at=NOON)


def reference(text: str) -> StepReference:
    """A reference from its text."""
    return StepReference.parse(text)


def test_the_same_code_again_is_another_execution_of_the_same_version(
    mlops_workspace: Workspace,
) -> None:
    ran(mlops_workspace, "x = 1", metrics=(metric(0.8),))
    ran(mlops_workspace, "x = 1", metrics=(metric(0.9),), started_at=NOON + timedelta(hours=1))
    [row] = mlops_workspace.history.versions("train")
    assert (row.reference, row.executions, row.metrics) == ("train@1", 2, {"auc": 0.9})
    assert row.started_at == NOON + timedelta(hours=1)
    assert row.created_at == NOON
    assert row.changed == "first version"


def test_a_version_says_what_changed_since_the_one_before(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "x = 1\ny = 2", definitions={"clean": "def clean(): ..."})
    ran(mlops_workspace, "x = 1\ny = 3\nz = 4", definitions={"clean": "def clean(): ..."})
    ran(mlops_workspace, "x = 1\ny = 3\nz = 5", definitions={"clean": "def clean(): pass"})
    changed = [row.changed for row in mlops_workspace.history.versions("train")]
    assert changed == ["first version", "+2 -1 lines", "+1 -1 lines; uses clean"]


def test_two_notebooks_may_have_a_step_of_one_name(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "x = 1", notebook="reports/a.ipynb")
    ran(mlops_workspace, "x = 2", notebook="reports/b.ipynb")
    history = mlops_workspace.history
    with pytest.raises(AmbiguousNameError, match=r"'reports/a\.ipynb:train' or 'reports/b"):
        history.version(reference("train"))
    assert history.version(reference("b:train")).source == "x = 2"
    assert history.version(reference("reports/a.ipynb:train@1")).source == "x = 1"
    with pytest.raises(UnknownNameError, match="c:train"):
        history.version(reference("c:train"))


def test_the_approved_version_is_the_one_that_the_approved_pipeline_holds(
    mlops_workspace: Workspace, mlops_notebook: Notebook
) -> None:
    path = mlops_notebook.step("train", "x = 1").save("flights.ipynb")
    version = mlops_workspace.pipelines.build(path).version
    digest = version.spec.steps[0].digest
    ran(mlops_workspace, "x = 1", digest=digest)
    ran(mlops_workspace, "x = 2")
    history = mlops_workspace.history
    with pytest.raises(UsageError, match="No approved pipeline holds"):
        history.version(reference("train@approved"))
    mlops_workspace.approvals.approve(version, comment="ok")
    assert history.version(reference("train@approved")).number == 1
    assert history.version(reference("train@latest")).number == 2


def test_a_diff_lists_only_what_differs(mlops_workspace: Workspace) -> None:
    same = {"rows": [1, 2]}
    ran(mlops_workspace, "x = 1", outputs=same | {"model": "a"}, metrics=(metric(0.8),))
    ran(mlops_workspace, "x = 2", outputs=same | {"model": "b"}, metrics=(metric(0.9),))
    found = mlops_workspace.history.diff(reference("train@1"), reference("train@2"))
    assert [change.name for change in found.outputs] == ["model"]
    assert [(change.before, change.after) for change in found.metrics] == [("0.8", "0.9")]
    assert "-x = 1\n+x = 2" in found.source
    assert (found.inputs, found.parameters, found.environment) == ((), (), ())


def test_a_version_does_not_differ_from_itself(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, "x = 1", outputs={"rows": [1]}, metrics=(metric(0.8),))
    found = mlops_workspace.history.diff(reference("train@1"), reference("train"))
    assert found.source == ""
    assert (found.outputs, found.metrics, found.definitions) == ((), (), ())


def test_a_series_of_metrics_is_compared_by_its_last_value(mlops_workspace: Workspace) -> None:
    series = [
        Metric(name="loss", value=value, step=step, recorded_at=NOON)
        for step, value in enumerate((3.0, 2.0))
    ]
    ran(mlops_workspace, "x = 1", metrics=tuple(series))
    ran(mlops_workspace, "x = 2", metrics=(series[1],))
    found = mlops_workspace.history.diff(reference("train@1"), reference("train@2"))
    assert found.metrics == ()
    assert mlops_workspace.history.versions("train")[0].metrics == {"loss": 2.0}


def test_values_come_back_from_the_latest_execution_that_ended_well(
    mlops_workspace: Workspace,
) -> None:
    ran(mlops_workspace, "x = 1", outputs={"rows": [1, 2], "name": "first"})
    failure = Failure(kind="ValueError", message="no")
    ran(mlops_workspace, "x = 1", status=ExecutionStatus.ERROR, failure=failure)
    restored = mlops_workspace.history.restore(reference("train@1"), values=True)
    assert {value.name: value.value for value in restored.values} == {
        "rows": [1, 2],
        "name": "first",
    }
    assert restored.missing == {}


def test_what_was_not_kept_is_named_with_its_reason(mlops_workspace: Workspace) -> None:
    lost = ValueRecord(
        name="stream",
        fingerprint=None,
        summary=ValueSummary(kind="generator"),
        reason="a generator",
    )
    ran(mlops_workspace, "x = 1")
    ran(mlops_workspace, "x = 2", outputs=(lost,))
    restored = mlops_workspace.history.restore(reference("train@2"), values=True)
    assert restored.missing == {"stream": "a generator"}


def test_a_version_without_values_says_so_when_they_are_brought_back(
    mlops_workspace: Workspace,
) -> None:
    ran(mlops_workspace, "print(1)", outputs={})
    restored = mlops_workspace.history.restore(reference("train@1"), values=True)
    assert restored.told() == ["train@1 left no values."]


def test_a_value_that_cannot_be_loaded_does_not_keep_the_others_back(
    mlops_workspace: Workspace,
) -> None:
    [gone] = kept(mlops_workspace, {"gone": list(range(9))})
    [good] = kept(mlops_workspace, {"good": "kept"})
    ran(mlops_workspace, "x = 1", outputs=(replace(gone, manifest="0" * 64), good))
    restored = mlops_workspace.history.restore(reference("train@1"), values=True)
    assert [value.name for value in restored.values] == ["good"]
    assert restored.missing == {"gone": "The object 000000000000 is not in the store."}


def test_a_version_that_never_ended_well_has_no_values(mlops_workspace: Workspace) -> None:
    failure = Failure(kind="ValueError", message="no")
    ran(mlops_workspace, "x = 1", status=ExecutionStatus.ERROR, failure=failure)
    with pytest.raises(ValueNotStoredError, match="train@1 never ran to its end"):
        mlops_workspace.history.restore(reference("train@1"), values=True)
    assert mlops_workspace.history.restore(reference("train@1")).version.source == "x = 1"
