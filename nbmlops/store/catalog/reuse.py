"""What a planner asks of the catalog, and which recorded results a run has taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

_NEWEST = 5
"""Executions of one digest that are looked at: older ones rarely hold where these do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One execution of a session; ``outputs`` maps names to fingerprints.

    ``state`` says that it changed something in the process that no name holds.
    """

    id: int
    digest: str
    source: str
    random_state: str | None
    state: bool = False
    outputs: dict[str, str | None] = field(default_factory=dict)


class ReuseRecords:
    """Finds executions of exactly some code, and what their sessions ran besides."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def candidates(self, digests: Collection[str], notebook: str) -> dict[str, list[int]]:
        """The newest executions of each digest that ended well: ids, the newest first.

        Of a notebook that has several cells with the same code, the newest of each.
        """
        table = schema.executions
        each = (table.c.digest, sa.case((table.c.notebook == notebook, table.c.cell_id), else_=""))
        rank = sa.func.row_number().over(partition_by=each, order_by=table.c.id.desc())
        ranked = (
            sa.select(table.c.id, table.c.digest, rank.label("rank"))
            .where(table.c.digest.in_(digests), table.c.status == ExecutionStatus.OK)
            .subquery()
        )
        query = (
            sa.select(ranked.c.id, ranked.c.digest)
            .where(ranked.c.rank <= _NEWEST)
            .order_by(ranked.c.id.desc())
        )
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.digest, []).append(row.id)
        return found

    def failed(self, digests: Collection[str]) -> frozenset[str]:
        """Those of the digests that have run without ending well."""
        table = schema.executions
        query = (
            sa.select(table.c.digest)
            .where(table.c.digest.in_(digests), table.c.status != ExecutionStatus.OK)
            .distinct()
        )
        with self._database.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def states(self, digests: Collection[str]) -> dict[str, str]:
        """What executions of some code changed in their process, one thing for each digest."""
        table, outside = schema.executions, schema.execution_externals
        query = (
            sa.select(table.c.digest, sa.func.min(outside.c.name).label("name"))
            .join(outside, outside.c.execution_id == table.c.id)
            .where(table.c.digest.in_(digests), outside.c.kind == "state")
            .group_by(table.c.digest)
        )
        with self._database.read() as connection:
            return {row.digest: row.name for row in connection.execute(query)}

    def ran(self, notebook: str) -> tuple[frozenset[str], frozenset[str]]:
        """The ids of the cells of a notebook that have run, and the names of its steps."""
        cells = (
            sa.select(schema.executions.c.cell_id)
            .where(schema.executions.c.notebook == notebook)
            .distinct()
        )
        steps = sa.select(schema.steps.c.name).where(schema.steps.c.notebook == notebook)
        with self._database.read() as connection:
            return (
                frozenset(filter(None, connection.execute(cells).scalars())),
                frozenset(connection.execute(steps).scalars()),
            )

    def session(self, session: str) -> list[SessionRow]:
        """What a kernel session ran, in order, with what each cell left."""
        table, values = schema.executions, schema.execution_values
        outside = schema.execution_externals
        of_session = table.c.session == session
        rows = (
            sa.select(table.c.id, table.c.digest, table.c.source, table.c.random_state)
            .where(of_session)
            .order_by(table.c.id)
        )
        made = (
            sa.select(values.c.execution_id, values.c.name, values.c.fingerprint)
            .join(table, table.c.id == values.c.execution_id)
            .where(of_session, values.c.direction == "out")
        )
        left = (
            sa.select(outside.c.execution_id)
            .join(table, table.c.id == outside.c.execution_id)
            .where(of_session, outside.c.kind == "state")
        )
        outputs: dict[int, dict[str, str | None]] = {}
        with self._database.read() as connection:
            for row in connection.execute(made):
                outputs.setdefault(row.execution_id, {})[row.name] = row.fingerprint
            stateful = frozenset(connection.execute(left).scalars())
            return [
                SessionRow(
                    id=row.id,
                    digest=row.digest,
                    source=row.source,
                    random_state=row.random_state,
                    state=row.id in stateful,
                    outputs=outputs.get(row.id, {}),
                )
                for row in connection.execute(rows)
            ]

    def last_of_cell(self, run_id: int, cell_id: str) -> int | None:
        """The id of the latest execution of a cell in a run."""
        table = schema.executions
        query = sa.select(sa.func.max(table.c.id)).where(
            table.c.run_id == run_id, table.c.cell_id == cell_id
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def take(self, run_id: int, execution_ids: Iterable[int]) -> None:
        """Write down that a run has taken the results of recorded executions."""
        rows = [{"run_id": run_id, "execution_id": found} for found in execution_ids]
        if rows:
            with self._database.write() as connection:
                connection.execute(sa.insert(schema.run_reuses), rows)

    def taken(self, run_id: int) -> list[int]:
        """The executions whose results a run has taken, in the order of its cells."""
        table = schema.run_reuses
        query = sa.select(table.c.execution_id).where(table.c.run_id == run_id).order_by(table.c.id)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())
