"""The newest interactive executions of a notebook, however often its cells have run.

The cells and versions of a notebook are few, its executions may be a million: each cell is found
by a step along an index to the next one, and its newest execution at the end of its part of it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.store.catalog import schema

_TABLE, _VERSIONS, _STEPS = schema.executions, schema.step_versions, schema.steps


def of_cells(notebook: str, besides: Collection[int] = ()) -> sa.Select[Any]:
    """The id of the newest execution of each cell; null for a cell that only runs ran.

    Args:
        notebook: its key.
        besides: executions that do not count.
    """
    cells = _cells_of(notebook)
    here = (_TABLE.c.notebook == notebook, _TABLE.c.cell_id == cells.c.cell_id)
    newest = _newest(*here, besides=besides).correlate(cells).scalar_subquery()
    return sa.select(newest).where(cells.c.cell_id.is_not(None))


def of_steps(notebook: str, besides: Collection[int] = ()) -> sa.Select[Any]:
    """The id of the newest execution of each step, of whichever version; see `of_cells`."""
    status = sa.column("status", sa.Text)
    statuses = sa.values(status, name="statuses").data([(each.value,) for each in ExecutionStatus])
    endings = statuses.cte("endings")
    # each way to end by itself, so that an index leads past the executions that runs made
    here = (_TABLE.c.version_id == _VERSIONS.c.id, _TABLE.c.status == endings.c.status)
    newest = _newest(*here, besides=besides).correlate(_VERSIONS, endings).scalar_subquery()
    found = (
        sa.select(_VERSIONS.c.step_id, newest.label("id"))
        .join(_STEPS, _STEPS.c.id == _VERSIONS.c.step_id)
        .join(endings, sa.true())
        .where(_STEPS.c.notebook == notebook)
        .subquery()
    )
    return sa.select(sa.func.max(found.c.id)).group_by(found.c.step_id)


def _newest(*conditions: sa.ColumnElement[bool], besides: Collection[int]) -> sa.Select[Any]:
    query = sa.select(_TABLE.c.id).where(*conditions, _TABLE.c.run_id.is_(None))
    if besides:
        query = query.where(_TABLE.c.id.not_in(besides))
    return query.order_by(_TABLE.c.id.desc()).limit(1)


def _cells_of(notebook: str) -> sa.CTE:
    """The ids of the cells of a notebook, each the least above the one before; a null ends it."""
    here = _TABLE.c.notebook == notebook
    least = sa.select(sa.func.min(_TABLE.c.cell_id).label("cell_id")).where(here)
    cells = least.cte("cells", recursive=True)
    following = (
        sa.select(sa.func.min(_TABLE.c.cell_id))
        .where(here, _TABLE.c.cell_id > cells.c.cell_id)
        .correlate(cells)
        .scalar_subquery()
    )
    return cells.union_all(sa.select(following).where(cells.c.cell_id.is_not(None)))
