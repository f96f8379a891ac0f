"""How long runs may take and how often they are tried, each attempt, and who cancelled one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("runs", sa.Column("rules", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("attempts", sa.JSON(), nullable=True))
    op.add_column("runs", sa.Column("cancelled_by", sa.Text(), nullable=True))
    op.add_column("schedules", sa.Column("rules", sa.JSON(), nullable=True))
