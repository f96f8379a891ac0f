"""Which execution made what another one read, found by name and fingerprint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.store.catalog import links, schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.links import Link
from nbmlops.store.catalog.prepared import Asking, Prepared, Row

LATELY = 1000
"""Executions whose names are known."""

_START = 400
"""Characters of a source that are read to name a cell."""

_METRIC, _ARTIFACT = "metric", "artifact"

_IDS: sa.BindParameter[Any] = sa.bindparam("execution_ids", expanding=True)

_NOTHING = sa.cast(sa.null(), sa.Float)

_ROOMS = (1, 8, 64)
"""Executions that one statement asks for: many walks go on along one or two, level by level."""

_Question = Callable[[int], sa.CompoundSelect[*tuple[Any, ...]]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What an execution made and which files it used; of each metric the last value."""

    outputs: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    files_read: tuple[str, ...] = ()
    files_written: tuple[str, ...] = ()


class LineageRecords:
    """Follows values through the ledger, one indexed query for each level.

    An input was made by the latest earlier execution of its session that left the same name with
    the same content; where there is none, by the latest of its notebook. What has no content to
    compare was made by the latest of its session that left the name. A file was made by the
    latest earlier execution, of any notebook, that wrote the same content under the same path.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def walk(self) -> Iterator[LineageWalk]:
        """From level to level, in one transaction: all is seen in one state."""
        with self._database.ask() as asking:
            yield LineageWalk(asking)

    def facts(self, execution_ids: Collection[int]) -> list[ExecutionFacts]:
        """What names these executions, in the order in which they ran."""
        with self._database.read() as connection:
            rows = connection.execute(_facts(), {_IDS.key: list(execution_ids)}).mappings()
            return [
                ExecutionFacts(**{**row, "status": ExecutionStatus(row["status"])}) for row in rows
            ]

    def made(self, execution_ids: Collection[int]) -> dict[int, Made]:
        """What these executions made, displayed and measured, and the files they used, by id."""
        with self._database.read() as connection:
            rows = connection.execute(_made(), {_IDS.key: list(execution_ids)}).all()
        found: dict[int, list[sa.Row[*tuple[Any, ...]]]] = {}
        for row in sorted(rows, key=lambda row: row.place):
            found.setdefault(row.execution_id, []).append(row)
        return {key: _as_made(parts) for key, parts in found.items()}

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
            .order_by(value.c.execution_id.desc())  # as the index has them
            .limit(1)
        )
        if notebook is not None:
            query = query.where(execution.c.notebook == notebook)
        if besides:
            query = query.where(execution.c.id.not_in(besides))
        rows = self._rows(query)
        return int(rows[0]["execution_id"]) if rows else None

    def latest_writer(self, path: str) -> int | None:
        """The latest execution that wrote a file."""
        rows = self._users_of_file(path, "write", most=1)
        return rows[0] if rows else None

    def readers(self, path: str, *, most: int) -> list[int]:
        """The executions that read a file, the latest ones, in the order in which they ran."""
        return sorted(self._users_of_file(path, "read", most=most))

    def _users_of_file(self, path: str, mode: str, *, most: int) -> list[int]:
        table = schema.execution_files
        query = (
            sa.select(table.c.execution_id)
            .where(table.c.path == path, table.c.mode == mode)
            .order_by(table.c.id.desc())
            .limit(most)
        )
        return [int(row["execution_id"]) for row in self._rows(query)]

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

    def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.RowMapping]:
        with self._database.read() as connection:
            return connection.execute(query).mappings().all()


class LineageWalk:
    """The levels of one lineage.

    Args:
        asking: the transaction in which they are asked for.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def makers(self, execution_ids: Collection[int]) -> list[Link]:
        """The inputs of these executions, each with its maker."""
        answers = self._answers(links.makers, execution_ids)
        return [_link(row) for rows in answers for row in rows]

    def users(self, execution_ids: Collection[int]) -> tuple[list[Link], bool]:
        """The inputs of later executions that these may have made, and whether there may be more.

        Each has its maker, which may be another one that left the same.
        """
        found: list[Link] = []
        more = False
        for rows in self._answers(links.users, execution_ids):
            counted = Counter(row["part"] for row in rows)
            limited = (links.VALUES, links.FILES, links.UNKNOWN)
            more = more or links.MOST_USES in (counted[part] for part in limited)
            found += map(_link, rows)
        return found, more

    def _answers(self, question: _Question, execution_ids: Collection[int]) -> Iterator[list[Row]]:
        """What is known of these executions, of as many at once as there is room for."""
        waiting = sorted(execution_ids)
        for begin in range(0, len(waiting), _ROOMS[-1]):
            some = waiting[begin : begin + _ROOMS[-1]]
            room = next(room for room in _ROOMS if len(some) <= room)
            rows = self._asking.all(_prepared(question, room), links.given(some, room))
            yield sorted(rows, key=lambda row: (row["part"], row["place"]))


@cache
def _prepared(question: _Question, room: int) -> Prepared:
    return Prepared(question(room))


def _link(row: Row) -> Link:
    return Link(
        user=row["user"],
        name=row["name"],
        fingerprint=row["fingerprint"],
        maker=row["maker"],
        notebook=row["notebook"],
        session=row["session"],
        kind="file" if row["part"] == links.FILES else "value",
        late=row["part"] == links.LATE,
    )


def _as_made(rows: Iterable[sa.Row[*tuple[Any, ...]]]) -> Made:
    names: dict[str, list[str]] = {}
    metrics: dict[str, float] = {}
    for _, _, what, name, value in rows:
        if what == _METRIC:
            metrics[name] = value
        else:
            names.setdefault(what, []).append(name)
    return Made(
        outputs=tuple(names.get("out", ())),
        metrics=metrics,
        artifacts=tuple(names.get(_ARTIFACT, ())),
        files_read=tuple(dict.fromkeys(names.get("read", ()))),
        files_written=tuple(dict.fromkeys(names.get("write", ()))),
    )


@cache
def _facts() -> sa.Select[*tuple[Any, ...]]:
    table, version, step = schema.executions, schema.step_versions, schema.steps
    return (
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
        .where(table.c.id.in_(_IDS))
        .order_by(table.c.id)
    )


@cache
def _made() -> sa.CompoundSelect[*tuple[Any, ...]]:
    """The names of all that executions made and used, in one statement; metrics with values."""
    values, files, metrics = schema.execution_values, schema.execution_files, schema.metrics
    artifacts = schema.execution_artifacts
    return sa.union_all(
        _of(metrics, sa.literal_column(f"'{_METRIC}'"), metrics.c.name, metrics.c.value),
        _of(values, values.c.direction, values.c.name).where(values.c.direction == "out"),
        _of(artifacts, sa.literal_column(f"'{_ARTIFACT}'"), artifacts.c.name),
        _of(files, files.c.mode, files.c.path),
    )


def _of(
    table: sa.Table,
    what: sa.ColumnElement[str],
    name: sa.ColumnElement[str],
    value: sa.ColumnElement[float] = _NOTHING,
) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        table.c.id.label("place"),
        table.c.execution_id,
        what.label("what"),
        name.label("name"),
        value.label("value"),
    ).where(table.c.execution_id.in_(_IDS))
