"""Travels of a session, and the way to its executions and to values by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("executions", sa.Column("travelled_to", sa.Integer(), nullable=True))
    op.create_index("ix_executions_session", "executions", ["session"])
    op.create_index("ix_executions_notebook", "executions", ["notebook"])
    op.create_index("ix_execution_values_name", "execution_values", ["name"])
