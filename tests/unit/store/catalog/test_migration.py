"""The migrations build exactly the tables that the code uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from nbmlops.store.catalog import migration, schema
from nbmlops.store.catalog.sqlite import SqliteDatabase


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    """A connection to a fresh catalog."""
    database = SqliteDatabase(tmp_path / "catalog.db")
    with database.read() as opened:
        yield opened
    database.close()


def test_a_fresh_catalog_has_the_tables_of_the_schema(connection: sa.Connection) -> None:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, schema.metadata) == []


def test_a_fresh_catalog_is_at_the_newest_revision(connection: sa.Connection) -> None:
    configuration = Config()
    configuration.set_main_option("script_location", str(migration.FOLDER))
    assert ScriptDirectory.from_config(configuration).get_current_head() == migration.HEAD
    assert migration.revision_of(connection) == migration.HEAD


def test_a_revision_that_no_migration_makes_is_unknown() -> None:
    assert migration.is_known(migration.HEAD)
    assert not migration.is_known("9999")


def test_a_folder_with_a_percent_sign_can_be_migrated(tmp_path: Path) -> None:
    folder = tmp_path / "50% {of} it"
    folder.mkdir()
    database = SqliteDatabase(folder / "catalog.db")
    with database.read() as opened:
        assert migration.revision_of(opened) == migration.HEAD
    database.close()
