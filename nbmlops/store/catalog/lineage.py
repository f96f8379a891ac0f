"""Which execution made what another one read, found by name and fingerprint."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

REACH = 5000
"""Values of equal name and content that are looked at for a maker, the nearest in time first."""

LATELY = 1000
"""Executions whose names are known."""

MOST_USES = 500
"""Uses of the values of one level that are looked at."""

_IDS: sa.BindParameter[Any] = sa.bindparam("execution_ids", expanding=True)

_START = 400
"""Characters of a source that are read to name a cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An input of ``user``, and the execution that made it; ``None`` where none is known.

    ``name`` is a variable or a path; ``fingerprint`` that of the value or the file's content.
    """

    user: int
    name: str
    fingerprint: str | None
    maker: int | None
    kind: Literal["value", "file"] = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFacts:
    """What names an execution; ``source`` is its beginning."""

    id: int
    notebook: str
    cell_id: str | None
    source: str
    session: str
    run_id: int | None
    status: ExecutionStatus
    started_at: datetime
    author: str
    step: str | None
    version: int | None


class LineageRecords:
    """Follows values through the ledger, one indexed query for each level.

    An input was made by the latest earlier execution of its session that left the same name with
    the same content; where there is none, by the latest of its notebook. A file was made by the
    latest earlier execution, of any notebook, that wrote the same content under the same path.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def makers(self, execution_ids: Collection[int]) -> list[Link]:
        """The inputs of these executions, each with its maker."""
        values, files = _makers()
        return [
            *self._links(values, execution_ids),
            *self._links(files, execution_ids, "file"),
            *self._started(schema.execution_externals.c.execution_id.in_(execution_ids)),
        ]

    def users(self, execution_ids: Collection[int]) -> tuple[list[Link], bool]:
        """The inputs of later executions that these may have made, and whether there may be more.

        Each has its maker, which may be another one that left the same.
        """
        of_values, of_files = _users()
        values = self._links(of_values, execution_ids)
        files = self._links(of_files, execution_ids, "file")
        late = self._started(_is_late_of(execution_ids))
        return [*values, *files, *late], MOST_USES in (len(values), len(files))

    def facts(self, execution_ids: Collection[int]) -> list[ExecutionFacts]:
        """What names these executions, in the order in which they ran."""
        table, version, step = schema.executions, schema.step_versions, schema.steps
        query = (
            sa.select(
                table.c.id,
                table.c.notebook,
                table.c.cell_id,
                sa.func.substr(table.c.source, 1, _START).label("source"),
                table.c.session,
                table.c.run_id,
                table.c.status,
                table.c.started_at,
                table.c.author,
                step.c.name.label("step"),
                version.c.number.label("version"),
            )
            .outerjoin(version, version.c.id == table.c.version_id)
            .outerjoin(step, step.c.id == version.c.step_id)
            .where(table.c.id.in_(execution_ids))
            .order_by(table.c.id)
        )
        return [
            ExecutionFacts(**{**row, "status": ExecutionStatus(row["status"])})
            for row in self._rows(query)
        ]

    def outputs(self, execution_ids: Collection[int]) -> dict[int, list[str]]:
        """The names that these executions bound or changed."""
        table = schema.execution_values
        return self._grouped(table, table.c.name, execution_ids, table.c.direction == "out")

    def artifacts(self, execution_ids: Collection[int]) -> dict[int, list[str]]:
        """The names of what these executions displayed."""
        table = schema.execution_artifacts
        return self._grouped(table, table.c.name, execution_ids, sa.true())

    def files(self, execution_ids: Collection[int]) -> dict[tuple[int, str], list[str]]:
        """The paths that these executions read or wrote, by execution and mode."""
        table = schema.execution_files
        query = sa.select(table.c.execution_id, table.c.mode, table.c.path)
        query = query.where(table.c.execution_id.in_(execution_ids)).order_by(table.c.id)
        found: dict[tuple[int, str], dict[str, None]] = {}
        for row in self._rows(query):
            found.setdefault((row["execution_id"], row["mode"]), {})[row["path"]] = None
        return {key: list(paths) for key, paths in found.items()}

    def metrics(self, execution_ids: Collection[int]) -> dict[int, dict[str, float]]:
        """The last value of each metric of these executions."""
        table = schema.metrics
        query = sa.select(table).where(table.c.execution_id.in_(execution_ids))
        found: dict[int, dict[str, float]] = {}
        for row in self._rows(query.order_by(table.c.id)):
            found.setdefault(row["execution_id"], {})[row["name"]] = row["value"]
        return found

    def latest_maker(
        self, name: str, *, notebook: str | None = None, besides: Collection[int] = ()
    ) -> int | None:
        """The latest execution that bound or changed a name.

        Args:
            name: the variable.
            notebook: the notebook's key; any where ``None``.
            besides: executions that do not count.
        """
        value, execution = schema.execution_values, schema.executions
        query = (
            sa.select(value.c.execution_id)
            .join(execution, execution.c.id == value.c.execution_id)
            .where(value.c.name == name, value.c.direction == "out")
            .order_by(value.c.id.desc())
            .limit(1)
        )
        if notebook is not None:
            query = query.where(execution.c.notebook == notebook)
        if besides:
            query = query.where(execution.c.id.not_in(besides))
        rows = self._rows(query)
        return int(rows[0]["execution_id"]) if rows else None

    def latest_of_file(self, path: str) -> int | None:
        """The latest execution that wrote a file; where there is none, the latest that read it."""
        table = schema.execution_files
        query = (
            sa.select(table.c.execution_id)
            .where(table.c.path == path, table.c.mode.in_(("write", "read")))
            .order_by((table.c.mode == "write").desc(), table.c.id.desc())
            .limit(1)
        )
        rows = self._rows(query)
        return int(rows[0]["execution_id"]) if rows else None

    def known_names(self, notebook: str | None, *, limit: int = LATELY) -> list[str]:
        """The names that the latest executions bound or changed; of a notebook if given."""
        value, execution = schema.execution_values, schema.executions
        lately = sa.select(execution.c.id).order_by(execution.c.id.desc()).limit(limit)
        if notebook is not None:
            lately = lately.where(execution.c.notebook == notebook)
        query = (
            sa.select(value.c.name)
            .where(value.c.execution_id.in_(lately), value.c.direction == "out")
            .distinct()
        )
        return sorted(row["name"] for row in self._rows(query))

    def _started(self, condition: sa.ColumnElement[bool]) -> list[Link]:
        """From what threads and tasks changed late to the executions that had started them."""
        table = schema.execution_externals
        query = sa.select(table.c.execution_id, table.c.name, table.c.detail)
        query = query.where(condition, table.c.kind == "thread", table.c.name != "0")
        return [
            Link(
                user=row["execution_id"],
                name=row["detail"],
                fingerprint=None,
                maker=int(row["name"]),
            )
            for row in self._rows(query.order_by(table.c.id))
        ]

    def _links(
        self,
        query: sa.Select[*tuple[Any, ...]],
        execution_ids: Collection[int],
        kind: Literal["value", "file"] = "value",
    ) -> list[Link]:
        with self._database.read() as connection:
            rows = connection.execute(query, {_IDS.key: list(execution_ids)})
            return [
                Link(user=user, name=name, fingerprint=fingerprint, maker=maker, kind=kind)
                for user, name, fingerprint, maker in rows
            ]

    def _grouped(
        self,
        table: sa.Table,
        column: sa.Column[str],
        execution_ids: Collection[int],
        condition: sa.ColumnElement[bool],
    ) -> dict[int, list[str]]:
        query = (
            sa.select(table.c.execution_id, column.label("name"))
            .where(table.c.execution_id.in_(execution_ids), condition)
            .order_by(table.c.id)
        )
        return _by_execution(self._rows(query))

    def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.RowMapping]:
        with self._database.read() as connection:
            return connection.execute(query).mappings().all()


def _is_late_of(execution_ids: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether a row belongs to what these executions had started; found without reading all."""
    table, late, starter = schema.execution_externals, schema.executions, schema.executions.alias()
    notebooks = sa.select(starter.c.notebook).where(starter.c.id.in_(execution_ids))
    # that no cell made it lets an index find it among many executions
    made = sa.select(late.c.id).where(late.c.notebook.in_(notebooks), late.c.cell_id.is_(None))
    return sa.and_(
        table.c.execution_id.in_(made), table.c.name.in_([str(number) for number in execution_ids])
    )


def _by_execution(rows: Iterable[sa.RowMapping]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["execution_id"], []).append(row["name"])
    return found


# Made once: putting one together takes longer than answering it, and a walk asks for each level.
@cache
def _makers() -> tuple[sa.Select[*tuple[Any, ...]], sa.Select[*tuple[Any, ...]]]:
    """The inputs of executions and what made them: values, files."""
    wanted, user = schema.execution_values.alias("wanted"), schema.executions.alias("reader")
    values = (
        sa.select(wanted.c.execution_id, wanted.c.name, wanted.c.fingerprint, _maker(wanted, user))
        .join(user, user.c.id == wanted.c.execution_id)
        .where(wanted.c.execution_id.in_(_IDS), wanted.c.direction == "in")
        .order_by(wanted.c.id)
    )
    read = schema.execution_files.alias("read")
    files = (
        sa.select(read.c.execution_id, read.c.path, read.c.digest, _writer(read))
        .where(read.c.execution_id.in_(_IDS), read.c.mode == "read")
        .order_by(read.c.id)
    )
    return values, files


@cache
def _users() -> tuple[sa.Select[*tuple[Any, ...]], sa.Select[*tuple[Any, ...]]]:
    """The later uses of what executions made: values, files."""
    made = schema.execution_values.alias("made")
    maker = schema.executions.alias("made_in")
    wanted, user = schema.execution_values.alias("wanted"), schema.executions.alias("reader")
    values = (
        sa.select(wanted.c.execution_id, wanted.c.name, wanted.c.fingerprint, _maker(wanted, user))
        .select_from(made)
        .join(maker, maker.c.id == made.c.execution_id)
        .join(wanted, wanted.c.fingerprint == made.c.fingerprint)
        .join(user, user.c.id == wanted.c.execution_id)
        .where(
            made.c.execution_id.in_(_IDS),
            made.c.direction == "out",
            wanted.c.direction == "in",
            wanted.c.name == made.c.name,
            wanted.c.id > made.c.id,
            user.c.notebook == maker.c.notebook,
        )
        .limit(MOST_USES)
    )
    return values, _readers()


def _maker(wanted: sa.FromClause, user: sa.FromClause) -> sa.ColumnElement[int | None]:
    """The execution that made an input: of its session, else of its notebook."""
    same_session = _latest(wanted, user, "session")
    same_notebook = _latest(wanted, user, "notebook")
    return sa.func.coalesce(same_session, same_notebook)


def _latest(wanted: sa.FromClause, user: sa.FromClause, place: str) -> sa.ScalarSelect[int]:
    """The nearest of the values of equal content that came before, if it is of that place.

    Read along the index, newest first, so that the first that fits ends the search; `REACH`
    ends it where a value is as common as ``True``.
    """
    made, maker = schema.execution_values.alias(), schema.executions.alias()
    is_there = (
        sa.select(maker.c.id)
        .where(maker.c.id == made.c.execution_id, maker.c[place] == user.c[place])
        .correlate(made, user)
        .exists()
    )
    return (
        sa.select(made.c.execution_id)
        .where(
            made.c.fingerprint == wanted.c.fingerprint,
            made.c.id < wanted.c.id,
            made.c.id >= _farthest(wanted),
            made.c.direction == "out",
            made.c.name == wanted.c.name,
            is_there,
        )
        .order_by(made.c.id.desc())
        .limit(1)
        .correlate(wanted, user)
        .scalar_subquery()
    )


def _farthest(wanted: sa.FromClause) -> sa.ColumnElement[int]:
    """The oldest of the values of equal name and content that are looked at."""
    equal = schema.execution_values.alias()
    oldest = (
        sa.select(equal.c.id)
        .where(
            equal.c.fingerprint == wanted.c.fingerprint,
            equal.c.direction == "out",
            equal.c.name == wanted.c.name,
            equal.c.id < wanted.c.id,
        )
        .order_by(equal.c.id.desc())
        .limit(1)
        .offset(REACH)
        .correlate(wanted)
        .scalar_subquery()
    )
    return sa.func.coalesce(oldest, 0)


def _writer(read: sa.FromClause) -> sa.ScalarSelect[int]:
    """The latest earlier execution that wrote what was read."""
    written = schema.execution_files.alias()
    return (
        sa.select(written.c.execution_id)
        .where(
            written.c.path == read.c.path,
            written.c.digest == read.c.digest,
            written.c.mode == "write",
            written.c.execution_id < read.c.execution_id,
        )
        .order_by(written.c.id.desc())
        .limit(1)
        .correlate(read)
        .scalar_subquery()
    )


def _readers() -> sa.Select[*tuple[Any, ...]]:
    """The later executions that read what these wrote."""
    written, read = schema.execution_files.alias("written"), schema.execution_files.alias("read")
    return (
        sa.select(read.c.execution_id, read.c.path, read.c.digest, _writer(read))
        .select_from(written)
        .join(read, sa.and_(read.c.path == written.c.path, read.c.digest == written.c.digest))
        .where(
            written.c.execution_id.in_(_IDS),
            written.c.mode == "write",
            read.c.mode == "read",
            read.c.execution_id > written.c.execution_id,
        )
        .limit(MOST_USES)
    )
