"""Numbers that differ once something else is to be told of pipelines, schedules and data sets."""

from __future__ import annotations

import sqlalchemy as sa

from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.gauges import open_fires

Marks = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Of pipelines with the decisions on them, schedules with their due times, and data sets."""


def marks(database: Database) -> Marks:
    """What to compare with the marks of an earlier look; read along indexes.

    A due time that ends while another one begins changes nothing here: what its run tells does.

    Raises:
        StoreError: the catalog cannot be read.
    """
    versions, decisions = schema.pipeline_versions, schema.approvals
    schedules, fires = schema.schedules, schema.fires
    pinned = schema.dataset_versions
    with database.read() as connection:
        built = connection.execute(
            sa.select(sa.func.count(), sa.func.max(versions.c.built)).select_from(versions)
        ).one()
        decided = connection.execute(sa.select(sa.func.max(decisions.c.id))).scalar()
        reviewed = connection.execute(sa.select(sa.func.max(schema.cell_reviews.c.id))).scalar()
        planned = connection.execute(sa.select(sa.func.max(schedules.c.revision))).scalar()
        sets = connection.execute(
            sa.select(sa.func.count(), sa.func.max(pinned.c.id)).select_from(pinned)
        ).one()
        due = connection.execute(sa.select(sa.func.max(fires.c.id))).scalar()
    waiting = open_fires(database)
    return (
        (*(number or 0 for number in built), decided or 0, reviewed or 0),
        (planned or 0, due or 0, *waiting.values()),
        tuple(number or 0 for number in sets),
    )
