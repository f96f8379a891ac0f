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

from nbmlops.store.catalog import migration, revisions, schema
from nbmlops.store.catalog.sqlite import SqliteDatabase


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    """A connection to a fresh catalog."""
    database = SqliteDatabase(tmp_path / "catalog.db")
    with database.read() as opened:
        yield opened
    database.close()


@pytest.fixture
def migrated() -> Iterator[sa.Connection]:
    """A connection to a catalog that all migrations have made, one after the other."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as opened:
        migration.migrate(opened)
        yield opened
    engine.dispose()


def shape(connection: sa.Connection) -> dict[str, object]:
    """What SQLite says of every table: columns, keys, constraints and indexes."""
    inspector = sa.inspect(connection)
    return {
        table: [
            {column["name"]: str(column) for column in inspector.get_columns(table)},
            inspector.get_pk_constraint(table),
            sorted(map(str, inspector.get_foreign_keys(table))),
            sorted(map(str, inspector.get_unique_constraints(table))),
            sorted(map(str, inspector.get_indexes(table))),
        ]
        for table in inspector.get_table_names()
    }


def test_the_migrations_make_the_tables_of_the_schema(migrated: sa.Connection) -> None:
    context = MigrationContext.configure(migrated, opts={"compare_type": True})
    assert compare_metadata(context, schema.metadata) == []


def test_a_fresh_catalog_is_what_the_migrations_make(
    connection: sa.Connection, migrated: sa.Connection
) -> None:
    assert shape(connection) == shape(migrated)


def test_a_fresh_catalog_is_at_the_newest_revision(connection: sa.Connection) -> None:
    configuration = Config()
    configuration.set_main_option("script_location", str(revisions.FOLDER))
    assert ScriptDirectory.from_config(configuration).get_current_head() == revisions.HEAD
    assert migration.revision_of(connection) == revisions.HEAD


def test_a_revision_that_no_migration_makes_is_unknown() -> None:
    assert revisions.is_known(revisions.HEAD)
    assert not revisions.is_known("9999")


def test_a_folder_with_a_percent_sign_can_be_migrated(tmp_path: Path) -> None:
    folder = tmp_path / "50% {of} it"
    folder.mkdir()
    database = SqliteDatabase(folder / "catalog.db")
    with database.read() as opened:
        assert migration.revision_of(opened) == revisions.HEAD
    database.close()
