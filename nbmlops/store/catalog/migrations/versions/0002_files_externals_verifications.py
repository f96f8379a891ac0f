"""What an execution did outside of the namespace, and the proofs that it can be repeated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "execution_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("execution_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("known_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_execution_files_execution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution_files")),
    )
    for column in ("digest", "execution_id", "path"):
        op.create_index(op.f(f"ix_execution_files_{column}"), "execution_files", [column])
    op.create_table(
        "execution_externals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("execution_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_execution_externals_execution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution_externals")),
    )
    op.create_index(
        op.f("ix_execution_externals_execution_id"), "execution_externals", ["execution_id"]
    )
    op.create_table(
        "verifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("execution_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("tolerance", sa.Float(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_verifications_execution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index(op.f("ix_verifications_execution_id"), "verifications", ["execution_id"])
