"""What the badges of a notebook's cells say beside their state."""

from __future__ import annotations

import pytest

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.notebook.document import read
from nbmlops.pipelines.outline import outline
from nbmlops.server import queries
from nbmlops.server.projects import Projects
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace


def executed(workspace: Workspace, notebook: Notebook) -> int:
    """The id of an execution of the only step of a notebook as it is written now."""
    flow = outline(read(notebook.save("flights.ipynb"))).flow(0)
    return workspace.executions.add(
        ExecutionRecord(
            notebook="flights.ipynb",
            step="load",
            cell_id=flow.cell.id,
            source=flow.cell.source,
            digest=flow.digest,
            session="session",
            started_at=NOON,
            duration=0.1,
            status=ExecutionStatus.OK,
            author="tester",
        )
    ).id


@pytest.mark.parametrize(("later", "shown"), [(None, {"load": "flights#1"}), ("rows = [1, 2]", {})])
def test_a_run_is_named_where_it_took_the_version_that_is_shown_and_no_older_one(
    mlops_workspace: Workspace, later: str | None, shown: dict[str, str]
) -> None:
    projects = Projects(mlops_workspace.project)
    execution = executed(
        mlops_workspace, Notebook(mlops_workspace.project).step("load", "rows = [1]")
    )
    path = mlops_workspace.project / "flights.ipynb"
    run = RunRecords(mlops_workspace.database).start(
        mlops_workspace.pipelines.build(path).version,
        parameters={},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=ProcessIdentity(host="here", process=7, started_at=1.5),
    )
    mlops_workspace.plans.records.take(run.id, [execution])
    if later is not None:
        executed(mlops_workspace, Notebook(mlops_workspace.project).step("load", later))
    answer = queries.freshness(projects, "flights.ipynb")
    assert [step.version for step in answer.steps] == ["load@1" if later is None else "load@2"]
    assert answer.taken == shown
    projects.close()
