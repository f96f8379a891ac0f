"""Which schedules have changed since somebody looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column; what is there has never been looked at."""
    op.add_column(
        "schedules", sa.Column("revision", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index("ix_schedules_revision", "schedules", ["revision"])
