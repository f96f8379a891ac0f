"""The proofs that pipeline versions do what their notebooks do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "proofs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pipeline_version_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("proved_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_version_id"],
            ["pipeline_versions.id"],
            name=op.f("fk_proofs_pipeline_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
    )
    op.create_index(op.f("ix_proofs_pipeline_version_id"), "proofs", ["pipeline_version_id"])
    op.create_table(
        "proof_notebooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proof_id", sa.Integer(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proof_id"], ["proofs.id"], name=op.f("fk_proof_notebooks_proof_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_notebooks")),
    )
    op.create_index(op.f("ix_proof_notebooks_proof_id"), "proof_notebooks", ["proof_id"])
