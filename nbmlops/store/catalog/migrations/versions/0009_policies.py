"""Limits and policies of schedules, pools, and a ledger whose rows have a key of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from nbmlops.store.catalog.column_types import UtcDateTime

revision = "0009"
down_revision = "0008"

_KEPT = "id, schedule_id, due_at, status, attempts, token, owner, lease_until, run_id, note"


def upgrade() -> None:
    """Add the columns, and make the ledger again around its rows."""
    for column in (
        sa.Column("backfill", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("at_once", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("max_active", sa.Integer(), nullable=True),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("policies", sa.JSON(), nullable=True),
    ):
        op.add_column("schedules", column)
    op.create_table(
        "pools",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pools")),
    )
    op.rename_table("fires", "fires_before")
    op.drop_index("ix_fires_status", "fires_before")
    _make_ledger()
    # The text of a due time is its key; every row so far was written by the clock.
    op.execute(
        f'INSERT INTO fires ({_KEPT}, "key", source, rank, queued_at) '  # noqa: S608 (constants)
        f"SELECT {_KEPT}, CAST(due_at AS TEXT), 'clock', 0, due_at FROM fires_before"
    )
    op.drop_table("fires_before")


def _make_ledger() -> None:
    op.create_table(
        "fires",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("interval_start", UtcDateTime(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("deadline_at", UtcDateTime(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_fires_run_id")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_fires_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fires")),
        sa.UniqueConstraint("schedule_id", "key", name=op.f("uq_fires_schedule_id_key")),
    )
    for columns in (
        ["schedule_id", "due_at"],
        ["schedule_id", "status", "queued_at"],
        ["status", "rank", "queued_at"],
        ["late", "deadline_at"],
    ):
        op.create_index(op.f(f"ix_fires_{'_'.join(columns)}"), "fires", columns)
