"""Named pools of places that runs share."""

from __future__ import annotations

import sqlalchemy as sa

from nbmlops.domain.schedules import FireStatus, Pool
from nbmlops.errors import UnknownNameError
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

_POOLS = schema.pools


class PoolRecords:
    """Keeps how large each pool is; who claims a due time counts what is taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Pool]:
        """Every pool by name, with what is taken and what waits."""
        with self._database.read() as connection:
            busy = _counts(connection, FireStatus.CLAIMED)
            waiting = _counts(connection, FireStatus.DUE)
            rows = connection.execute(sa.select(_POOLS).order_by(_POOLS.c.name)).all()
        return [
            Pool(
                name=row.name,
                size=row.size,
                busy=busy.get(row.name, 0),
                waiting=waiting.get(row.name, 0),
            )
            for row in rows
        ]

    def resize(self, name: str, size: int) -> None:
        """Make a pool, or change its size; what runs in it goes on."""
        with self._database.write() as connection:
            known = sa.update(_POOLS).where(_POOLS.c.name == name).values(size=size)
            if not connection.execute(known).rowcount:
                connection.execute(sa.insert(_POOLS).values(name=name, size=size))

    def remove(self, name: str) -> list[int]:
        """Remove a pool that no schedule uses.

        Returns:
            The schedules that use it: where there are some, it stays.
        """
        table = schema.schedules
        users = sa.select(table.c.id).where(table.c.pool == name, table.c.deleted.is_(False))
        with self._database.write() as connection:
            found = [int(row[0]) for row in connection.execute(users)]
            if not found:
                connection.execute(sa.delete(_POOLS).where(_POOLS.c.name == name))
        return found


def check_pool(connection: sa.Connection, name: str | None) -> None:
    """Refuse a pool that there is not: what waits for a place in it would wait for ever.

    Raises:
        UnknownNameError: there is none of that name.
    """
    known = [row[0] for row in connection.execute(sa.select(_POOLS.c.name))]
    if name is not None and name not in known:
        raise UnknownNameError("pool", name, known, cure=f"Make it: nbmlops pools {name} --size 2.")


def _counts(connection: sa.Connection, status: FireStatus) -> dict[str, int]:
    fires, schedules = schema.fires, schema.schedules
    query = (
        sa.select(schedules.c.pool, sa.func.count())
        .join(fires, fires.c.schedule_id == schedules.c.id)
        .where(fires.c.status == status, schedules.c.pool.is_not(None))
        .group_by(schedules.c.pool)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
