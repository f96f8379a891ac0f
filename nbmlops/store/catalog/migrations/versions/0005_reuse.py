"""Recorded results that a run has taken, and the run that it goes on with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    """Create the table and the column."""
    op.create_table(
        "run_reuses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("execution_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_reuses_run_id")),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_run_reuses_execution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_reuses")),
    )
    for column in ("execution_id", "run_id"):
        op.create_index(op.f(f"ix_run_reuses_{column}"), "run_reuses", [column])
    op.add_column("runs", sa.Column("goes_on_with", sa.Integer(), nullable=True))
