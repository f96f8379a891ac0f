"""Steps and their versions, as the ledger knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.executions import NotebookCounts, Step, StepVersion
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database


class VersionRecords:
    """Reads steps and versions; `ExecutionRecords` writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def steps(self, *, notebook: str | None = None, name: str | None = None) -> list[Step]:
        """The steps of a notebook, or of all, in order of first appearance."""
        query = sa.select(schema.steps).order_by(schema.steps.c.id)
        if notebook is not None:
            query = query.where(schema.steps.c.notebook == notebook)
        if name is not None:
            query = query.where(schema.steps.c.name == name)
        with self._database.read() as connection:
            return [
                Step(id=row.id, notebook=row.notebook, name=row.name)
                for row in connection.execute(query)
            ]

    def notebooks(self) -> list[NotebookCounts]:
        """The notebooks with steps or pipelines, by name."""
        steps, built = schema.steps, schema.pipeline_versions
        of_steps = sa.select(
            steps.c.notebook, sa.literal(1).label("steps"), sa.literal(None).label("pipeline")
        )
        of_pipelines = sa.select(built.c.notebook, sa.literal(0), built.c.pipeline_id).distinct()
        both = sa.union_all(of_steps, of_pipelines).subquery()
        query = (
            sa.select(both.c.notebook, sa.func.sum(both.c.steps), sa.func.count(both.c.pipeline))
            .group_by(both.c.notebook)
            .order_by(both.c.notebook)
        )
        with self._database.read() as connection:
            return [
                NotebookCounts(notebook=notebook, steps=int(counted), pipelines=pipelines)
                for notebook, counted, pipelines in connection.execute(query)
            ]

    def versions(self, step: Step) -> list[StepVersion]:
        """The versions of a step, oldest first."""
        return self.versions_of([step])[0]

    def versions_of(self, steps: Sequence[Step]) -> list[list[StepVersion]]:
        """The versions of each of these steps, oldest first."""
        table = schema.step_versions
        by_id: dict[int, list[StepVersion]] = {step.id: [] for step in steps}
        owner = {step.id: step for step in steps}
        query = sa.select(table).where(table.c.step_id.in_(by_id)).order_by(table.c.number)
        with self._database.read() as connection:
            for row in connection.execute(query):
                by_id[row.step_id].append(version_of(row, owner[row.step_id]))
        return [by_id[step.id] for step in steps]

    def current_at(self, step: Step, moment: datetime) -> int | None:
        """The id of the version that had run last at a time; ``None`` before the first."""
        table = schema.executions
        query = (
            sa.select(table.c.version_id)
            .join(schema.step_versions, schema.step_versions.c.id == table.c.version_id)
            .where(schema.step_versions.c.step_id == step.id, table.c.started_at <= moment)
            .order_by(table.c.started_at.desc(), table.c.id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def execution_counts(self, version_ids: Sequence[int]) -> dict[int, int]:
        """How often each of these versions has run, by version id."""
        table = schema.executions
        query = (
            sa.select(table.c.version_id, sa.func.count())
            .where(table.c.version_id.in_(version_ids))
            .group_by(table.c.version_id)
        )
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def version_of(row: sa.Row[Any] | Mapping[str, Any], step: Step) -> StepVersion:
    """A version from its row."""
    field = row if isinstance(row, Mapping) else row._mapping  # noqa: SLF001 (SQLAlchemy's API)
    return StepVersion(
        id=field["id"],
        step=step,
        number=field["number"],
        digest=field["digest"],
        source=field["source"],
        definitions=field["definitions"],
        author=field["author"],
        created_at=field["created_at"],
    )
