"""Pages of the executions of a project's steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nbmlops.domain.executions import ExecutionRow
from nbmlops.domain.pages import Choice, Position
from nbmlops.server.projects import Projects
from nbmlops.server.questions import OfExecutions
from nbmlops.server.responses import ExecutionsResponse
from nbmlops.workspace import Workspace

METRICS = 200
"""Names of metrics at most."""


def page(projects: Projects, asked: OfExecutions) -> ExecutionsResponse:
    """One page; no rows where nothing was recorded.

    Raises:
        UsageError: what it is asked for does not fit together.
    """
    path = projects.within(asked.at)
    workspace = projects.workspace(path)
    if workspace is None:
        return ExecutionsResponse(
            recorded=False, rows=(), total=0, newest=0, after=None, metrics=()
        )
    choice = _choice(asked, workspace, path)
    after = None if asked.after is None else Position.read(asked.after, asked.sort)
    found = workspace.executions.page(choice, after=after, skip=asked.skip, limit=asked.limit)
    return ExecutionsResponse(
        recorded=True,
        rows=tuple(_placed(projects, workspace, row) for row in found.rows),
        total=found.total,
        newest=found.newest,
        after=found.after.written() if found.after else None,
        metrics=workspace.executions.metric_names(METRICS) if asked.upto is None else None,
    )


def _choice(asked: OfExecutions, workspace: Workspace, path: Path) -> Choice:
    return Choice(
        sort=asked.sort,
        descending=asked.descending,
        text=asked.text,
        notebook=workspace.notebook_key(path) if asked.only else None,
        status=asked.status,
        author=asked.author,
        metric=asked.metric,
        upto=asked.upto,
    )


def _placed(projects: Projects, workspace: Workspace, row: ExecutionRow) -> ExecutionRow:
    """A row with its notebook as the front end names it."""
    place = projects.place(workspace.project / row.notebook)
    return row if place is None else replace(row, notebook=place)
