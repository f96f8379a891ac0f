"""What people are told of schedules: written once, and sent until it has arrived."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.notices import ChannelState, Delivery, Notice, NoticeKind, Streak
from nbmlops.domain.schedules import FireStatus, late_in_words
from nbmlops.domain.wire import decode, encode
from nbmlops.store.catalog import drift, schema
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.upsert import insert_new

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given up"

_AT_ONCE = 500
"""Due times that one transaction judges."""
_LATEST = timedelta(days=1)
"""Deadlines that passed longer ago are nobody's news."""

Judge = Callable[[FireStatus, datetime, Streak | None], tuple[NoticeKind | None, Streak | None]]
"""How a due time ended and when it was due → what to tell, and the failures in a row since."""
Channels = Callable[[Notice], Iterable[str]]
"""The names of the channels that want a notice."""


class NoticeRecords:
    """Finds what is to be told, writes it with its deliveries, and hands those out.

    A notice has a unique key that says what it is about: whoever comes second writes nothing, so
    that several schedulers tell of a thing once. It is written in one transaction with a delivery
    for each channel, and with the mark on what it is about.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell_of_ends(self, now: datetime, judge: Judge, channels: Channels) -> bool:
        """Write what is to be told of due times that have ended, each judged once.

        Returns:
            Whether there are more, for another call.
        """
        if not self._has_untold():
            return False
        with self._database.write() as connection:
            _pass_over(connection, now)
            rows = connection.execute(_untold().limit(_AT_ONCE)).mappings().all()
            for row in rows:
                _tell_of_end(connection, row, now, judge, channels)
        return len(rows) == _AT_ONCE

    def tell_of_drift(self, now: datetime, judge: drift.DriftJudge, channels: Channels) -> bool:
        """Write what is to be told of runs that have looked for drift, each judged once.

        Returns:
            Whether there are more, for another call.
        """
        with self._database.read() as connection:
            if not drift.has_untold(connection):
                return False

        def write(connection: sa.Connection, key: str, notice: Notice) -> None:
            _insert(connection, key, notice, channels)

        with self._database.write() as connection:
            told = drift.tell_of_drift(connection, now, judge, channels, write)
        return told == drift.AT_ONCE

    def tell_of_rest(self, now: datetime, channels: Channels) -> None:
        """Write what is to be told of deadlines that have passed and of paused schedules."""
        with self._database.read() as connection:
            late = connection.execute(_late(now)).mappings().all()
            paused = connection.execute(_paused()).mappings().all()
        for row in late:
            said = late_in_words(FireStatus(row["status"]), row["deadline_at"])
            notice = _notice(row, NoticeKind.LATE, now, message=f"{said[0].upper()}{said[1:]}.")
            self._write(f"late:{row['id']}", notice, channels)
        for row in paused:
            notice = _notice(row, NoticeKind.PAUSED, now, message=row["pause_reason"] or "")
            self._write(row["told_key"], notice, channels)

    def newest(self) -> int:
        """The number of the notice that was written last; 0 where there is none."""
        query = sa.select(sa.func.max(schema.notices.c.id))
        with self._database.read() as connection:
            return connection.execute(query).scalar() or 0

    def after(self, number: int) -> list[tuple[int, Notice]]:
        """The notices that were written after one, whoever wants them, with their numbers."""
        table = schema.notices
        query = sa.select(table.c.id, table.c.content).where(table.c.id > number)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.id)).all()
        return [(row.id, decode(row.content, Notice)) for row in rows]

    def claim(self, now: datetime, channel: str, *, until: datetime) -> Delivery | None:
        """Take the next message of a channel.

        Until the moment ``until`` nobody else takes it: whoever dies with it is replaced then.
        """
        table = schema.deliveries
        first = (
            sa.select(table.c.id)
            .where(table.c.status == WAITING, table.c.channel == channel, table.c.next_at <= now)
            .order_by(table.c.next_at, table.c.id)
            .limit(1)
        )
        statement = (
            sa.update(table)
            .where(table.c.id == first.scalar_subquery(), table.c.next_at <= now)
            .values(attempts=table.c.attempts + 1, next_at=until)
            .returning(table.c.id, table.c.attempts, table.c.notice_id)
        )
        with self._database.write() as connection:
            row = connection.execute(statement).first()
            if row is None:
                return None
            content = connection.execute(
                sa.select(schema.notices.c.content).where(schema.notices.c.id == row.notice_id)
            ).scalar_one()
        notice = decode(content, Notice)
        return Delivery(id=row.id, channel=channel, attempt=row.attempts, notice=notice)

    def sent(self, delivery: Delivery, at: datetime) -> None:
        """Write down that a message has arrived."""
        self._end(delivery, status=SENT, sent_at=at, error=None)

    def failed(self, delivery: Delivery, error: str, again_at: datetime | None) -> None:
        """Write down why a message did not arrive, and when it is tried again, if ever."""
        if again_at is None:
            self._end(delivery, status=GIVEN_UP, error=error)
        else:
            self._end(delivery, next_at=again_at, error=error)

    def waiting(self) -> dict[str, datetime]:
        """The channels with messages that wait, and when the next of each is to be tried."""
        table = schema.deliveries
        query = (
            sa.select(table.c.channel, sa.func.min(table.c.next_at).label("next_at"))
            .where(table.c.status == WAITING)
            .group_by(table.c.channel)
        )
        with self._database.read() as connection:
            return {row.channel: row.next_at for row in connection.execute(query)}

    def drop(self, channel: str) -> int:
        """Give up what waits for a channel that is gone; returns how many messages."""
        table = schema.deliveries
        statement = (
            sa.update(table)
            .where(table.c.channel == channel, table.c.status == WAITING)
            .values(status=GIVEN_UP, error="The channel was removed.")
        )
        with self._database.write() as connection:
            return connection.execute(statement).rowcount

    def states(self) -> dict[str, ChannelState]:
        """How the messages of each channel stand."""
        table = schema.deliveries
        counts = [
            sa.func.count().filter(table.c.status == status) for status in (WAITING, SENT, GIVEN_UP)
        ]
        query = sa.select(table.c.channel, *counts, sa.func.max(table.c.sent_at))
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(table.c.channel)).all()
            return {
                channel: ChannelState(
                    waiting=waiting,
                    sent=sent,
                    given_up=given_up,
                    last_sent=last,
                    last_error=_last_error(connection, channel),
                )
                for channel, waiting, sent, given_up, last in rows
            }

    def _has_untold(self) -> bool:
        table = schema.fires
        query = sa.select(table.c.id).where(table.c.told_at.is_(None), table.c.status.in_(_ENDED))
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _write(self, key: str, notice: Notice, channels: Channels) -> None:
        with self._database.write() as connection:
            _insert(connection, key, notice, channels)

    def _end(self, delivery: Delivery, **values: Any) -> None:
        table = schema.deliveries
        statement = sa.update(table).where(
            table.c.id == delivery.id, table.c.attempts == delivery.attempt
        )
        with self._database.write() as connection:
            connection.execute(statement.values(**values))


_ENDED = (FireStatus.SUCCEEDED, FireStatus.FAILED, FireStatus.SKIPPED)


def _pass_over(connection: sa.Connection, now: datetime) -> None:
    """Nobody is told of what was skipped: the ledger says it."""
    table = schema.fires
    connection.execute(
        sa.update(table)
        .where(table.c.told_at.is_(None), table.c.status == FireStatus.SKIPPED)
        .values(told_at=now)
    )


def _facts() -> sa.Select[Any]:
    """Due times with what a notice says of their schedule and run."""
    fires, schedules = schema.fires, schema.schedules
    versions, pipelines, runs = schema.pipeline_versions, schema.pipelines, schema.runs
    return (
        sa.select(
            fires.c.id,
            fires.c.schedule_id,
            fires.c.due_at,
            fires.c.status,
            fires.c.note,
            fires.c.run_id,
            fires.c.deadline_at,
            versions.c.number.label("version"),
            pipelines.c.name.label("pipeline"),
            runs.c.number.label("run_number"),
        )
        .join(schedules, schedules.c.id == fires.c.schedule_id)
        .join(versions, versions.c.id == schedules.c.pipeline_version_id)
        .join(pipelines, pipelines.c.id == versions.c.pipeline_id)
        .outerjoin(runs, runs.c.id == fires.c.run_id)
    )


def _untold() -> sa.Select[Any]:
    table = schema.fires
    ended = (FireStatus.SUCCEEDED, FireStatus.FAILED)
    return (
        _facts()
        .where(table.c.told_at.is_(None), table.c.status.in_(ended))
        .order_by(table.c.due_at, table.c.id)
    )


def _late(now: datetime) -> sa.Select[Any]:
    table, notices = schema.fires, schema.notices
    key = sa.literal("late:").concat(sa.cast(table.c.id, sa.Text))
    told = sa.exists().where(notices.c.key == key)
    return _facts().where(table.c.late.is_(True), table.c.deadline_at > now - _LATEST, ~told)


def _paused() -> sa.Select[Any]:
    schedules, notices = schema.schedules, schema.notices
    versions, pipelines = schema.pipeline_versions, schema.pipelines
    since = sa.func.coalesce(schedules.c.resumed_at, schedules.c.created_at)
    words = (sa.cast(schedules.c.id, sa.Text), ":", sa.cast(since, sa.Text))
    key: sa.ColumnElement[str] = sa.literal("paused:")
    for word in words:
        key = key.concat(word)
    told = sa.exists().where(notices.c.key == key)
    return (
        sa.select(
            schedules.c.id.label("schedule_id"),
            schedules.c.pause_reason,
            versions.c.number.label("version"),
            pipelines.c.name.label("pipeline"),
            key.label("told_key"),
        )
        .join(versions, versions.c.id == schedules.c.pipeline_version_id)
        .join(pipelines, pipelines.c.id == versions.c.pipeline_id)
        .where(schedules.c.paused.is_(True), schedules.c.deleted.is_(False), ~told)
    )


def _tell_of_end(
    connection: sa.Connection, row: sa.RowMapping, now: datetime, judge: Judge, channels: Channels
) -> None:
    fires, before = schema.fires, _streak(connection, row["schedule_id"])
    kind, after = judge(FireStatus(row["status"]), row["due_at"], before)
    connection.execute(sa.update(fires).where(fires.c.id == row["id"]).values(told_at=now))
    if kind is None:
        _keep_streak(connection, row["schedule_id"], before, after)
        return
    counted = after or before
    notice = _notice(
        row,
        kind,
        now,
        message=row["note"] or "",
        count=counted.count if counted else 0,
        since=counted.since if counted else None,
    )
    if kind is NoticeKind.FAILED and after is not None and not list(channels(notice)):
        heard = before or replace(after, told=0)
        after = replace(after, told=heard.told, told_at=heard.told_at)
    _keep_streak(connection, row["schedule_id"], before, after)
    _insert(connection, f"ended:{row['id']}", notice, channels)


def _streak(connection: sa.Connection, schedule_id: int) -> Streak | None:
    table = schema.streaks
    found = connection.execute(
        sa.select(table.c.count, table.c.since, table.c.told, table.c.told_at).where(
            table.c.schedule_id == schedule_id
        )
    ).first()
    return Streak(**found._mapping) if found else None  # noqa: SLF001 (SQLAlchemy's public name)


def _keep_streak(
    connection: sa.Connection, schedule_id: int, before: Streak | None, after: Streak | None
) -> None:
    if before == after:
        return
    table = schema.streaks
    connection.execute(sa.delete(table).where(table.c.schedule_id == schedule_id))
    if after is not None:
        connection.execute(
            sa.insert(table).values(
                schedule_id=schedule_id,
                count=after.count,
                since=after.since,
                told=after.told,
                told_at=after.told_at,
            )
        )


def _notice(row: sa.RowMapping, kind: NoticeKind, now: datetime, **facts: Any) -> Notice:
    number = row.get("run_number")
    return Notice(
        id=uuid.uuid4().hex,
        kind=kind,
        at=now,
        schedule=row["schedule_id"],
        pipeline=row["pipeline"],
        version=row["version"],
        due_at=row.get("due_at"),
        run=f"{row['pipeline']}#{number}" if number is not None else None,
        run_id=row.get("run_id"),
        **facts,
    )


def _insert(connection: sa.Connection, key: str, notice: Notice, channels: Channels) -> None:
    table = schema.notices
    made = connection.execute(
        insert_new(table)
        .values(key=key, content=encode(notice).decode(), at=notice.at)
        .returning(table.c.id)
    ).scalar()
    rows = [
        {
            "notice_id": made,
            "channel": channel,
            "status": WAITING,
            "attempts": 0,
            "next_at": notice.at,
        }
        for channel in channels(notice)
    ]
    if made is not None and rows:
        connection.execute(sa.insert(schema.deliveries), rows)


def _last_error(connection: sa.Connection, channel: str) -> str | None:
    table = schema.deliveries
    tried = (table.c.attempts > 0) | (table.c.status == GIVEN_UP)
    query = sa.select(table.c.error).where(table.c.channel == channel, tried)
    return connection.execute(query.order_by(table.c.id.desc()).limit(1)).scalar()
