"""What runs have found of drift, and the runs in a row that did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime, big_integer

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "drift_findings",
        sa.Column("run_id", big_integer(), autoincrement=False, nullable=False),
        sa.Column("drifted", sa.Boolean(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_drift_findings")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_drift_findings_run_id")),
    )
    op.create_index("ix_drift_findings_told_at", "drift_findings", ["told_at"])
    op.create_table(
        "drift_streaks",
        sa.Column("id", big_integer(), nullable=False),
        sa.Column("pipeline_id", big_integer(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_streaks")),
        sa.UniqueConstraint(
            "pipeline_id", "trigger", name=op.f("uq_drift_streaks_pipeline_id_trigger")
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipelines.id"], name=op.f("fk_drift_streaks_pipeline_id")
        ),
    )
