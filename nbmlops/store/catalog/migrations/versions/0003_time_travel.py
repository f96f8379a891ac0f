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
    op.create_index("ix_metrics_name", "metrics", ["name"])
    for table, before, after in _WIDER:
        op.drop_index(f"ix_{table}_{'_'.join(before)}", table)
        op.create_index(f"ix_{table}_{'_'.join(after)}", table, after)
    found = ["version_id", "status", "run_id"]
    op.create_index("ix_executions_version_id_status_run_id", "executions", found)


# Queries on a large table are answered from these alone.
_WIDER = (
    ("executions", ["notebook", "cell_id"], ["notebook", "cell_id", "run_id"]),
    ("execution_values", ["fingerprint"], ["fingerprint", "direction", "name"]),
    ("execution_files", ["path"], ["path", "mode"]),
)
