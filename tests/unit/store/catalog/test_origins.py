"""The execution behind a name, and the content behind a fingerprint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog.origins import Origin, OriginRecords
from nbmlops.testing import NOON
from nbmlops.workspace import Workspace


def value(name: str, fingerprint: str, manifest: str | None = None) -> ValueRecord:
    """A recorded value."""
    summary = ValueSummary(kind="int")
    return ValueRecord(name=name, fingerprint=fingerprint, summary=summary, manifest=manifest)


def ran(workspace: Workspace, **facts: Any) -> Origin:
    """Record an execution that makes ``rows`` and reports ``auc``."""
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=None,
        cell_id=None,
        source="rows = 1",
        digest="digest",
        session="session",
        started_at=NOON,
        duration=0.1,
        status=ExecutionStatus.OK,
        outputs=(value("rows", "f"),),
        metrics=(Metric(name="auc", value=0.9, recorded_at=NOON),),
        author="tester",
    )
    found = workspace.executions.add(replace(record, **facts))
    return Origin(execution_id=found.id, session=found.record.session)


def test_the_latest_good_execution_made_it(mlops_workspace: Workspace) -> None:
    first = ran(mlops_workspace, session="old")
    latest = ran(mlops_workspace)
    ran(mlops_workspace, status=ExecutionStatus.ERROR)
    ran(mlops_workspace, outputs=(), metrics=(), inputs=(value("rows", "f"),))
    elsewhere = ran(mlops_workspace, notebook="other.ipynb")
    origins = OriginRecords(mlops_workspace.database)
    assert first != latest
    for find, name in ((origins.of_output, "rows"), (origins.of_metric, "auc")):
        assert find(name, "flights.ipynb") == latest
        assert find(name) == elsewhere
        assert find("nothing") is None


def test_what_only_failed_cells_left_is_told_apart(mlops_workspace: Workspace) -> None:
    left = ran(mlops_workspace, status=ExecutionStatus.ERROR)
    ran(mlops_workspace, outputs=(value("model", "m"),))
    origins = OriginRecords(mlops_workspace.database)
    assert origins.of_output("rows") is None
    assert origins.of_failed("rows", "flights.ipynb") == left
    assert origins.of_failed("model") is None


def test_the_names_are_those_of_outputs_and_metrics(mlops_workspace: Workspace) -> None:
    ran(mlops_workspace, inputs=(value("given", "f"),))
    ran(mlops_workspace, notebook="other.ipynb", outputs=(value("model", "m"),), metrics=())
    origins = OriginRecords(mlops_workspace.database)
    assert origins.names() == ["auc", "model", "rows"]


def test_content_is_found_under_its_fingerprint_where_any_execution_kept_it(
    mlops_workspace: Workspace,
) -> None:
    kept, forgotten = value("rows", "f", "manifest"), value("more", "g")
    ran(mlops_workspace, outputs=(kept, forgotten))
    ran(mlops_workspace, outputs=(), inputs=(value("rows", "f"),))
    origins = OriginRecords(mlops_workspace.database)
    assert origins.manifests({"f", "g", "absent"}) == {"f": "manifest"}
