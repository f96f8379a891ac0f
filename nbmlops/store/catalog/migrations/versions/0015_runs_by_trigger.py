"""Indexes of runs by what started them: old runs of one schedule are looked for after each run."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_runs_trigger_id", "runs", ["trigger", "id"])
    op.create_index("ix_runs_trigger_status_id", "runs", ["trigger", "status", "id"])
