"""The names of step versions, as the catalog keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from nbmlops.domain.executions import Step, StepVersion
from nbmlops.domain.tags import VersionTag
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

_TAGS = schema.version_tags


class TagRecords:
    """Keeps which version of a step has which name: one at most."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, version: StepVersion, name: str, *, author: str, at: datetime) -> None:
        """Give a name to a version, which takes it from the one that had it."""
        mine = (_TAGS.c.step_id == version.step.id, _TAGS.c.name == name)
        with self._database.write() as connection:
            connection.execute(sa.delete(_TAGS).where(*mine))
            connection.execute(
                sa.insert(_TAGS).values(
                    step_id=version.step.id,
                    name=name,
                    version_id=version.id,
                    author=author,
                    tagged_at=at,
                )
            )

    def take(self, step: Step, name: str) -> None:
        """Take a name away."""
        with self._database.write() as connection:
            connection.execute(
                sa.delete(_TAGS).where(_TAGS.c.step_id == step.id, _TAGS.c.name == name)
            )

    def of(self, steps: Sequence[Step]) -> list[VersionTag]:
        """The names of versions of these steps, by step and name."""
        versions, owner = schema.step_versions, {step.id: step for step in steps}
        query = (
            sa.select(_TAGS, versions.c.number)
            .join(versions, versions.c.id == _TAGS.c.version_id)
            .where(_TAGS.c.step_id.in_(owner))
            .order_by(_TAGS.c.step_id, _TAGS.c.name)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            VersionTag(
                name=row["name"],
                reference=f"{owner[row['step_id']].name}@{row['number']}",
                step=owner[row["step_id"]].name,
                notebook=owner[row["step_id"]].notebook,
                version_id=row["version_id"],
                author=row["author"],
                tagged_at=row["tagged_at"],
            )
            for row in rows
        ]
