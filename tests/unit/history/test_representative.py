"""Which execution speaks for a version."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.pipelines import PipelineSpec
from nbmlops.domain.references import StepReference
from nbmlops.store.catalog.pipelines import PipelineRecords
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace

OK, ERROR = ExecutionStatus.OK, ExecutionStatus.ERROR
HERE = ProcessIdentity(host="here", process=1, started_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Executions of one version in order, as (status, in a run?); the index of the chosen one."""

    name: str
    executions: tuple[tuple[ExecutionStatus, bool], ...]
    chosen: int
    last: ExecutionStatus = field(default=OK)


CASES = (
    Case(name="the latest in the notebook", executions=((OK, False), (OK, False)), chosen=1),
    Case(name="a later run does not hide it", executions=((OK, False), (OK, True)), chosen=0),
    Case(
        name="a later failure does not hide it",
        executions=((OK, False), (ERROR, False)),
        chosen=0,
        last=ERROR,
    ),
    Case(
        name="a run that succeeded before a cell that failed",
        executions=((OK, True), (ERROR, False)),
        chosen=0,
        last=ERROR,
    ),
    Case(name="a run where there is nothing else", executions=((OK, True), (OK, True)), chosen=1),
    Case(
        name="the latest where none succeeded",
        executions=((ERROR, False), (ERROR, True)),
        chosen=0,
        last=ERROR,
    ),
)


def open_run(workspace: Workspace) -> int:
    """A pipeline run to which executions can belong."""
    spec = PipelineSpec(
        name="p", notebook="n.ipynb", kernel="python3", digest="d", cells=(), steps=(), edges=()
    )
    version, _ = PipelineRecords(workspace.database).add(
        spec, notebook_object="0" * 64, environment=None, author="tester", created_at=NOON
    )
    run = RunRecords(workspace.database).start(
        version, parameters={}, trigger="manual", author="tester", started_at=NOON, process=HERE
    )
    return run.id


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_execution_speaks_for_a_version(mlops_workspace: Workspace, case: Case) -> None:
    run_id = open_run(mlops_workspace)
    for number, (status, in_run) in enumerate(case.executions):
        mlops_workspace.executions.add(
            ExecutionRecord(
                notebook="n.ipynb",
                step="train",
                cell_id=None,
                source="x = 1",
                digest="same",
                session="s",
                run_id=run_id if in_run else None,
                started_at=NOON,
                duration=0.1,
                status=status,
                metrics=(Metric(name="number", value=number, recorded_at=NOON),),
                author="tester",
            )
        )
    [row] = mlops_workspace.history.versions("train")
    assert row.metrics == {"number": case.chosen}
    assert row.status is case.executions[case.chosen][0]
    assert row.last_status is case.last
    assert row.executions == len(case.executions)
    version = mlops_workspace.history.version(StepReference.parse("train"))
    listed = mlops_workspace.history.execution_rows(version)
    assert [item.metrics["number"] for item in listed] == [*range(len(case.executions))]
    assert [item.run for item in listed] == [
        "p#1" if in_run else None for _, in_run in case.executions
    ]
