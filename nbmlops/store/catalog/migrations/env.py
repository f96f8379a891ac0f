"""Alembic's entry: run migrations on the connection that `migration.migrate` hands over."""

from __future__ import annotations

from alembic import context

from nbmlops.store.catalog.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
