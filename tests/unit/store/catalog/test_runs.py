"""Runs are opened under the next number and closed once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nbmlops.domain.executions import Artifact, Failure
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

PROCESS = ProcessIdentity(host="here", process=7, started_at=1.5)
ARTIFACT = Artifact(name="flights.ipynb", media_type="text/plain", object="o", size=3)


@pytest.fixture
def records(mlops_workspace: Workspace) -> RunRecords:
    """The runs of a workspace."""
    return RunRecords(mlops_workspace.database)


def build(workspace: Workspace, name: str) -> PipelineVersion:
    """A pipeline of that name."""
    path = Notebook(workspace.project).step("load", "rows = [1]").save(f"{name}.ipynb")
    return workspace.pipelines.build(path).version


def start(records: RunRecords, version: PipelineVersion) -> Run:
    """An open run."""
    return records.start(
        version,
        parameters={"month": 3},
        trigger="manual",
        author="tester",
        started_at=NOON,
        process=PROCESS,
    )


def test_runs_are_numbered_by_pipeline(mlops_workspace: Workspace, records: RunRecords) -> None:
    flights, others = build(mlops_workspace, "flights"), build(mlops_workspace, "others")
    made = [start(records, version).reference for version in (flights, others, flights)]
    assert made == ["flights#1", "others#1", "flights#2"]
    assert [run.reference for run in records.newest()] == ["flights#2", "others#1", "flights#1"]
    assert [run.reference for run in records.newest(pipeline="others")] == ["others#1"]
    assert [run.reference for run in records.newest(notebook="flights.ipynb", limit=1)] == [
        "flights#2"
    ]


def test_what_is_rehearsed_leaves_nothing(mlops_workspace: Workspace, records: RunRecords) -> None:
    version = build(mlops_workspace, "flights")
    run = start(records, version)
    records.rehearse(run)
    assert [found.reference for found in records.newest()] == ["flights#1"]
    assert records.by_id(run.id) == run
    assert start(records, version).reference == "flights#2"


def test_a_run_says_how_it_ended(mlops_workspace: Workspace, records: RunRecords) -> None:
    run = start(records, build(mlops_workspace, "flights"))
    assert (run.status, run.duration) == (RunStatus.RUNNING, None)
    failure = Failure(kind="ValueError", message="no", step="load", cell_index=2, line=1)
    closed = records.finish(
        run,
        status=RunStatus.FAILED,
        ended_at=NOON + timedelta(minutes=1),
        failure=failure,
        artifacts=[ARTIFACT],
        warnings=["look"],
    )
    assert closed == records.get("flights", None) == records.by_id(run.id)
    assert (closed.failure, closed.artifacts, closed.warnings) == (failure, (ARTIFACT,), ("look",))
    assert closed.duration == 60


def test_an_ended_run_stays_as_it_is(mlops_workspace: Workspace, records: RunRecords) -> None:
    run = start(records, build(mlops_workspace, "flights"))
    records.finish(run, status=RunStatus.LOST, ended_at=NOON)
    late = records.finish(run, status=RunStatus.SUCCEEDED, ended_at=NOON, artifacts=[ARTIFACT])
    assert late.status is RunStatus.LOST
    assert late.artifacts == ()


def test_open_runs_name_the_process_that_drives_them(
    mlops_workspace: Workspace, records: RunRecords
) -> None:
    version = build(mlops_workspace, "flights")
    ended, running = start(records, version), start(records, version)
    records.finish(ended, status=RunStatus.SUCCEEDED, ended_at=NOON)
    assert records.open_processes() == [(running, PROCESS)]


def test_a_run_whose_process_vanished_is_lost(
    mlops_workspace: Workspace, records: RunRecords
) -> None:
    version = build(mlops_workspace, "flights")
    start(records, version)
    [run] = mlops_workspace.runs.newest()
    assert run.status is RunStatus.RUNNING  # it runs on another host: nobody knows
    gone = ProcessIdentity(host=_this_host(), process=2**22 + 7, started_at=1.5)
    vanished = records.start(
        version, parameters={}, trigger="manual", author="t", started_at=NOON, process=gone
    )
    found = mlops_workspace.runs.get("flights", vanished.number)
    assert found is not None
    assert found.status is RunStatus.LOST
    assert found.failure is not None
    assert "is gone" in found.failure.message


def _this_host() -> str:
    import platform

    return platform.node()


def test_there_may_be_no_such_run(mlops_workspace: Workspace, records: RunRecords) -> None:
    build(mlops_workspace, "flights")
    assert records.get("flights", None) is None
    assert records.get("nope", 1) is None
    assert records.by_id(9) is None
