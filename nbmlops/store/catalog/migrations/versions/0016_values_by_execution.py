"""Indexes of values and sessions by execution: who left a name last is read from one place."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Replace those that end before the execution."""
    op.create_index(
        "ix_execution_values_name_direction_execution_id",
        "execution_values",
        ["name", "direction", "execution_id"],
    )
    op.drop_index("ix_execution_values_name", "execution_values")
    op.create_index("ix_executions_session_id", "executions", ["session", "id"])
    op.drop_index("ix_executions_session", "executions")
