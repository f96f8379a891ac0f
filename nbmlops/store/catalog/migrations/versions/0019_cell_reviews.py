"""Decisions on the cells of pipeline versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime, big_integer

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "cell_reviews",
        sa.Column("id", big_integer(), nullable=False),
        sa.Column("pipeline_version_id", big_integer(), nullable=False),
        sa.Column("cell_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_version_id"],
            ["pipeline_versions.id"],
            name=op.f("fk_cell_reviews_pipeline_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cell_reviews")),
    )
    op.create_index(
        op.f("ix_cell_reviews_pipeline_version_id"), "cell_reviews", ["pipeline_version_id"]
    )
