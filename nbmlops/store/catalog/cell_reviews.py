"""The ledger of decisions on cells."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from nbmlops.domain.approvals import CellReview
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database


class CellReviewRecords:
    """Keeps decisions on the cells of pipeline versions; nothing is edited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, version: PipelineVersion, reviews: Iterable[CellReview]) -> None:
        """Write decisions behind those before them."""
        with self._database.write() as connection:
            for review in reviews:
                connection.execute(
                    sa.insert(schema.cell_reviews).values(
                        pipeline_version_id=version.id,
                        cell_id=review.cell_id,
                        title=review.title,
                        digest=review.digest,
                        decision=review.decision,
                        author=review.author,
                        comment=review.comment,
                        decided_at=review.decided_at,
                    )
                )

    def of_pipeline(self, pipeline: str) -> list[CellReview]:
        """Every decision on a cell of any version of a pipeline, oldest first."""
        table, versions = schema.cell_reviews, schema.pipeline_versions
        query = (
            sa.select(table, versions.c.number)
            .join(versions, versions.c.id == table.c.pipeline_version_id)
            .join(schema.pipelines, schema.pipelines.c.id == versions.c.pipeline_id)
            .where(schema.pipelines.c.name == pipeline)
            .order_by(table.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            CellReview(
                reference=f"{pipeline}@{row['number']}",
                cell_id=row["cell_id"],
                title=row["title"],
                digest=row["digest"],
                decision=row["decision"],
                author=row["author"],
                comment=row["comment"],
                decided_at=row["decided_at"],
            )
            for row in rows
        ]
