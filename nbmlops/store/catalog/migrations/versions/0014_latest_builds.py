"""Which version of a pipeline was built last, where a notebook went back to an earlier one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; of builds before it, that of the highest number was the last."""
    op.add_column("pipeline_versions", sa.Column("built", sa.Integer(), nullable=True))
