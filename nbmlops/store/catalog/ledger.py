"""Questions about the ledger that policies ask: what overtakes what, and what is late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from nbmlops.domain.runs import RunStatus
from nbmlops.domain.schedules import FireStatus
from nbmlops.store.catalog import schema
from nbmlops.store.catalog.base import Database

_FIRES = schema.fires
_RUNS = schema.runs
_OPEN = (FireStatus.DUE, FireStatus.CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """A run that goes on while a later due time of its schedule waits."""

    schedule_id: int
    run_id: int


class LedgerRecords:
    """Answers what policies ask of the ledger; `ScheduleRecords` writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_later(self, fire_id: int) -> bool:
        """Whether another due time of the same schedule waits behind that one."""
        mine, later = _FIRES, _FIRES.alias("later")
        query = (
            sa.select(later.c.id)
            .join(mine, mine.c.schedule_id == later.c.schedule_id)
            .where(
                mine.c.id == fire_id,
                later.c.status == FireStatus.DUE,
                sa.tuple_(later.c.queued_at, later.c.id) > sa.tuple_(mine.c.queued_at, mine.c.id),
            )
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def overtaken(self) -> list[Overtaken]:
        """The open runs of claimed due times behind which a later one waits."""
        with self._database.read() as connection:
            rows = connection.execute(_overtaken()).all()
        return [Overtaken(schedule_id=row.schedule_id, run_id=row.run_id) for row in rows]

    def next_deadline(self) -> datetime | None:
        """The first deadline that nobody has looked at yet."""
        query = sa.select(sa.func.min(_FIRES.c.deadline_at)).where(_FIRES.c.late.is_(None))
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def judge(self, now: datetime) -> list[int]:
        """Write down which due times did not succeed by their deadlines, each once.

        Returns:
            The ids of the due times that this call found to be late.
        """
        ended_at = (
            sa.select(_RUNS.c.ended_at).where(_RUNS.c.id == _FIRES.c.run_id).scalar_subquery()
        )
        late = sa.or_(
            _FIRES.c.status.in_((*_OPEN, FireStatus.FAILED)),
            sa.and_(_FIRES.c.status == FireStatus.SUCCEEDED, ended_at > _FIRES.c.deadline_at),
        )
        passed = sa.and_(_FIRES.c.late.is_(None), _FIRES.c.deadline_at <= now)
        with self._database.read() as connection:  # most turns find none, and wait for no disk
            if connection.execute(sa.select(_FIRES.c.id).where(passed).limit(1)).first() is None:
                return []
        statement = (
            sa.update(_FIRES).where(passed).values(late=late).returning(_FIRES.c.id, _FIRES.c.late)
        )
        with self._database.write() as connection:
            return sorted(row.id for row in connection.execute(statement) if row.late)

    def counts(self, schedule_ids: Iterable[int]) -> dict[int, dict[FireStatus, int]]:
        """How many due times of each schedule stand where."""
        query = (
            sa.select(_FIRES.c.schedule_id, _FIRES.c.status, sa.func.count())
            .where(_FIRES.c.schedule_id.in_(list(schedule_ids)))
            .group_by(_FIRES.c.schedule_id, _FIRES.c.status)
        )
        found: dict[int, dict[FireStatus, int]] = {}
        with self._database.read() as connection:
            for schedule_id, status, count in connection.execute(query):
                found.setdefault(schedule_id, {})[FireStatus(status)] = count
        return found

    def keys(self, schedule_id: int) -> dict[str, FireStatus]:
        """Where each due time of a schedule stands, by its key."""
        query = sa.select(_FIRES.c.key, _FIRES.c.status).where(_FIRES.c.schedule_id == schedule_id)
        with self._database.read() as connection:
            return {row.key: FireStatus(row.status) for row in connection.execute(query)}

    def open_again(self, schedule_id: int, keys: Iterable[str], queued_at: datetime) -> int:
        """Let due times that failed or were skipped wait again, in the order of ``keys``.

        Returns:
            How many there were.
        """
        opened = 0
        ended = (FireStatus.FAILED, FireStatus.SKIPPED)
        statement = (
            sa.update(_FIRES)
            .where(
                _FIRES.c.schedule_id == schedule_id,
                _FIRES.c.key == sa.bindparam("which"),
                _FIRES.c.status.in_(ended),
            )
            .values(
                status=FireStatus.DUE,
                attempts=0,
                run_id=None,
                note=None,
                lease_until=None,
                queued_at=queued_at,
            )
        )
        with self._database.write() as connection:
            for key in keys:
                opened += connection.execute(statement, {"which": key}).rowcount
        return opened

    def run_at_once(self, schedule_id: int, count: int) -> None:
        """Change how many due times of a schedule may be run at once."""
        table = schema.schedules
        changed = sa.update(table).where(table.c.id == schedule_id).values(at_once=count)
        with self._database.write() as connection:
            connection.execute(changed)


@cache
def _overtaken() -> sa.Select[tuple[int, int]]:
    """What `LedgerRecords.overtaken` asks at each turn of a scheduler."""
    waiting = _FIRES.alias("waiting")
    behind = sa.exists().where(
        waiting.c.schedule_id == _FIRES.c.schedule_id, waiting.c.status == FireStatus.DUE
    )
    return (
        sa.select(_FIRES.c.schedule_id, _FIRES.c.run_id)
        .join(_RUNS, _RUNS.c.id == _FIRES.c.run_id)
        .where(
            _FIRES.c.status == FireStatus.CLAIMED,
            _RUNS.c.status == RunStatus.RUNNING,
            _RUNS.c.cancelled_by.is_(None),
            behind,
        )
    )
