"""The names of notebooks in the ledger."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database


class NotebookRecords:
    """Finds the names under which cells were recorded, and gives a notebook's history a new one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_steps(self, notebook: str) -> bool:
        """Whether a notebook has steps of its own."""
        with self._database.read() as connection:
            return _has_steps(connection, notebook)

    def names_of_cells(self, cell_ids: Iterable[str]) -> list[str]:
        """The notebooks that recorded any of these cells; the one that ran last comes first."""
        table = schema.executions
        query = (
            sa.select(table.c.notebook)
            .where(table.c.cell_id.in_(list(cell_ids)))
            .group_by(table.c.notebook)
            .order_by(sa.func.max(table.c.id).desc())
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def rename(self, old: str, new: str) -> bool:
        """Give the whole history of a notebook a new name, pipelines included.

        Returns:
            Whether it was done: a name that has steps of its own takes no others.
        """
        with self._database.write() as connection:
            if _has_steps(connection, new):
                return False
            for table in (schema.steps, schema.executions, schema.pipeline_versions):
                connection.execute(
                    sa.update(table).where(table.c.notebook == old).values(notebook=new)
                )
        return True


def _has_steps(connection: sa.Connection, notebook: str) -> bool:
    query = sa.select(schema.steps.c.id).where(schema.steps.c.notebook == notebook).limit(1)
    return connection.execute(query).first() is not None
