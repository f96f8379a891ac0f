"""Bring a catalog's schema up to date with Alembic."""

from __future__ import annotations

import sqlalchemy as sa

from nbmlops.store.catalog import schema
from nbmlops.store.catalog.revisions import FOLDER, HEAD

REVISIONS = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where Alembic keeps the revision."""


def revision_of(connection: sa.Connection) -> str | None:
    """The revision that the database is at; ``None`` for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def upgrade(connection: sa.Connection) -> None:
    """Make the tables, or run the migrations that are missing, inside the caller's transaction.

    An empty database gets its tables as they are now, which takes no Alembic: importing that
    costs more than all else that a kernel's first record does.
    """
    if revision_of(connection) is None:
        schema.metadata.create_all(connection)
        REVISIONS.create(connection)
        connection.execute(REVISIONS.insert().values(version_num=HEAD))
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
