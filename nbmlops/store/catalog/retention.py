"""Giving up the stored content that no policy keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionStatus
from nbmlops.domain.runs import RunStatus
from nbmlops.domain.upkeep import ReleasedContent
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.references import (
    RELEASED,
    Keys,
    References,
    all_manifests,
    file_owners,
    independent,
    keys_of,
    output_owners,
    pinned_manifests,
    pinned_objects,
    value_owners,
)

_AT_ONCE = 2000
"""Rows that one transaction changes."""

_VALUES = schema.execution_values
_OUTPUTS = schema.execution_artifacts
_FILES = schema.run_artifacts
_EXECUTIONS = schema.executions
_RUNS = schema.runs
_REUSES = schema.run_reuses


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a policy gives up; ``runs`` are the pipeline and number of each run that goes."""

    names: References
    content: tuple[ReleasedContent, ...]
    runs: tuple[tuple[str, int], ...]


class RetentionRecords:
    """Takes references away from records that stay.

    Always kept is the content of: the newest executions of each version, in all, among those that
    succeeded, and among those that succeeded in the notebook; the runs of pipeline versions that
    are approved or scheduled; runs that are not over; executions that a verification is about, and
    those of versions that have a tag;
    the values that any of these read; and what data sets have pinned.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, *, keep_last: int, since: datetime) -> Release:
        """What `release` would give up."""
        with self._database.read() as connection:
            return _plan(connection, _Kept(keep_last=keep_last, since=since))

    def release(self, *, keep_last: int, since: datetime, reason: str) -> Release:
        """Take away the references that no policy keeps; the records themselves stay.

        Args:
            keep_last: how many executions of each version, and runs of each pipeline version.
            since: what ran since is kept.
            reason: what a value's record says from now on.
        """
        with self._database.read() as connection:
            plan = _plan(connection, _Kept(keep_last=keep_last, since=since))
            values = _rows(connection, _VALUES.c.manifest, plan.names.manifests)
            states = _rows(connection, _EXECUTIONS.c.random_state, plan.names.manifests)
            outputs = _rows(connection, _OUTPUTS.c.object, plan.names.objects)
            files = _rows(connection, _FILES.c.object, plan.names.objects)
        self._write(_VALUES, values, manifest=None, reason=reason)
        self._write(_EXECUTIONS, states, random_state=None)
        self._write(_OUTPUTS, outputs, object=RELEASED)
        self._write(_FILES, files, object=RELEASED)
        return plan

    def _write(self, table: sa.Table, ids: list[int], **values: str | None) -> None:
        """Change rows, some at once: a kernel that records does not wait for all of them."""
        for start in range(0, len(ids), _AT_ONCE):
            chosen = table.c.id.in_(ids[start : start + _AT_ONCE])
            with self._database.write() as connection:
                connection.execute(sa.update(table).where(chosen).values(**values))


class _Kept:
    """The content that stays, as queries."""

    def __init__(self, *, keep_last: int, since: datetime) -> None:
        self._keep_last = keep_last
        self._since = since

    def runs(self) -> Keys:
        """The ids of runs whose files stay."""
        newest = _ranked(_RUNS, (_RUNS.c.pipeline_version_id,))
        return sa.union(
            independent(_RUNS.c.id).where(
                (_RUNS.c.status == RunStatus.RUNNING)
                | (_RUNS.c.started_at >= self._since)
                | _RUNS.c.pipeline_version_id.in_(_relied_on())
            ),
            independent(newest.c.id).where(newest.c.rank <= self._keep_last),
        )

    def executions(self) -> Keys:
        """The ids of executions whose values and outputs stay."""
        # One unnamed cell counts like one version.
        unnamed = sa.case((_EXECUTIONS.c.version_id.is_(None), _EXECUTIONS.c.notebook))
        cell = sa.case((_EXECUTIONS.c.version_id.is_(None), _EXECUTIONS.c.cell_id))
        code = (_EXECUTIONS.c.version_id, unnamed, cell)
        newest = _ranked(_EXECUTIONS, code)
        succeeded = _EXECUTIONS.c.status == ExecutionStatus.OK
        good = _ranked(_EXECUTIONS, code, succeeded)
        shown = _ranked(_EXECUTIONS, code, succeeded & _EXECUTIONS.c.run_id.is_(None))
        return sa.union(
            independent(newest.c.id).where(newest.c.rank <= self._keep_last),
            independent(good.c.id).where(good.c.rank <= self._keep_last),
            independent(shown.c.id).where(shown.c.rank <= self._keep_last),
            independent(_EXECUTIONS.c.id).where(
                (_EXECUTIONS.c.started_at >= self._since) | _EXECUTIONS.c.run_id.in_(self.runs())
            ),
            independent(_REUSES.c.execution_id).where(_REUSES.c.run_id.in_(self.runs())),
            independent(schema.verifications.c.execution_id),
            independent(_EXECUTIONS.c.id).where(
                _EXECUTIONS.c.version_id.in_(sa.select(schema.version_tags.c.version_id))
            ),
        )

    def manifests(self) -> Keys:
        """The values that stay: what these executions made, and what they had read."""
        mine = _VALUES.c.execution_id.in_(self.executions())
        read = independent(_VALUES.c.fingerprint).where(
            mine, _VALUES.c.direction == "in", _VALUES.c.fingerprint.is_not(None)
        )
        return sa.union(
            independent(_VALUES.c.manifest).where(mine, _VALUES.c.manifest.is_not(None)),
            independent(_VALUES.c.manifest).where(
                _VALUES.c.fingerprint.in_(read), _VALUES.c.manifest.is_not(None)
            ),
            independent(_EXECUTIONS.c.random_state).where(
                _EXECUTIONS.c.id.in_(self.executions()), _EXECUTIONS.c.random_state.is_not(None)
            ),
            pinned_manifests(),
        )

    def objects(self) -> Keys:
        """The displayed outputs and the files of runs that stay."""
        outputs = independent(_OUTPUTS.c.object)
        files = independent(_FILES.c.object)
        return sa.union(
            outputs.where(_OUTPUTS.c.execution_id.in_(self.executions())),
            files.where(_FILES.c.run_id.in_(self.runs())),
            pinned_objects(),
        )


def _ranked(
    table: sa.Table, code: Iterable[sa.ColumnElement[Any]], condition: Any = None
) -> sa.Subquery:
    """Each row's place among those of the same code, the newest first."""
    rank = sa.func.row_number().over(partition_by=list(code), order_by=table.c.id.desc())
    query = independent(table.c.id, rank.label("rank"))
    return (query if condition is None else query.where(condition)).subquery()


def _relied_on() -> Keys:
    """The pipeline versions whose latest decision is an approval, or that have a schedule."""
    table = schema.approvals
    latest = independent(sa.func.max(table.c.id)).group_by(table.c.pipeline_version_id)
    return sa.union(
        independent(table.c.pipeline_version_id).where(
            table.c.id.in_(latest), table.c.decision == "approved"
        ),
        independent(schema.schedules.c.pipeline_version_id).where(
            schema.schedules.c.deleted.is_(False)
        ),
    )


def _rows(connection: sa.Connection, column: sa.Column[Any], keys: frozenset[str]) -> list[int]:
    """The ids of the rows that name one of these keys, as of the same moment as the plan."""
    query = sa.select(column.table.c.id, column).where(column.is_not(None))
    return [row[0] for row in connection.execute(query) if row[1] in keys]


def _plan(connection: sa.Connection, kept: _Kept) -> Release:
    named = sa.union(independent(_OUTPUTS.c.object), independent(_FILES.c.object))
    objects = keys_of(connection, named) - keys_of(connection, kept.objects())
    manifests = keys_of(connection, all_manifests()) - keys_of(connection, kept.manifests())
    goes = independent(schema.pipelines.c.name, _RUNS.c.number).join(
        schema.pipelines, schema.pipelines.c.id == _RUNS.c.pipeline_id
    )
    runs = connection.execute(goes.where(_RUNS.c.id.not_in(kept.runs())).order_by(_RUNS.c.id))
    return Release(
        names=References(manifests=manifests, objects=objects),
        content=_content(connection, manifests, objects),
        runs=tuple((row[0], row[1]) for row in runs),
    )


def _content(
    connection: sa.Connection, manifests: frozenset[str], objects: frozenset[str]
) -> tuple[ReleasedContent, ...]:
    """What each step version, notebook and run loses."""
    values: dict[str, int] = {}
    outputs: dict[str, int] = {}
    for counted, query, keys in (
        (values, value_owners(), manifests),
        (outputs, output_owners(), objects),
        (outputs, file_owners(), objects),
    ):
        for key, owner, _ in connection.execute(query):
            if key in keys:
                counted[owner] = counted.get(owner, 0) + 1
    return tuple(
        ReleasedContent(owner=owner, values=values.get(owner, 0), outputs=outputs.get(owner, 0))
        for owner in {**values, **outputs}
    )
