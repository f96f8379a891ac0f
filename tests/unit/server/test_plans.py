"""The server knows what has changed of pipelines, schedules and data sets since it looked."""

from __future__ import annotations

from nbmlops.server.events import ChangedEvent
from nbmlops.server.plans import Plans
from nbmlops.testing import Notebook
from nbmlops.workspace import Workspace


def test_a_build_an_approval_and_a_schedule_are_told_of_once_each(
    mlops_workspace: Workspace,
) -> None:
    plans = Plans(mlops_workspace, "project")
    path = Notebook(mlops_workspace.project).step("load", "rows = [1]").save("flights.ipynb")
    version = mlops_workspace.pipelines.build(path).version
    of_pipelines = ChangedEvent(project="project", pipelines=True, schedules=False)
    of_schedules = ChangedEvent(project="project", pipelines=False, schedules=True)
    assert plans.look() == [of_pipelines]
    assert plans.look() == []
    mlops_workspace.approvals.approve(version, comment="Looked at it.")
    assert plans.look() == [of_pipelines]
    made = mlops_workspace.schedules.create("flights", cron="0 6 * * *", timezone="UTC")
    assert plans.look() == [of_schedules]
    mlops_workspace.schedules.pause(made.id)
    assert plans.look() == [of_schedules]
    mlops_workspace.schedules.resume(made.id)
    mlops_workspace.schedules.fire_now(made.id)
    assert plans.look() == [of_schedules]
    assert plans.look() == []


def test_a_data_set_that_is_pinned_or_deleted_is_told_of_once(mlops_workspace: Workspace) -> None:
    plans = Plans(mlops_workspace, "project")
    told = ChangedEvent(project="project", pipelines=False, schedules=False, datasets=True)
    folder, service = mlops_workspace.project, mlops_workspace.datasets
    for text in ("a", "b"):
        (folder / "a.csv").write_text(text)
        version = service.pin_paths("flights", ["a.csv"], base=folder).version
        assert plans.look() == [told]
        assert plans.look() == []
    service.delete([version])
    assert plans.look() == [told]
