"""Pipelines that may be scheduled, and schedules that have been there for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from benchmarks.documents import code_cell, notebook
from benchmarks.projects import as_in, project
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.schedules import MissedPolicy, Policies
from nbmlops.store.catalog.schedules import ScheduleRecords
from nbmlops.workspace import Workspace

_EVERY_MINUTE = "* * * * *"


def schedule(
    records: ScheduleRecords,
    version: PipelineVersion,
    created: datetime,
    *,
    cron: str = _EVERY_MINUTE,
    missed: MissedPolicy = "all",
    policies: Policies,
    backfill: bool = False,
) -> int:
    """Write a schedule as if it had been made at some moment; returns its id."""
    return records.create(
        version,
        cron=cron,
        timezone="UTC",
        parameters={},
        missed=missed,
        author="bench",
        created_at=created,
        policies=policies,
        backfill=backfill,
    ).id


@contextmanager
def approved_pipeline(
    variables: Mapping[str, str] | None = None,
) -> Iterator[tuple[Workspace, PipelineVersion]]:
    """A project with a pipeline whose one step uses its parameter ``n``; it is approved.

    Args:
        variables: more variables of the environment, while it is there.
    """
    with project() as folder, as_in(folder, variables):
        source = folder / "small.ipynb"
        step = code_cell("step", "%mlops track one\nx = n + 1")
        source.write_bytes(notebook([code_cell("p", "n = 0", tags=["parameters"]), step]))
        workspace = Workspace(folder)
        version = workspace.pipelines.build(source).version
        yield workspace, workspace.approvals.approve(version, comment="measured")
        workspace.close()
