"""Pipelines, their versions and the decisions on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.approvals import Approval
from nbmlops.domain.pipelines import FILE_SEEN, PipelineEdge, PipelineSpec, PipelineVersion
from nbmlops.domain.wire import decode, encode
from nbmlops.errors import UnknownNameError
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.upsert import insert_new

_NUMBER = schema.pipeline_versions.c.number
_BUILD = sa.func.coalesce(schema.pipeline_versions.c.built, _NUMBER)
"""What orders versions by their latest build; catalogs of earlier releases do not say."""


class PipelineRecords:
    """Keeps each distinct digest of a pipeline as one immutable version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        spec: PipelineSpec,
        *,
        notebook_object: str,
        environment: str | None,
        author: str,
        created_at: datetime,
    ) -> tuple[PipelineVersion, bool]:
        """Keep a spec.

        Returns:
            The version, and whether it is new: a digest that was built before is that version,
            with the files added by which its steps were seen to depend on each other since.
            Either way it is the one that was built last.
        """
        with self._database.write() as connection:
            pipeline_id = _pipeline_for(connection, spec.name)
            known = _select(connection, schema.pipeline_versions.c.pipeline_id == pipeline_id)
            last = _last_build(connection, pipeline_id)
            for version in known:
                if version.spec.digest == spec.digest:
                    _built_again(connection, version, last)
                    named = _under(connection, version, spec.notebook)
                    return _with_files(connection, named, spec.edges), False
            number = known[-1].number + 1 if known else 1
            connection.execute(
                sa.insert(schema.pipeline_versions).values(
                    pipeline_id=pipeline_id,
                    number=number,
                    digest=spec.digest,
                    notebook=spec.notebook,
                    spec=encode(spec).decode(),
                    notebook_object=notebook_object,
                    environment=environment,
                    author=author,
                    created_at=created_at,
                    built=last + 1,
                )
            )
            made = _select(
                connection,
                (schema.pipeline_versions.c.pipeline_id == pipeline_id)
                & (schema.pipeline_versions.c.number == number),
            )
        return made[0], True

    def names(self) -> list[str]:
        """The names of all pipelines, sorted."""
        with self._database.read() as connection:
            return list(
                connection.execute(
                    sa.select(schema.pipelines.c.name).order_by(schema.pipelines.c.name)
                ).scalars()
            )

    def names_of(self, notebook: str) -> list[str]:
        """The names of the pipelines that were built from a notebook, the newest build last."""
        table = schema.pipeline_versions
        query = (
            sa.select(schema.pipelines.c.name)
            .join(table, table.c.pipeline_id == schema.pipelines.c.id)
            .where(table.c.notebook == notebook)
            .group_by(schema.pipelines.c.name)
            .order_by(sa.func.max(table.c.id))
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def versions(self, name: str) -> list[PipelineVersion]:
        """The versions of a pipeline, oldest first."""
        with self._database.read() as connection:
            return _select(connection, schema.pipelines.c.name == name)

    def by_build(self, name: str) -> list[PipelineVersion]:
        """The versions of a pipeline, the one that was built last at the end."""
        with self._database.read() as connection:
            return _select(connection, schema.pipelines.c.name == name, order=_BUILD)

    def by_id(self, version_id: int) -> PipelineVersion:
        """The version with that id.

        Raises:
            UnknownNameError: there is none.
        """
        with self._database.read() as connection:
            found = _select(connection, schema.pipeline_versions.c.id == version_id)
        if not found:
            raise UnknownNameError("pipeline version", f"id {version_id}")
        return found[0]

    def decide(self, version: PipelineVersion, approval: Approval) -> PipelineVersion:
        """Write a decision behind those before it."""
        with self._database.write() as connection:
            connection.execute(
                sa.insert(schema.approvals).values(
                    pipeline_version_id=version.id,
                    decision=approval.decision,
                    digest=approval.digest,
                    author=approval.author,
                    comment=approval.comment,
                    decided_at=approval.decided_at,
                )
            )
            return _select(connection, schema.pipeline_versions.c.id == version.id)[0]

    def decisions(self, version: PipelineVersion) -> list[Approval]:
        """Every decision on a version, oldest first."""
        query = (
            sa.select(schema.approvals)
            .where(schema.approvals.c.pipeline_version_id == version.id)
            .order_by(schema.approvals.c.id)
        )
        with self._database.read() as connection:
            return [_approval(row) for row in connection.execute(query).mappings()]


def _with_files(
    connection: sa.Connection, version: PipelineVersion, edges: Iterable[PipelineEdge]
) -> PipelineVersion:
    """The version with the edges by files that it had not when it was built; none goes."""
    known = {(edge.source, edge.target): edge for edge in version.spec.edges}
    new = False
    for edge in edges:
        old = known.get((edge.source, edge.target))
        kept = set(old.names) if old is not None else set()
        told = set(map(_path, kept))
        names = {n for n in edge.names if n.startswith(FILE_SEEN) and _path(n) not in told}
        if names:
            sure = old is not None and old.known_by == "static"
            known[edge.source, edge.target] = replace(
                edge,
                names=tuple(sorted(names | kept)),
                known_by="static" if sure else "observed",
            )
            new = True
    if not new:
        return version
    spec = replace(version.spec, edges=tuple(known.values()))
    connection.execute(
        sa.update(schema.pipeline_versions)
        .where(schema.pipeline_versions.c.id == version.id)
        .values(spec=encode(spec).decode())
    )
    return replace(version, spec=spec)


def _last_build(connection: sa.Connection, pipeline_id: int) -> int:
    query = sa.select(sa.func.max(_BUILD)).where(
        schema.pipeline_versions.c.pipeline_id == pipeline_id
    )
    return int(connection.execute(query).scalar_one() or 0)


def _built_again(connection: sa.Connection, version: PipelineVersion, last: int) -> None:
    """Make a version the one that was built last, unless it is."""
    table = schema.pipeline_versions
    connection.execute(
        sa.update(table).where((table.c.id == version.id) & (last > _BUILD)).values(built=last + 1)
    )


def _path(name: str) -> str:
    return name.partition(" (seen in ")[0]


def _under(connection: sa.Connection, version: PipelineVersion, notebook: str) -> PipelineVersion:
    """The version with the present name of its notebook."""
    table = schema.pipeline_versions
    connection.execute(sa.update(table).where(table.c.id == version.id).values(notebook=notebook))
    return replace(version, spec=replace(version.spec, notebook=notebook))


def _pipeline_for(connection: sa.Connection, name: str) -> int:
    connection.execute(insert_new(schema.pipelines).values(name=name))
    query = sa.select(schema.pipelines.c.id).where(schema.pipelines.c.name == name)
    return int(connection.execute(query).scalar_one())


def _select(
    connection: sa.Connection,
    condition: sa.ColumnElement[bool],
    *,
    order: sa.ColumnElement[int] = _NUMBER,
) -> list[PipelineVersion]:
    table = schema.pipeline_versions
    query = (
        sa.select(table)
        .join(schema.pipelines, schema.pipelines.c.id == table.c.pipeline_id)
        .where(condition)
        .order_by(order, _NUMBER)
    )
    rows = connection.execute(query).mappings().all()
    decided = _latest_decisions(connection, [row["id"] for row in rows])
    return [_version(row, decided.get(row["id"])) for row in rows]


def _latest_decisions(connection: sa.Connection, ids: list[int]) -> dict[int, Approval]:
    table = schema.approvals
    query = sa.select(table).where(table.c.pipeline_version_id.in_(ids)).order_by(table.c.id)
    return {
        row["pipeline_version_id"]: _approval(row) for row in connection.execute(query).mappings()
    }


def _version(row: sa.RowMapping, approval: Approval | None) -> PipelineVersion:
    return PipelineVersion(
        id=row["id"],
        number=row["number"],
        spec=replace(decode(row["spec"], PipelineSpec), notebook=row["notebook"]),
        notebook_object=row["notebook_object"],
        environment=row["environment"],
        author=row["author"],
        created_at=row["created_at"],
        approval=approval,
    )


def _approval(row: Any) -> Approval:
    return Approval(
        decision=row["decision"],
        digest=row["digest"],
        author=row["author"],
        comment=row["comment"],
        decided_at=row["decided_at"],
    )
