"""The content that records name, who names it, and saying that it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nbmlops.store.catalog import documents, schema, storing
from nbmlops.store.catalog.base import Database
from nbmlops.values import literals

RELEASED = ""
"""What an artifact's ``object`` is after its content was given up."""

_VALUES = schema.execution_values
_OUTPUTS = schema.execution_artifacts
_FILES = schema.run_artifacts
_EXECUTIONS = schema.executions
_RUNS = schema.runs
_MEMBERS = schema.dataset_members

Keys = sa.Select[Any] | sa.CompoundSelect[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """The objects that records name: manifests of values, and plain ``objects``."""

    manifests: frozenset[str]
    objects: frozenset[str]


class ReferenceRecords:
    """Reads what each record refers to, and takes references away that lead nowhere."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def references(self) -> References:
        """Every object that a record names."""
        with self._database.read() as connection:
            return References(
                manifests=keys_of(connection, all_manifests()),
                objects=keys_of(
                    connection,
                    sa.union(
                        independent(_OUTPUTS.c.object),
                        independent(_FILES.c.object),
                        independent(schema.pipeline_versions.c.notebook_object),
                        independent(schema.proof_notebooks.c.object),
                        pinned_objects(),
                    ),
                ),
            )

    def lose(self, *, manifests: Iterable[str], reason: str) -> int:
        """Say of values that they cannot be had any more; returns how many records said so."""
        gone = list(manifests)
        with self._database.write() as connection:
            changed = connection.execute(
                sa.update(_VALUES)
                .where(_VALUES.c.manifest.in_(gone))
                .values(manifest=None, reason=reason)
            ).rowcount
            changed += connection.execute(
                sa.update(_EXECUTIONS)
                .where(_EXECUTIONS.c.random_state.in_(gone))
                .values(random_state=None)
            ).rowcount
            changed += connection.execute(
                sa.update(_MEMBERS).where(_MEMBERS.c.manifest.in_(gone)).values(manifest=None)
            ).rowcount
        return changed

    def lose_objects(self, objects: Iterable[str]) -> int:
        """Say of displayed outputs and files of runs, proofs and data sets that they are gone."""
        gone, changed = list(objects), 0
        with self._database.write() as connection:
            for table in (_OUTPUTS, _FILES, schema.proof_notebooks, _MEMBERS):
                changed += connection.execute(
                    sa.update(table).where(table.c.object.in_(gone)).values(object=RELEASED)
                ).rowcount
        return changed

    def owners(self) -> dict[str, str]:
        """For each object or manifest that is named, one record that names it, in words."""
        found: dict[str, str] = {}
        with self._database.read() as connection:
            for query in _OWNERS:
                for key, owner, name in connection.execute(query()):
                    found.setdefault(key, f"{name} of {owner}")
        return found

    def unfinished(self) -> list[tuple[str, str]]:
        """The values that a process began to store and did not, for it has ended.

        Returns:
            What their records say, and whose they are, in words.
        """
        query = _by_execution(_VALUES.c.reason, _VALUES.c.name, _VALUES).where(
            _VALUES.c.reason.startswith(storing.BEGIN)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [
            (reason, f"{name} of {owner}")
            for reason, owner, name in rows
            if storing.told(reason) == storing.ENDED
        ]

    def give_up(self, reasons: Iterable[str]) -> None:
        """Say for good of such values that they were not stored."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(_VALUES)
                .where(_VALUES.c.reason.in_(list(reasons)))
                .values(reason=storing.ENDED)
            )

    def run_folders(self) -> set[tuple[str, str]]:
        """The pipeline and number of every run."""
        query = independent(schema.pipelines.c.name, _RUNS.c.number).join(
            schema.pipelines, schema.pipelines.c.id == _RUNS.c.pipeline_id
        )
        with self._database.read() as connection:
            return {(name, str(number)) for name, number in connection.execute(query)}

    def run_files(self) -> list[tuple[str, int, str, str]]:
        """Pipeline, run number, file name and object of what runs keep."""
        query = (
            independent(schema.pipelines.c.name, _RUNS.c.number, _FILES.c.name, _FILES.c.object)
            .join(_RUNS, _RUNS.c.id == _FILES.c.run_id)
            .join(schema.pipelines, schema.pipelines.c.id == _RUNS.c.pipeline_id)
            .where(_FILES.c.object != RELEASED)
        )
        with self._database.read() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]

    def pinned_files(self) -> list[tuple[str, str]]:
        """Path and object of each file that a data set keeps."""
        query = sa.select(_MEMBERS.c.name, _MEMBERS.c.object).where(
            _MEMBERS.c.object.is_not(None), _MEMBERS.c.object != RELEASED
        )
        with self._database.read() as connection:
            return [(row.name, row.object) for row in connection.execute(query)]

    def problems(self) -> list[str]:
        """What the database finds wrong with the catalog's files and references."""
        return self._database.problems()

    def mend(self, keep: Callable[[list[dict[str, Any]]], None], *, note: str) -> dict[str, str]:
        """Set rows aside that cannot be read; see `documents.mend`.

        A database that looks at its documents itself has none.
        """
        with self._database.write() as connection:
            if connection.dialect.name != "sqlite":
                return {}
            return documents.mend(connection, keep, note=note)


def all_manifests() -> Keys:
    """The manifests of all values that are kept."""
    return sa.union(
        independent(_VALUES.c.manifest).where(
            _VALUES.c.manifest.is_not(None), _VALUES.c.manifest.not_like(literals.ANY)
        ),
        independent(_EXECUTIONS.c.random_state).where(_EXECUTIONS.c.random_state.is_not(None)),
        pinned_manifests().where(_MEMBERS.c.manifest.not_like(literals.ANY)),
    )


def pinned_manifests() -> sa.Select[Any]:
    """The manifests of the values that data sets keep."""
    return independent(_MEMBERS.c.manifest).where(_MEMBERS.c.manifest.is_not(None))


def pinned_objects() -> sa.Select[Any]:
    """The bytes of the files that data sets keep."""
    return independent(_MEMBERS.c.object).where(_MEMBERS.c.object.is_not(None))


def value_owners() -> sa.Select[Any]:
    """Manifest, owner and name of each value that is kept."""
    return _by_execution(_VALUES.c.manifest, _VALUES.c.name, _VALUES).where(
        _VALUES.c.manifest.is_not(None)
    )


def output_owners() -> sa.Select[Any]:
    """Object, owner and name of each displayed output that is kept."""
    return _by_execution(_OUTPUTS.c.object, _OUTPUTS.c.name, _OUTPUTS).where(
        _OUTPUTS.c.object != RELEASED
    )


def file_owners() -> sa.Select[Any]:
    """Object, owner and name of each file of a run that is kept."""
    owner = schema.pipelines.c.name + "#" + sa.cast(_RUNS.c.number, sa.Text)
    return (
        independent(_FILES.c.object, owner, _FILES.c.name)
        .join(_RUNS, _RUNS.c.id == _FILES.c.run_id)
        .join(schema.pipelines, schema.pipelines.c.id == _RUNS.c.pipeline_id)
        .where(_FILES.c.object != RELEASED)
    )


def _state_owners() -> sa.Select[Any]:
    return _named(
        independent(_EXECUTIONS.c.random_state, _owner(), sa.literal("random state")).where(
            _EXECUTIONS.c.random_state.is_not(None)
        )
    )


def _notebook_owners() -> sa.Select[Any]:
    table = schema.pipeline_versions
    owner = schema.pipelines.c.name + "@" + sa.cast(table.c.number, sa.Text)
    return independent(table.c.notebook_object, owner, sa.literal("notebook")).join(
        schema.pipelines, schema.pipelines.c.id == table.c.pipeline_id
    )


def _proof_owners() -> sa.Select[Any]:
    table, versions = schema.proof_notebooks, schema.pipeline_versions
    owner = schema.pipelines.c.name + "@" + sa.cast(versions.c.number, sa.Text)
    return (
        independent(table.c.object, owner, sa.literal("proof"))
        .join(schema.proofs, schema.proofs.c.id == table.c.proof_id)
        .join(versions, versions.c.id == schema.proofs.c.pipeline_version_id)
        .join(schema.pipelines, schema.pipelines.c.id == versions.c.pipeline_id)
        .where(table.c.object != RELEASED)
    )


def _pinned_owners(key: sa.Column[Any]) -> sa.Select[Any]:
    sets, versions = schema.datasets, schema.dataset_versions
    owner = sets.c.name + "@" + sa.cast(versions.c.number, sa.Text)
    return (
        independent(key, owner, _MEMBERS.c.name)
        .join(versions, versions.c.id == _MEMBERS.c.version_id)
        .join(sets, sets.c.id == versions.c.dataset_id)
        .where(key.is_not(None))
    )


def _pinned_file_owners() -> sa.Select[Any]:
    return _pinned_owners(_MEMBERS.c.object)


def _pinned_value_owners() -> sa.Select[Any]:
    return _pinned_owners(_MEMBERS.c.manifest)


_OWNERS = (
    value_owners,
    output_owners,
    file_owners,
    _state_owners,
    _notebook_owners,
    _proof_owners,
    _pinned_file_owners,
    _pinned_value_owners,
)


def _by_execution(key: Any, name: Any, table: sa.Table) -> sa.Select[Any]:
    return _named(
        independent(key, _owner(), name)
        .select_from(table)
        .join(_EXECUTIONS, _EXECUTIONS.c.id == table.c.execution_id)
    )


def _named(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.outerjoin(
        schema.step_versions, schema.step_versions.c.id == _EXECUTIONS.c.version_id
    ).outerjoin(schema.steps, schema.steps.c.id == schema.step_versions.c.step_id)


def _owner() -> sa.ColumnElement[Any]:
    reference = schema.steps.c.name + "@" + sa.cast(schema.step_versions.c.number, sa.Text)
    number = "@" + sa.cast(_EXECUTIONS.c.id, sa.Text)
    return sa.func.coalesce(reference, number + " in " + _EXECUTIONS.c.notebook)


def independent(*columns: Any) -> sa.Select[Any]:
    """A query of its own, whatever statement it stands in."""
    return sa.select(*columns).correlate(None)


def keys_of(connection: sa.Connection, query: Keys) -> frozenset[str]:
    """The distinct keys that a query gives, without those given up."""
    return frozenset(key for key in connection.execute(query).scalars() if key)
