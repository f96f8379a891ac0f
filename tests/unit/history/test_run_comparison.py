"""Two runs side by side: steps, metrics, outputs, and what could not be compared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Failure, Metric
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.run_differences import MetricChange, StepInRun
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, ValueSummary
from nbmlops.execution.process import this_process
from nbmlops.store.catalog.reuse import ReuseRecords
from nbmlops.store.catalog.runs import RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace


class Ledger:
    """Writes runs of one pipeline, as kernels record them."""

    def __init__(self, workspace: Workspace, notebook: Notebook) -> None:
        notebook.parameters(month=1).step("load", "rows = [month]").step("train", "auc = len(rows)")
        self.workspace = workspace
        self.version: PipelineVersion = workspace.pipelines.build(notebook.save("f.ipynb")).version
        self.records = RunRecords(workspace.database)

    def start(self, month: int) -> Run:
        """Open a run."""
        return self.records.start(
            self.version,
            parameters={"month": month},
            trigger="manual",
            author="tester",
            started_at=NOON,
            process=this_process(),
        )

    def ran(
        self,
        run: Run,
        step: str,
        *outputs: ValueRecord,
        auc: float | None = None,
        status: ExecutionStatus = ExecutionStatus.OK,
    ) -> int:
        """Record that a step ran; the id of the execution."""
        (cell,) = [cell for cell in self.version.spec.cells if cell.step == step]
        made = self.workspace.executions.add(
            ExecutionRecord(
                notebook="f.ipynb",
                step=step,
                cell_id=cell.cell_id,
                source=cell.source,
                digest=step,
                session=f"run {run.id}",
                run_id=run.id,
                started_at=NOON,
                duration=0.5,
                status=status,
                outputs=outputs,
                metrics=() if auc is None else (Metric(name="auc", value=auc, recorded_at=NOON),),
                author="tester",
            )
        )
        return made.id

    def end(self, run: Run, status: RunStatus = RunStatus.SUCCEEDED) -> Run:
        """Close a run."""
        failure = Failure(kind="ValueError", message="no", step="train")
        return self.records.finish(
            run,
            status=status,
            ended_at=NOON + timedelta(seconds=1),
            failure=failure if status is RunStatus.FAILED else None,
        )


@pytest.fixture
def ledger(mlops_workspace: Workspace, mlops_notebook: Notebook) -> Ledger:
    """A pipeline of two steps."""
    return Ledger(mlops_workspace, mlops_notebook)


def value(name: str, fingerprint: str | None, *, reason: str | None = None) -> ValueRecord:
    """A list."""
    summary = ValueSummary(kind="builtins.list", text="[1]")
    return ValueRecord(name=name, fingerprint=fingerprint, summary=summary, reason=reason)


def test_steps_metrics_and_parameters_stand_side_by_side(ledger: Ledger) -> None:
    """A cached step says whose result it took; one after a failure did not run."""
    first = ledger.start(1)
    load = ledger.ran(first, "load", value("rows", "a" * 64))
    ledger.ran(first, "train", value("auc", "b" * 64), auc=0.5)
    first = ledger.end(first)
    second = ledger.start(2)
    ReuseRecords(ledger.workspace.database).take(second.id, [load])
    ledger.ran(second, "train", auc=0.75, status=ExecutionStatus.ERROR)
    second = ledger.end(second, RunStatus.FAILED)
    found = ledger.workspace.run_comparisons.diff(first, second)
    assert [(change.name, change.before, change.after) for change in found.facts] == [
        ("status", "succeeded", "failed"),
        ("failure", None, "ValueError in train: no"),
    ]
    assert [(change.before, change.after) for change in found.parameters] == [("1", "2")]
    assert [pair.after for pair in found.steps] == [
        StepInRun(version="load@1", outcome="cached", origin="f#1", duration=0.5),
        StepInRun(version="train@1", outcome="failed", duration=0.5, attempts=1),
    ]
    assert found.metrics == (MetricChange(name="auc", before=0.5, after=0.75),)
    assert [(change.name, change.after) for change in found.outputs] == [("train.auc", None)]
    assert [note.partition(":")[0] for note in found.notes] == [
        "The notebooks are not compared, that of f#1",
        "The notebooks are not compared, that of f#2",
    ]


def test_a_step_that_never_ran_is_told(ledger: Ledger) -> None:
    first, second = ledger.end(ledger.start(1)), ledger.start(1)
    ledger.ran(second, "load", value("rows", "a" * 64))
    found = ledger.workspace.run_comparisons.diff(first, ledger.end(second))
    not_run = StepInRun(outcome="not run")
    assert [pair.before for pair in found.steps] == [not_run, not_run]
    assert [change.name for change in found.outputs] == ["load.rows"]


def test_a_value_without_a_fingerprint_never_looks_unchanged(ledger: Ledger) -> None:
    """What is part of the code is no result, and is not listed."""
    runs = []
    for _ in range(2):
        run = ledger.start(1)
        ledger.ran(
            run,
            "load",
            value("rows", "a" * 64),
            value("opaque", None),
            value("function", None, reason=PART_OF_THE_CODE),
        )
        runs.append(ledger.end(run))
    found = ledger.workspace.run_comparisons.diff(runs[0], runs[1])
    assert [change.name for change in found.outputs] == ["load.opaque"]
