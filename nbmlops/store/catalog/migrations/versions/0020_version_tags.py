"""Names of step versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime, big_integer

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "version_tags",
        sa.Column("id", big_integer(), nullable=False),
        sa.Column("step_id", big_integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version_id", big_integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("tagged_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name=op.f("fk_version_tags_step_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["step_versions.id"], name=op.f("fk_version_tags_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_tags")),
        sa.UniqueConstraint("step_id", "name", name=op.f("uq_version_tags_step_id_name")),
    )
    op.create_index(op.f("ix_version_tags_version_id"), "version_tags", ["version_id"])
