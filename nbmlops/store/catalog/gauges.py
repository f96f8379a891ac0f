"""How much of the ledger is open."""

from __future__ import annotations

import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database


def open_fires(database: Database) -> dict[FireStatus, int]:
    """How many due times wait, and how many are being run.

    Raises:
        StoreError: the catalog cannot be read.
    """
    table = schema.fires
    query = (
        sa.select(table.c.status, sa.func.count())
        .where(table.c.status.in_((FireStatus.DUE, FireStatus.CLAIMED)))
        .group_by(table.c.status)
    )
    counts = dict.fromkeys((FireStatus.DUE, FireStatus.CLAIMED), 0)
    with database.read() as connection:
        return counts | {FireStatus(status): count for status, count in connection.execute(query)}
