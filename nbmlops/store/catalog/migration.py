"""Bring a catalog's schema up to date with Alembic."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from nbmlops.store.catalog import schema

HEAD = "0020"
"""The newest revision under ``migrations/versions``; a test keeps it so."""

_REVISIONS = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where Alembic keeps the revision."""

FOLDER = Path(__file__).with_name("migrations")


def revision_of(connection: sa.Connection) -> str | None:
    """The revision that the database is at; ``None`` for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def is_known(revision: str) -> bool:
    """Whether this release of nbmlops knows the revision."""
    return any(path.name.startswith(f"{revision}_") for path in FOLDER.glob("versions/*.py"))


def upgrade(connection: sa.Connection) -> None:
    """Make the tables, or run the migrations that are missing, inside the caller's transaction.

    An empty database gets its tables as they are now, which takes no Alembic: importing that
    costs more than all else that a kernel's first record does.
    """
    if revision_of(connection) is None:
        schema.metadata.create_all(connection)
        _REVISIONS.create(connection)
        connection.execute(_REVISIONS.insert().values(version_num=HEAD))
    else:
        migrate(connection)


def migrate(connection: sa.Connection) -> None:
    """Run the migrations that are missing; all of them in an empty database."""
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
