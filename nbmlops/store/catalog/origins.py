"""Where values and metrics came from, and which values were kept."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

Counts = Callable[[int], bool]
"""Whether an execution is one of those that may have made something."""

_LATELY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The execution that made something, and the kernel session that it belongs to."""

    execution_id: int
    session: str


class OriginRecords:
    """Finds the executions behind a name, and the stored content behind a fingerprint."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_output(
        self, name: str, notebook: str | None = None, *, counts: Counts | None = None
    ) -> Origin | None:
        """The latest good execution that bound or changed a variable; of a notebook if given."""
        table = schema.execution_values
        condition = sa.and_(table.c.name == name, table.c.direction == "out")
        return self._latest(condition, table, notebook, counts=counts)

    def of_failed(self, name: str, notebook: str | None = None) -> Origin | None:
        """The latest execution that left a variable though it failed; of a notebook if given."""
        table = schema.execution_values
        condition = sa.and_(table.c.name == name, table.c.direction == "out")
        return self._latest(condition, table, notebook, good=False)

    def of_metric(
        self, name: str, notebook: str | None = None, *, counts: Counts | None = None
    ) -> Origin | None:
        """The latest good execution that reported a metric; of a notebook if given."""
        condition = schema.metrics.c.name == name
        return self._latest(condition, schema.metrics, notebook, counts=counts)

    def names(self) -> list[str]:
        """The variables that the latest good executions made and the metrics they reported.

        Sorted; of the last thousand values and of as many metrics.
        """
        found: set[str] = set()
        values = schema.execution_values
        queries = (
            (sa.select(values.c.name).where(values.c.direction == "out"), values),
            (sa.select(schema.metrics.c.name), schema.metrics),
        )
        with self._database.read() as connection:
            for query, table in queries:
                lately = _good(query, table, None).order_by(table.c.id.desc()).limit(_LATELY)
                found |= set(connection.execute(lately).scalars())
        return sorted(found)

    def manifests(self, fingerprints: Collection[str]) -> dict[str, str]:
        """The manifests of those values that were kept, by fingerprint; the newest of each."""
        table = schema.execution_values
        query = (
            sa.select(table.c.fingerprint, table.c.manifest)
            .where(table.c.fingerprint.in_(fingerprints), table.c.manifest.is_not(None))
            .order_by(table.c.id)
        )
        with self._database.read() as connection:
            return {row.fingerprint: row.manifest for row in connection.execute(query)}

    def _latest(
        self,
        condition: sa.ColumnElement[bool],
        table: sa.Table,
        notebook: str | None,
        *,
        good: bool = True,
        counts: Counts | None = None,
    ) -> Origin | None:
        executions = schema.executions
        query = _good(sa.select(executions.c.id, executions.c.session), table, notebook, good=good)
        last = table.c.execution_id if table is schema.execution_values else table.c.id
        query = query.where(condition).order_by(last.desc())  # as the indexes have them
        query = query.limit(1) if counts is None else query
        with self._database.read() as connection:
            rows = connection.execute(query)
            row = next((row for row in rows if counts is None or counts(row.id)), None)
        return None if row is None else Origin(execution_id=row.id, session=row.session)


def _good(
    query: sa.Select[Any], table: sa.Table, notebook: str | None, *, good: bool = True
) -> sa.Select[Any]:
    executions = schema.executions
    query = query.join_from(table, executions, table.c.execution_id == executions.c.id)
    ended = executions.c.status == ExecutionStatus.OK
    query = query.where(ended if good else sa.not_(ended))
    return query if notebook is None else query.where(executions.c.notebook == notebook)
