"""What people call schedules and single jobs, and which jobs they have put away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime, big_integer, json_type

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "job_labels",
        sa.Column("id", big_integer(), nullable=False),
        sa.Column("schedule_id", big_integer(), nullable=False),
        sa.Column("fire_id", big_integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tags", json_type(), nullable=False),
        sa.Column("formats", json_type(), nullable=False),
        sa.Column("options", json_type(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_labels")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_job_labels_schedule_id")
        ),
        sa.ForeignKeyConstraint(["fire_id"], ["fires.id"], name=op.f("fk_job_labels_fire_id")),
    )
    op.create_index("ix_job_labels_schedule_id_fire_id", "job_labels", ["schedule_id", "fire_id"])
    op.create_index("ix_job_labels_fire_id", "job_labels", ["fire_id"])
