"""Data sets, their versions and members, and who used what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from nbmlops.domain.datasets import (
    DatasetUse,
    DatasetVersion,
    LeftOut,
    Member,
    NewDatasetVersion,
    Pinned,
    Source,
    digest_of,
)
from nbmlops.domain.wire import plain, structured
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.references import RELEASED
from nbmlops.store.catalog.upsert import insert_new

_SETS, _VERSIONS, _MEMBERS = schema.datasets, schema.dataset_versions, schema.dataset_members
_EXECUTIONS, _READ, _VALUES = (
    schema.executions,
    schema.execution_files,
    schema.execution_values,
)
_AT_ONCE = 1000
"""Rows of one statement."""

_T = TypeVar("_T")


class DatasetRecords:
    """Keeps each distinct content of a data set as one immutable version.

    A number is never given twice, also where its version was deleted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewDatasetVersion) -> Pinned:
        """Keep a version; equal content is the version that has it already.

        Content of that version which was lost is there again from then on.
        """
        digest = digest_of(new.members)
        with self._database.write() as connection:
            dataset = _dataset_for(connection, new.name)
            known = (_VERSIONS.c.dataset_id == dataset.id) & (_VERSIONS.c.digest == digest)
            row = connection.execute(sa.select(_VERSIONS.c.id).where(known)).one_or_none()
            number = dataset.last + 1
            if row is None:
                version = _insert(connection, new, dataset.id, number, digest)
                numbered = sa.update(_SETS).where(_SETS.c.id == dataset.id).values(last=number)
                connection.execute(numbered)
            else:
                version = row.id
                connection.execute(sa.delete(_MEMBERS).where(_MEMBERS.c.version_id == version))
            _insert_members(connection, version, new.members)
            (found,) = _versions(connection, _VERSIONS.c.id == version)
            return Pinned(version=found, is_new=row is None)

    def versions(self, name: str | None = None) -> list[DatasetVersion]:
        """The versions of a data set, or of all by name, oldest first."""
        condition = sa.true() if name is None else _SETS.c.name == name
        with self._database.read() as connection:
            return _versions(connection, condition)

    def members(self, version: DatasetVersion, *, limit: int | None = None) -> list[Member]:
        """The members of a version, files before values, by name; all, or the first of them."""
        query = (
            sa.select(_MEMBERS)
            .where(_MEMBERS.c.version_id == version.id)
            .order_by(_MEMBERS.c.kind, _MEMBERS.c.name)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_member(row) for row in connection.execute(query)]

    def delete(self, versions: Sequence[DatasetVersion]) -> None:
        """Forget versions; their numbers are not given again."""
        ids = [version.id for version in versions]
        with self._database.write() as connection:
            connection.execute(sa.delete(_MEMBERS).where(_MEMBERS.c.version_id.in_(ids)))
            connection.execute(sa.delete(_VERSIONS).where(_VERSIONS.c.id.in_(ids)))

    def uses(self, version: DatasetVersion) -> list[DatasetUse]:
        """Who read content of a version, as recorded: those that read most of it first."""
        found: dict[tuple[Any, ...], DatasetUse] = {}
        with self._database.read() as connection:
            for query in (_file_uses(version.id), _value_uses(version.id)):
                for row in connection.execute(query):
                    use = _use(row)
                    key = (use.used_by, use.notebook, use.run)
                    before = found.get(key)
                    found[key] = use if before is None else _both(before, use)
        return sorted(found.values(), key=lambda one: (-one.members, -one.last_at.timestamp()))

    def latest_execution(self, step_id: int, *, version_id: int | None = None) -> int | None:
        """The newest execution of a step that succeeded, of one version or of any."""
        versions = schema.step_versions
        wanted = versions.c.step_id == step_id
        if version_id is not None:
            wanted &= versions.c.id == version_id
        # of each version by itself: an index leads to it, however often it has run
        newest = (
            sa.select(sa.func.max(_EXECUTIONS.c.id))
            .where(_EXECUTIONS.c.version_id == versions.c.id, _EXECUTIONS.c.status == "ok")
            .correlate(versions)
            .scalar_subquery()
        )
        each = sa.select(newest.label("id")).where(wanted).subquery()
        with self._database.read() as connection:
            return connection.execute(sa.select(sa.func.max(each.c.id))).scalar()

    def manifests(self, fingerprints: Iterable[str]) -> dict[str, str]:
        """The manifests of those values that were kept, by fingerprint; the newest of each."""
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for some in _parts(list(dict.fromkeys(fingerprints))):
                kept = _VALUES.c.fingerprint.in_(some) & _VALUES.c.manifest.is_not(None)
                query = sa.select(_VALUES.c.fingerprint, _VALUES.c.manifest).where(kept)
                rows = connection.execute(query.order_by(_VALUES.c.id))
                found |= {row.fingerprint: row.manifest for row in rows}
        return found


def _parts(found: Sequence[_T]) -> list[Sequence[_T]]:
    return [found[start : start + _AT_ONCE] for start in range(0, len(found), _AT_ONCE)]


def _dataset_for(connection: sa.Connection, name: str) -> sa.Row[Any]:
    connection.execute(insert_new(_SETS).values(name=name, last=0))
    return connection.execute(sa.select(_SETS).where(_SETS.c.name == name)).one()


def _insert(
    connection: sa.Connection, new: NewDatasetVersion, dataset: int, number: int, digest: str
) -> int:
    values = {
        "dataset_id": dataset,
        "number": number,
        "digest": digest,
        "comment": new.comment,
        "author": new.author,
        "created_at": new.created_at,
        "source": None if new.source is None else plain(new.source),
        "left_out": plain(new.left_out),
    }
    made = sa.insert(_VERSIONS).values(values).returning(_VERSIONS.c.id)
    return int(connection.execute(made).scalar_one())


def _insert_members(connection: sa.Connection, version: int, members: Sequence[Member]) -> None:
    for some in _parts(members):
        rows = [{"version_id": version, **plain(member)} for member in some]
        connection.execute(sa.insert(_MEMBERS), rows)


def _versions(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[DatasetVersion]:
    is_file = sa.case((_MEMBERS.c.kind == "file", 1), else_=0)
    counts = (
        sa.select(
            _MEMBERS.c.version_id,
            sa.func.count().label("members"),
            sa.func.sum(is_file).label("files"),
            sa.func.sum(_MEMBERS.c.size).label("size"),
        )
        .join(_VERSIONS, _VERSIONS.c.id == _MEMBERS.c.version_id)
        .join(_SETS, _SETS.c.id == _VERSIONS.c.dataset_id)
        .where(condition)
        .group_by(_MEMBERS.c.version_id)
        .subquery()
    )
    query = (
        sa.select(_VERSIONS, _SETS.c.name, counts.c.members, counts.c.files, counts.c.size)
        .join(_SETS, _SETS.c.id == _VERSIONS.c.dataset_id)
        .outerjoin(counts, counts.c.version_id == _VERSIONS.c.id)
        .where(condition)
        .order_by(_SETS.c.name, _VERSIONS.c.number)
    )
    return [_version(row) for row in connection.execute(query)]


def _version(row: sa.Row[Any]) -> DatasetVersion:
    files = int(row.files or 0)
    return DatasetVersion(
        id=row.id,
        name=row.name,
        number=row.number,
        digest=row.digest,
        comment=row.comment,
        author=row.author,
        created_at=row.created_at,
        source=None if row.source is None else structured(row.source, Source),
        left_out=structured(row.left_out, tuple[LeftOut, ...]),
        files=files,
        values=int(row.members or 0) - files,
        size=int(row.size or 0),
    )


def _member(row: sa.Row[Any]) -> Member:
    return Member(
        kind=row.kind,
        name=row.name,
        digest=row.digest,
        size=row.size,
        object=None if row.object == RELEASED else row.object,
        manifest=row.manifest,
        text=row.text,
    )


def _file_uses(version: int) -> sa.Select[Any]:
    read = (_READ.c.digest == _MEMBERS.c.digest) & (_READ.c.mode == "read")
    return _uses(_READ, sa.and_(read, _MEMBERS.c.kind == "file"), version)


def _value_uses(version: int) -> sa.Select[Any]:
    same = (_VALUES.c.fingerprint == _MEMBERS.c.digest) & (_VALUES.c.name == _MEMBERS.c.name)
    read = same & (_VALUES.c.direction == "in")
    return _uses(_VALUES, sa.and_(read, _MEMBERS.c.kind == "value"), version)


def _uses(table: sa.Table, read: sa.ColumnElement[bool], version: int) -> sa.Select[Any]:
    """The executions that read members, by version and run: along the index of the digest."""
    runs, pipelines = schema.runs, schema.pipelines
    steps, versions = schema.steps, schema.step_versions
    who = (_EXECUTIONS.c.notebook, steps.c.name, versions.c.number)
    run = (pipelines.c.name.label("pipeline"), runs.c.number.label("run"))
    return (
        sa.select(
            *(column.label(label) for column, label in zip(who, _WHO, strict=True)),
            *run,
            sa.func.count(_MEMBERS.c.id.distinct()).label("members"),
            sa.func.count(_EXECUTIONS.c.id.distinct()).label("executions"),
            sa.func.max(_EXECUTIONS.c.started_at).label("last_at"),
        )
        .select_from(_MEMBERS)
        .join(table, read)
        .join(_EXECUTIONS, _EXECUTIONS.c.id == table.c.execution_id)
        .outerjoin(versions, versions.c.id == _EXECUTIONS.c.version_id)
        .outerjoin(steps, steps.c.id == versions.c.step_id)
        .outerjoin(runs, runs.c.id == _EXECUTIONS.c.run_id)
        .outerjoin(pipelines, pipelines.c.id == runs.c.pipeline_id)
        .where(_MEMBERS.c.version_id == version)
        .group_by(*who, pipelines.c.name, runs.c.number)
    )


_WHO = ("notebook", "step", "number")


def _use(row: sa.Row[Any]) -> DatasetUse:
    last: datetime = row.last_at
    return DatasetUse(
        used_by=row.notebook if row.step is None else f"{row.step}@{row.number}",
        notebook=row.notebook,
        run=None if row.run is None else f"{row.pipeline}#{row.run}",
        members=row.members,
        executions=row.executions,
        last_at=last,
    )


def _both(files: DatasetUse, values: DatasetUse) -> DatasetUse:
    """What the files and the values of a version say of the same reader."""
    return replace(
        files,
        members=files.members + values.members,
        executions=max(files.executions, values.executions),
        last_at=max(files.last_at, values.last_at),
    )
