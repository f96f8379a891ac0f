"""The trigger of a schedule, and from where on its events count, as rows."""

from __future__ import annotations

import sqlalchemy as sa

from nbmlops.domain.triggers import Cron, Progress, Trigger, trigger_of_plain
from nbmlops.domain.wire import plain
from nbmlops.store.catalog import schema


def begin(connection: sa.Connection, schedule_id: int, progress: Progress | None) -> None:
    """Keep from where on events count; one revision behind what a scheduler may hold."""
    if progress is None:
        return
    table = schema.trigger_progress
    mine = table.c.schedule_id == schedule_id
    before = connection.execute(sa.select(table.c.revision).where(mine)).scalar()
    values = {"revision": (before or 0) + 1, "progress": plain(progress)}
    statement: sa.Insert | sa.Update = sa.update(table).where(mine)
    if before is None:
        statement = sa.insert(table)
        values |= {"schedule_id": schedule_id}
    connection.execute(statement.values(values))


def begin_anew(connection: sa.Connection, schedule_id: int, progress: Progress | None) -> None:
    """As `begin`, of a schedule that may have waited for other events, or waits for none now."""
    if progress is None:
        table = schema.trigger_progress
        connection.execute(sa.delete(table).where(table.c.schedule_id == schedule_id))
    begin(connection, schedule_id, progress)


def trigger_of_row(row: sa.RowMapping) -> Trigger:
    """What makes a schedule fire; by its cron column where nothing else is said."""
    if row["trigger"] is None:
        return Trigger(causes=(Cron(expression=row["cron"]),))
    return trigger_of_plain(row["trigger"])
