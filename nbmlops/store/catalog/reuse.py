"""What a planner asks of the catalog, and which recorded results a run has taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.values import ValueRecord
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.executions import value_of

_NEWEST = 5
"""Executions of one digest that are looked at: older ones rarely hold where these do not."""

# Built once, as those of executions: each run asks them.
_EXECUTIONS, _VALUES, _OUTSIDE = (
    schema.executions,
    schema.execution_values,
    schema.execution_externals,
)
_NEW_EACH_TIME = ("chance", "clock", "database", "process", "url")
_DIGESTS: sa.BindParameter[Any] = sa.bindparam("digests", expanding=True)
_NOTEBOOK: sa.BindParameter[Any] = sa.bindparam("notebook")
_RANKED = (
    sa.select(
        _EXECUTIONS.c.id,
        _EXECUTIONS.c.digest,
        sa.func.row_number()
        .over(
            partition_by=(
                _EXECUTIONS.c.digest,
                sa.case((_EXECUTIONS.c.notebook == _NOTEBOOK, _EXECUTIONS.c.cell_id), else_=""),
            ),
            order_by=_EXECUTIONS.c.id.desc(),
        )
        .label("rank"),
    )
    .where(_EXECUTIONS.c.digest.in_(_DIGESTS), _EXECUTIONS.c.status == ExecutionStatus.OK)
    .subquery()
)
_CANDIDATES = (
    sa.select(_RANKED.c.id, _RANKED.c.digest)
    .where(_RANKED.c.rank <= _NEWEST)
    .order_by(_RANKED.c.id.desc())
)
_FAILED = (
    sa.select(_EXECUTIONS.c.digest)
    .where(_EXECUTIONS.c.digest.in_(_DIGESTS), _EXECUTIONS.c.status != ExecutionStatus.OK)
    .distinct()
)
_STATES = (
    sa.select(_EXECUTIONS.c.digest, sa.func.min(_OUTSIDE.c.name).label("name"))
    .join(_OUTSIDE, _OUTSIDE.c.execution_id == _EXECUTIONS.c.id)
    .where(_EXECUTIONS.c.digest.in_(_DIGESTS), _OUTSIDE.c.kind == "state")
    .group_by(_EXECUTIONS.c.digest)
)
_OF_SESSION = _EXECUTIONS.c.session == sa.bindparam("session")
_SESSION = (
    sa.select(
        _EXECUTIONS.c.id, _EXECUTIONS.c.digest, _EXECUTIONS.c.source, _EXECUTIONS.c.random_state
    )
    .where(_OF_SESSION)
    .order_by(_EXECUTIONS.c.id)
)
_VALUES_OF_SESSION = (
    sa.select(_VALUES.c.execution_id, _VALUES.c.name, _VALUES.c.direction, _VALUES.c.fingerprint)
    .join(_EXECUTIONS, _EXECUTIONS.c.id == _VALUES.c.execution_id)
    .where(_OF_SESSION)
)
_LEFT_IN_SESSION = (
    sa.select(_OUTSIDE.c.execution_id, _OUTSIDE.c.kind, _OUTSIDE.c.name, _OUTSIDE.c.detail)
    .join(_EXECUTIONS, _EXECUTIONS.c.id == _OUTSIDE.c.execution_id)
    .where(_OF_SESSION, _OUTSIDE.c.kind.in_(["state", "environment", *_NEW_EACH_TIME]))
)
_LAST_OF_CELL = sa.select(sa.func.max(_EXECUTIONS.c.id)).where(
    _EXECUTIONS.c.run_id == sa.bindparam("run"), _EXECUTIONS.c.cell_id == sa.bindparam("cell")
)
_TAKEN = (
    sa.select(schema.run_reuses.c.execution_id)
    .where(schema.run_reuses.c.run_id == sa.bindparam("run"))
    .order_by(schema.run_reuses.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One execution of a session; ``inputs`` and ``outputs`` map names to fingerprints.

    ``left`` are the things in the process that it changed and that no name holds, ``asked`` what it
    used that is new each time, ``variables`` maps those of the environment that it set to the
    digests of their values.
    """

    id: int
    digest: str
    source: str
    random_state: str | None
    left: dict[str, None] = field(default_factory=dict)
    asked: dict[str, None] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str | None] = field(default_factory=dict)
    outputs: dict[str, str | None] = field(default_factory=dict)


class ReuseRecords:
    """Finds executions of exactly some code, and what their sessions ran besides."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def candidates(self, digests: Collection[str], notebook: str) -> dict[str, list[int]]:
        """The newest executions of each digest that ended well: ids, the newest first.

        Of a notebook that has several cells with the same code, the newest of each.
        """
        given = {"digests": list(digests), "notebook": notebook}
        found: dict[str, list[int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(_CANDIDATES, given):
                found.setdefault(row.digest, []).append(row.id)
        return found

    def failed(self, digests: Collection[str]) -> frozenset[str]:
        """Those of the digests that have run without ending well."""
        with self._database.read() as connection:
            return frozenset(connection.execute(_FAILED, {"digests": list(digests)}).scalars())

    def states(self, digests: Collection[str]) -> dict[str, str]:
        """What executions of some code changed in their process, one thing for each digest."""
        given = {"digests": list(digests)}
        with self._database.read() as connection:
            return {row.digest: row.name for row in connection.execute(_STATES, given)}

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

    def latest(self, notebook: str, cell_id: str, step: str | None) -> int | None:
        """The newest execution of a cell, or of a step of that name, that ended well."""
        table, versions, steps = schema.executions, schema.step_versions, schema.steps
        of_step = (
            sa.select(versions.c.id)
            .join(steps, versions.c.step_id == steps.c.id)
            .where(steps.c.notebook == notebook, steps.c.name == step)
        )
        query = sa.select(sa.func.max(table.c.id)).where(
            table.c.notebook == notebook,
            table.c.status == ExecutionStatus.OK,
            sa.or_(table.c.cell_id == cell_id, table.c.version_id.in_(of_step)),
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def session(self, session: str) -> list[SessionRow]:
        """What a kernel session ran, in order, with what each cell left."""
        given = {"session": session}
        left: dict[int, dict[str, None]] = {}
        asked: dict[int, dict[str, None]] = {}
        variables: dict[int, dict[str, str]] = {}
        values: dict[tuple[int, str], dict[str, str | None]] = {}
        with self._database.read() as connection:
            for row in connection.execute(_VALUES_OF_SESSION, given):
                own = values.setdefault((row.execution_id, row.direction), {})
                own[row.name] = row.fingerprint
            for change in connection.execute(_LEFT_IN_SESSION, given):
                if change.kind == "state":
                    left.setdefault(change.execution_id, {})[change.name] = None
                elif change.kind in _NEW_EACH_TIME:
                    asked.setdefault(change.execution_id, {})[change.name] = None
                else:
                    variables.setdefault(change.execution_id, {})[change.name] = change.detail
            return [
                SessionRow(
                    id=row.id,
                    digest=row.digest,
                    source=row.source,
                    random_state=row.random_state,
                    left=left.get(row.id, {}),
                    asked=asked.get(row.id, {}),
                    variables=variables.get(row.id, {}),
                    inputs=values.get((row.id, "in"), {}),
                    outputs=values.get((row.id, "out"), {}),
                )
                for row in connection.execute(_SESSION, given)
            ]

    def outputs(self, fingerprints: Collection[str]) -> dict[str, ValueRecord]:
        """The newest output with each of these contents; one that was kept where there is one."""
        table = schema.execution_values
        query = (
            sa.select(table)
            .where(table.c.fingerprint.in_(fingerprints), table.c.direction == "out")
            .order_by(table.c.manifest.is_not(None), table.c.id)
        )
        with self._database.read() as connection:
            found = connection.execute(query).mappings().all()
        return {row["fingerprint"]: value_of(row) for row in found}

    def last_of_cell(self, run_id: int, cell_id: str) -> int | None:
        """The id of the latest execution of a cell in a run."""
        given = {"run": run_id, "cell": cell_id}
        with self._database.read() as connection:
            return connection.execute(_LAST_OF_CELL, given).scalar()

    def take(self, run_id: int, execution_ids: Iterable[int]) -> None:
        """Write down that a run has taken the results of recorded executions.

        One whose run was forgotten meanwhile is left out.
        """
        wanted, table = list(execution_ids), schema.executions
        if not wanted:
            return
        with self._database.write() as connection:
            there = set(
                connection.execute(sa.select(table.c.id).where(table.c.id.in_(wanted))).scalars()
            )
            rows = [{"run_id": run_id, "execution_id": one} for one in wanted if one in there]
            if rows:
                connection.execute(sa.insert(schema.run_reuses), rows)

    def versions_taken(self, run_id: int) -> frozenset[tuple[str, int]]:
        """The steps, with the versions, whose results a run has taken, wholly or in part."""
        reuses, table = schema.run_reuses, schema.executions
        versions, steps = schema.step_versions, schema.steps
        query = (
            sa.select(steps.c.name, versions.c.number)
            .join(versions, versions.c.step_id == steps.c.id)
            .join(table, table.c.version_id == versions.c.id)
            .join(reuses, reuses.c.execution_id == table.c.id)
            .where(reuses.c.run_id == run_id)
        )
        with self._database.read() as connection:
            return frozenset((name, number) for name, number in connection.execute(query))

    def taken(self, run_id: int) -> list[int]:
        """The executions whose results a run has taken, in the order of its cells."""
        with self._database.read() as connection:
            return list(connection.execute(_TAKEN, {"run": run_id}).scalars())

    def executed_or_taken(self, run_id: int) -> list[int]:
        """The executions of a run, and those whose results it has taken; those of a cell in order.

        Those that ended well only.
        """
        table, reuses = schema.executions, schema.run_reuses
        taken = sa.select(reuses.c.execution_id).where(reuses.c.run_id == run_id)
        query = (
            sa.select(table.c.id)
            .where(
                sa.or_(table.c.run_id == run_id, table.c.id.in_(taken)),
                table.c.status == ExecutionStatus.OK,
            )
            .order_by(table.c.run_id == run_id, table.c.id)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())
