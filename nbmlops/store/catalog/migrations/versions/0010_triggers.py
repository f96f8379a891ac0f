"""What makes schedules fire besides cron, how far it was followed, and what led to a fire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns and tables; a schedule without a trigger has that of its cron column."""
    op.add_column("schedules", sa.Column("trigger", sa.JSON(), nullable=True))
    op.add_column("schedules", sa.Column("call_token", sa.Text(), nullable=True))
    op.add_column("fires", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("fires", sa.Column("files", sa.JSON(), nullable=True))
    op.create_table(
        "trigger_progress",
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_trigger_progress_schedule_id")
        ),
        sa.PrimaryKeyConstraint("schedule_id", name=op.f("pk_trigger_progress")),
    )
    op.create_table(
        "trigger_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("called_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_trigger_calls_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_calls")),
        sa.UniqueConstraint("schedule_id", "key", name=op.f("uq_trigger_calls_schedule_id_key")),
    )
