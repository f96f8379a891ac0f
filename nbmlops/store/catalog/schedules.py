"""Schedules and the ledger of their due times."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules
from nbmlops.domain.schedules import (
    Claim,
    Due,
    Fire,
    FireStatus,
    MissedPolicy,
    Policies,
    Schedule,
)
from nbmlops.domain.triggers import Progress, Trigger, plain_trigger
from nbmlops.domain.wire import plain
from nbmlops.store.catalog import claims, schema, trigger_rows
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.column_types import UtcDateTime
from nbmlops.store.catalog.pools import check_pool
from nbmlops.store.catalog.schedule_rows import (
    ACTIVE,
    POLICY_COLUMNS,
    enter_many,
    enter_within,
    fire_of,
    one_fire,
    one_schedule,
    schedule_of,
    schedules_where,
    selection,
)

_Item = TypeVar("_Item")
_NO_RULES = RunRules()
_NO_POLICIES = Policies()
_AT_ONCE = 1000
"""Rows that one transaction writes."""
_TICKING = sa.and_(ACTIVE, schema.schedules.c.backfill.is_(False))


class ScheduleRecords:
    """Keeps schedules, and decides which process may run a due time.

    A due time is one row under a unique key. Whoever claims it gets a token that grows with each
    claim; every later write asks for that token, so that a process which lost its lease cannot
    write any more. Due times of one schedule are claimed in order, one at a time; in a backfill
    as many at once as it says. See `claims` for the limits that hold between schedules.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        version: PipelineVersion,
        *,
        cron: str = "",
        trigger: Trigger | None = None,
        progress: Progress | None = None,
        timezone: str,
        parameters: Mapping[str, Any],
        missed: MissedPolicy,
        author: str,
        created_at: datetime,
        rules: RunRules = _NO_RULES,
        policies: Policies = _NO_POLICIES,
        backfill: bool = False,
    ) -> Schedule:
        """Keep a schedule whose due times count from ``created_at`` on.

        It has a ``cron`` expression alone, or a ``trigger``, with the progress of its events
        where it has such.
        """
        table = schema.schedules
        said = policies.said
        with self._database.write() as connection:
            check_pool(connection, policies.pool)
            schedule_id = connection.execute(
                sa.insert(table)
                .values(
                    pipeline_version_id=version.id,
                    cron=cron,
                    trigger=plain_trigger(trigger) if trigger else None,
                    timezone=timezone,
                    parameters=plain(dict(parameters)),
                    missed=missed,
                    paused=False,
                    deleted=False,
                    author=author,
                    created_at=created_at,
                    rules=plain(rules.said),
                    backfill=backfill,
                    revision=_next_revision(),
                    **{name: said.pop(name) for name in POLICY_COLUMNS if name in said},
                    policies=said,
                )
                .returning(table.c.id)
            ).scalar_one()
            trigger_rows.begin(connection, schedule_id, progress)
            return schedules_where(connection, table.c.id == schedule_id)[0]

    def change(
        self,
        changed: Schedule,
        *,
        since: datetime | None,
        progress: Progress | None,
    ) -> Schedule:
        """Keep what a schedule is from now on; its due times stay.

        Args:
            changed: as it is to be; whether it is paused, and by whom it was made, stay.
            since: from when on its new times count; ``None`` where they are the old ones.
            progress: of its events, where it waits for others than before.
        """
        said = changed.policies.said
        # What makes it more than a cron expression is kept as a trigger.
        trigger = None if changed.cron else plain_trigger(changed.trigger)
        columns = {name: getattr(changed.policies, name) for name in POLICY_COLUMNS}
        values: dict[str, Any] = {
            "pipeline_version_id": changed.version_id,
            "cron": changed.cron,
            "trigger": trigger,
            "timezone": changed.timezone,
            "parameters": plain(changed.parameters),
            "missed": changed.missed,
            "rules": plain(changed.rules.said),
            "policies": {name: value for name, value in said.items() if name not in columns},
        }
        if since is not None:
            values["resumed_at"] = since
        with self._database.write() as connection:
            check_pool(connection, changed.policies.pool)
            _change(connection, changed.id, **columns, **values)
            if since is not None:
                trigger_rows.begin_anew(connection, changed.id, progress)
            return schedules_where(connection, schema.schedules.c.id == changed.id)[0]

    def all(self) -> list[Schedule]:
        """Every schedule and backfill that is not deleted, oldest first."""
        with self._database.read() as connection:
            return schedules_where(connection, schema.schedules.c.deleted.is_(False))

    def get(self, schedule_id: int) -> Schedule | None:
        """The schedule with that id; ``None`` where there is none or it is deleted."""
        its = {"schedule": schedule_id}
        with self._database.read() as connection:
            row = connection.execute(one_schedule(), its).mappings().first()
        return None if row is None or row["deleted"] else schedule_of(row)

    def of_version(self, version_id: int) -> list[Schedule]:
        """The schedules and backfills that run a pipeline version and are not paused."""
        with self._database.read() as connection:
            condition = ACTIVE & (schema.schedules.c.pipeline_version_id == version_id)
            return schedules_where(connection, condition)

    def pause(self, schedule_id: int, reason: str) -> None:
        """Stop a schedule; what is due and has not begun is skipped with the reason.

        In a backfill it waits: nothing else would ask for those times again.
        """
        with self._database.write() as connection:
            _change(connection, schedule_id, paused=True, pause_reason=reason)
            if not connection.execute(
                sa.select(schema.schedules.c.backfill).where(schema.schedules.c.id == schedule_id)
            ).scalar():
                _skip_due(connection, schedule_id, f"The schedule was paused: {reason}")

    def resume(self, schedule_id: int, at: datetime, progress: Progress | None = None) -> None:
        """Let a schedule go on; what happened while it was paused does not count."""
        with self._database.write() as connection:
            _change(connection, schedule_id, paused=False, pause_reason=None, resumed_at=at)
            trigger_rows.begin(connection, schedule_id, progress)

    def delete(self, schedule_id: int) -> None:
        """Stop a schedule for good; its ledger stays until a collection."""
        with self._database.write() as connection:
            _change(connection, schedule_id, deleted=True)
            _skip_due(connection, schedule_id, "The schedule was deleted.")

    def changed(self, since: int) -> list[tuple[int, int]]:
        """The schedules that were made, paused, resumed or deleted after a revision.

        Args:
            since: the largest revision that was seen; -1 finds all.

        Returns:
            Revision and id of each, in the order of the changes.
        """
        table = schema.schedules
        query = sa.select(table.c.revision, table.c.id).where(table.c.revision > since)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.revision, table.c.id))
            return [(row.revision, row.id) for row in rows]

    def horizons(self, among: Collection[int] | None = None) -> list[tuple[Schedule, datetime]]:
        """Active schedules, with the moment up to which their due times are in the ledger.

        Args:
            among: the ids of those to look at; all of them if ``None``.
        """
        mine = schema.schedules.c.id.in_(among) if among is not None else sa.true()
        query = selection(_last_due().label("last_due")).where(_TICKING, mine)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            (
                schedule_of(row),
                max(row[name] or row["created_at"] for name in ("resumed_at", "last_due")),
            )
            for row in rows
        ]

    def open_fires(
        self,
        schedule_id: int,
        due_times: Iterable[datetime],
        *,
        status: FireStatus = FireStatus.DUE,
        note: str | None = None,
    ) -> list[Fire]:
        """Write due times into the ledger, unless the schedule has stopped meanwhile.

        Returns:
            The rows that this call made; a due time that is there already stays as it is.
        """
        return self.enter(
            schedule_id, (Due(due_at=due_at, status=status, note=note) for due_at in due_times)
        )

    def enter(self, schedule_id: int, dues: Iterable[Due], *, forced: bool = False) -> list[Fire]:
        """Write rows into the ledger, unless the schedule has stopped meanwhile.

        By the schedule's policy for overlaps, what would have to wait for an earlier due time
        is written as skipped.

        Args:
            schedule_id: whose rows they are.
            dues: some thousands are written in several transactions, in their order.
            forced: whether they are to wait whatever the policy says.

        Returns:
            The rows that this call made, by due time; one whose key is there stays as it is.
        """
        made: list[Fire] = []
        for some in _batched(dues, _AT_ONCE):
            with self._database.write() as connection:
                found = schedules_where(connection, (schema.schedules.c.id == schedule_id) & ACTIVE)
                if not found:
                    break
                made += enter_within(connection, found[0], some, forced=forced)
        return sorted(made, key=lambda fire: fire.due_at)

    def enter_all(self, dues: Iterable[tuple[Schedule, Due]]) -> list[tuple[Schedule, list[Fire]]]:
        """As `enter`, for many schedules: a thousand rows in one transaction.

        Where the process dies in between, what it wrote are the first of them.

        Returns:
            The rows that this call made, by schedule and due time.
        """
        schedules: dict[int, Schedule] = {}
        made: dict[int, list[Fire]] = {}
        for some in _batched(dues, _AT_ONCE):
            schedules |= {schedule.id: schedule for schedule, _ in some}
            with self._database.write() as connection:
                for fire in enter_many(connection, some):
                    made.setdefault(fire.schedule_id, []).append(fire)
        return [
            (schedules[number], sorted(fires, key=lambda fire: fire.due_at))
            for number, fires in made.items()
        ]

    def claimable(self, now: datetime) -> list[Fire]:
        """What may be claimed, in the order of the queue; each by itself, for limits are shared."""
        query = sa.select(schema.fires).where(claims.claimable()).order_by(*claims.in_order())
        with self._database.read() as connection:
            return [fire_of(row) for row in connection.execute(query, {"now": now}).mappings()]

    def claim(self, fire: Fire, *, owner: str, lease_until: datetime, now: datetime) -> int | None:
        """Take a due time, or one whose lease has ended.

        Returns:
            The fencing token; ``None`` where another process has it, where an earlier due time
            of the same schedule has not ended, or where a limit leaves no room.
        """
        table = schema.fires
        chosen = (table.c.id == sa.bindparam("fire")) & claims.claimable()
        statement = _taking().where(chosen).returning(table.c.token)
        given = {"fire": fire.id, "now": now, "new_owner": owner, "until": lease_until}
        with self._database.write(durable=False) as connection:
            return connection.execute(statement, given).scalar()

    def claim_next(
        self,
        *,
        owner: str,
        lease_until: datetime,
        now: datetime,
        schedule_id: int | None = None,
    ) -> Claim | None:
        """Take what comes first and has room: by priority, then by how long it waits.

        Args:
            owner: who takes it.
            lease_until: until when, unless it is renewed.
            now: the present.
            schedule_id: take from that schedule alone.

        Returns:
            The claim; ``None`` where nothing can be claimed.
        """
        given = {"now": now, "new_owner": owner, "until": lease_until}
        if schedule_id is not None:
            given["schedule"] = schedule_id
        statement = _taking_first(of_one=schedule_id is not None)
        with self._database.write(durable=False) as connection:
            row = connection.execute(statement, given).mappings().first()
            if row is None:
                return None
            its = {"schedule": row["schedule_id"]}
            schedule = connection.execute(one_schedule(), its).mappings().one()
        return Claim(fire=fire_of(row), schedule=schedule_of(schedule), token=row["token"])

    def claimed(self, fire_id: int, token: int) -> Claim | None:
        """The claim behind a token; ``None`` where the token is stale."""
        with self._database.read() as connection:
            row = connection.execute(one_fire(), {"fire": fire_id}).mappings().first()
            if row is None or row["token"] != token or row["status"] != FireStatus.CLAIMED:
                return None
            its = {"schedule": row["schedule_id"]}
            schedule = connection.execute(one_schedule(), its).mappings().one()
        return Claim(fire=fire_of(row), schedule=schedule_of(schedule), token=token)

    def renew(self, fire_id: int, token: int, lease_until: datetime) -> bool:
        """Lengthen a lease; ``False`` where the token is stale."""
        return self._write(fire_id, token, durable=False, lease_until=lease_until)

    def begin(self, fire_id: int, token: int, lease_until: datetime) -> bool:
        """Count an attempt and lengthen its lease; ``False`` where the token is stale.

        The worker does so once, before anything else: a claim that led to no worker is no attempt.
        """
        attempts = schema.fires.c.attempts + 1
        return self._write(
            fire_id, token, durable=False, attempts=attempts, lease_until=lease_until
        )

    def attach_run(self, fire_id: int, token: int, run_id: int) -> bool:
        """Say which run a due time has led to; ``False`` where the token is stale."""
        return self._write(fire_id, token, durable=False, run_id=run_id)

    def finish(
        self,
        fire_id: int,
        token: int,
        status: FireStatus,
        note: str | None = None,
    ) -> bool:
        """Write how a due time ended; ``False`` where the token is stale.

        Args:
            fire_id: the due time.
            token: what its claim gave.
            status: how it ended.
            note: why, in one sentence.
        """
        return self._write(fire_id, token, status=status, note=note, lease_until=None)

    def retry(self, fire_id: int, token: int, at: datetime, note: str, *, attempts: int) -> bool:
        """Let a due time be claimed again from a moment on; ``False`` where the token is stale.

        The claim lasts until then, so that no other scheduler is earlier and the later due
        times of the schedule wait.

        Args:
            fire_id: the due time.
            token: what its claim gave.
            at: the end of the lease.
            note: how the attempt ended, in one sentence.
            attempts: how many there were with it; a worker that ended before it could count
                itself is counted here.
        """
        return self._write(fire_id, token, lease_until=at, note=note, attempts=attempts)

    def release(self, fire_id: int, token: int, *, attempts: int) -> bool:
        """Give a due time back untried; ``False`` where the token is stale.

        Args:
            fire_id: the due time.
            token: what its claim gave.
            attempts: how many there were before that claim.
        """
        return self._write(
            fire_id, token, status=FireStatus.DUE, attempts=attempts, lease_until=None
        )

    def fire(self, fire_id: int) -> Fire | None:
        """One row of the ledger."""
        with self._database.read() as connection:
            row = connection.execute(one_fire(), {"fire": fire_id}).mappings().first()
        return None if row is None else fire_of(row)

    def fires(
        self, schedule_id: int, *, limit: int = 50, status: FireStatus | None = None
    ) -> list[Fire]:
        """The ledger of a schedule, newest due time first; or what of it stands so."""
        table = schema.fires
        query = sa.select(table).where(table.c.schedule_id == schedule_id)
        if status is not None:
            query = query.where(table.c.status == status)
        ordered = query.order_by(table.c.due_at.desc(), table.c.id.desc())
        with self._database.read() as connection:
            rows = connection.execute(ordered.limit(limit))
            return [fire_of(row) for row in rows.mappings()]

    def next_lease_end(self) -> datetime | None:
        """When the first of the running claims ends, unless it is renewed."""
        table = schema.fires
        query = sa.select(sa.func.min(table.c.lease_until))
        with self._database.read() as connection:
            return connection.execute(query.where(table.c.status == FireStatus.CLAIMED)).scalar()

    def _write(self, fire_id: int, token: int, *, durable: bool = True, **values: Any) -> bool:
        statement = sa.update(schema.fires).where(_held(fire_id, token)).values(**values)
        with self._database.write(durable=durable) as connection:
            return connection.execute(statement).rowcount == 1


def _last_due() -> sa.ScalarSelect[datetime]:
    """The latest due time of a schedule that its clock has put into the ledger."""
    table = schema.fires
    return (
        sa.select(table.c.due_at)
        .where(table.c.schedule_id == schema.schedules.c.id, table.c.source == "clock")
        .order_by(table.c.due_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _held(fire_id: int, token: int) -> sa.ColumnElement[bool]:
    table = schema.fires
    return sa.and_(
        table.c.id == fire_id, table.c.token == token, table.c.status == FireStatus.CLAIMED
    )


@cache
def _taking_first(*, of_one: bool) -> sa.UpdateBase:
    table = schema.fires
    first = claims.next_claimable(of_one=of_one)
    return _taking().where(table.c.id == first).returning(table)


def _taking() -> sa.Update:
    table = schema.fires
    return sa.update(table).values(
        status=FireStatus.CLAIMED,
        token=table.c.token + 1,
        owner=sa.bindparam("new_owner"),
        lease_until=sa.bindparam("until", type_=UtcDateTime),
    )


def _change(connection: sa.Connection, schedule_id: int, **values: Any) -> None:
    table = schema.schedules
    changed = sa.update(table).where(table.c.id == schedule_id)
    connection.execute(changed.values(revision=_next_revision(), **values))


def _next_revision() -> sa.ScalarSelect[int]:
    """One more than any schedule has: writers come one after the other."""
    others = schema.schedules.alias("others")
    return sa.select(sa.func.coalesce(sa.func.max(others.c.revision), 0) + 1).scalar_subquery()


def _skip_due(connection: sa.Connection, schedule_id: int, note: str) -> None:
    table = schema.fires
    connection.execute(
        sa.update(table)
        .where(table.c.schedule_id == schedule_id, table.c.status == FireStatus.DUE)
        .values(status=FireStatus.SKIPPED, note=note)
    )


def _batched(items: Iterable[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some
