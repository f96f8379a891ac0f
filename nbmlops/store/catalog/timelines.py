"""What sessions ran, as far as it tells the state of their namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from nbmlops.domain.cell_tests import TEST_SESSION
from nbmlops.domain.executions import RANDOM_STATE, ExecutionStatus
from nbmlops.domain.late import LateWrite, who
from nbmlops.domain.timeline import KeptName, Moment, line_of
from nbmlops.domain.values import ValueSummary
from nbmlops.domain.wire import decode
from nbmlops.store.catalog import schema, storing
from nbmlops.store.catalog.base import Database
from nbmlops.store.catalog.briefs import CUT_OFF

_EXECUTIONS = schema.executions
_VALUES = schema.execution_values
_EXTERNALS = schema.execution_externals
_LEFT_A_STATE = sa.not_(CUT_OFF)
_RECENT = 5000
"""How many executions are looked at for the kernels that have run a notebook."""


class TimelineRecords:
    """Reads the lines that lead to states of namespaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def line(self, last: int) -> tuple[Moment, ...]:
        """The moments that led to the state after an execution; none for 0."""
        with self._database.read() as connection:
            moments: dict[int, Moment] = {}
            waiting = [last]
            while waiting:
                wanted = waiting.pop()
                session = None if wanted in moments else _session_of(connection, wanted)
                if session is not None:
                    of_session = _moments(connection, *_until(session, wanted))
                    moments |= {moment.id: moment for moment in of_session}
                    waiting += [item.travelled_to for item in of_session if item.travelled_to]
        return line_of([moments[key] for key in sorted(moments)], last)

    def moments(self, executions: Sequence[int]) -> tuple[Moment, ...]:
        """The moments of these executions, in their order."""
        with self._database.read() as connection:
            found = {one.id: one for one in _moments(connection, _EXECUTIONS.c.id.in_(executions))}
        return tuple(found[key] for key in executions if key in found)

    def line_of_session(self, session: str) -> tuple[Moment, ...]:
        """The moments that led to where a session is now."""
        return self.line(self.last_of_session(session) or 0)

    def ran(self, session: str) -> tuple[Moment, ...]:
        """Every moment of a session, undone or not, in the order in which they came."""
        last = self.last_of_session(session) or 0
        with self._database.read() as connection:
            return tuple(_moments(connection, *_until(session, last)))

    def undone(self, notebook: str, *, session: str | None = None) -> frozenset[int]:
        """The executions of a notebook from which its present state does not follow.

        Of each session that went back, what is not on its line; of the sessions that the asking
        one continues, what is not on that one's.

        Args:
            notebook: its key.
            session: the asking one, where there is one.
        """
        lines = {name: self.line_of_session(name) for name in self.that_travelled(notebook)}
        own = lines.get(session or "", ())
        lines |= {moment.session: own for moment in own}
        query = sa.select(_EXECUTIONS.c.id, _EXECUTIONS.c.session).where(
            _EXECUTIONS.c.session.in_(lines), _EXECUTIONS.c.travelled_to.is_(None)
        )
        with self._database.read() as connection:
            ran = connection.execute(query).all()
        kept = {name: {moment.id for moment in line} for name, line in lines.items()}
        return frozenset(row.id for row in ran if row.id not in kept[row.session])

    def late_writes(self, notebook: str) -> tuple[LateWrite, ...]:
        """What threads and tasks changed in a notebook after the cells that had started them."""
        table, found = _EXECUTIONS, _EXTERNALS
        # that no cell made it lets an index find it among many executions
        query = (
            sa.select(table.c.id, table.c.session, found.c.name, found.c.detail)
            .join(found, found.c.execution_id == table.c.id)
            .where(table.c.notebook == notebook, table.c.cell_id.is_(None))
            .where(found.c.kind == "thread")
            .order_by(found.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            ids = {row.id for row in rows}
            changed: dict[int, dict[str, str | None]] = {}
            for row in connection.execute(
                sa.select(_VALUES.c.execution_id, _VALUES.c.name, _VALUES.c.fingerprint)
                .where(_VALUES.c.execution_id.in_(ids), _VALUES.c.direction == "out")
                .order_by(_VALUES.c.id)
            ):
                changed.setdefault(row.execution_id, {})[row.name] = row.fingerprint
        return tuple(
            _late_write([row for row in rows if row.id == key], changed.get(key, {}))
            for key in sorted(ids)
        )

    def that_travelled(self, notebook: str) -> list[str]:
        """The sessions of a notebook that went back to an earlier state."""
        # that a travel has no cell lets an index find it among many executions
        query = sa.select(_EXECUTIONS.c.session).where(
            _EXECUTIONS.c.notebook == notebook,
            _EXECUTIONS.c.cell_id.is_(None),
            _EXECUTIONS.c.travelled_to.is_not(None),
        )
        with self._database.read() as connection:
            return sorted(set(connection.execute(query).scalars()))

    def last_of_session(
        self, session: str, *, travels: bool = True, before: int | None = None
    ) -> int | None:
        """The latest execution of a session; without travels, the latest cell that ran.

        Args:
            session: the kernel's.
            travels: whether one counts that put an earlier state back.
            before: the execution before which it is looked for.
        """
        query = sa.select(sa.func.max(_EXECUTIONS.c.id)).where(_EXECUTIONS.c.session == session)
        if before is not None:
            query = query.where(_EXECUTIONS.c.id < before)
        return self._id(query if travels else query.where(_EXECUTIONS.c.travelled_to.is_(None)))

    def last_of_sessions(self, notebook: str) -> dict[str, int]:
        """The latest interactive execution of each session of a notebook, the latest first.

        Of those among its latest executions; what was cut off by the end of its kernel left no
        state.
        """
        recent = (
            sa.select(_EXECUTIONS.c.id, _EXECUTIONS.c.session)
            .where(_EXECUTIONS.c.notebook == notebook, _EXECUTIONS.c.run_id.is_(None))
            .where(_EXECUTIONS.c.session != TEST_SESSION, _LEFT_A_STATE)
            .order_by(_EXECUTIONS.c.id.desc())
            .limit(_RECENT)
            .subquery()
        )
        last = sa.func.max(recent.c.id).label("last")
        query = sa.select(recent.c.session, last).group_by(recent.c.session)
        with self._database.read() as connection:
            return {
                row.session: int(row.last)
                for row in connection.execute(query.order_by(last.desc()))
            }

    def cut_off(self, *, session: str | None = None, notebook: str | None = None) -> int | None:
        """The latest execution of a session, or a notebook, that its kernel's end has cut off."""
        query = sa.select(sa.func.max(_EXECUTIONS.c.id)).where(sa.not_(_LEFT_A_STATE))
        if session is not None:
            query = query.where(_EXECUTIONS.c.session == session)
        if notebook is not None:
            query = query.where(_EXECUTIONS.c.notebook == notebook)
        return self._id(query)

    def farthest_of_session(self, session: str) -> int | None:
        """The latest execution that a session travelled to; ``None`` where it never did."""
        query = sa.select(sa.func.max(_EXECUTIONS.c.travelled_to))
        return self._id(query.where(_EXECUTIONS.c.session == session))

    def last_of_notebook(self, notebook: str, *, besides: str) -> int | None:
        """The latest interactive execution of a notebook in another session than the given one."""
        query = (
            sa.select(_EXECUTIONS.c.id)
            .where(_EXECUTIONS.c.notebook == notebook, _EXECUTIONS.c.run_id.is_(None))
            .where(_EXECUTIONS.c.session.not_in((besides, TEST_SESSION)), _LEFT_A_STATE)
            .order_by(_EXECUTIONS.c.id.desc())
            .limit(1)
        )
        return self._id(query)

    def notebook_of(self, execution: int) -> str | None:
        """The notebook of an execution; ``None`` where there is no such execution."""
        query = sa.select(_EXECUTIONS.c.notebook).where(_EXECUTIONS.c.id == execution)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def newest(self, notebook: str | None, *, limit: int) -> list[int]:
        """The latest interactive executions of a notebook, or of all, oldest first."""
        query = sa.select(_EXECUTIONS.c.id).where(
            _EXECUTIONS.c.run_id.is_(None), _EXECUTIONS.c.session != TEST_SESSION
        )
        if notebook is not None:
            query = query.where(_EXECUTIONS.c.notebook == notebook)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(_EXECUTIONS.c.id.desc()).limit(limit))
            return sorted(found.scalars())

    def _id(self, query: sa.Select[Any]) -> int | None:
        with self._database.read() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else int(found)


def _late_write(rows: Sequence[Any], names: dict[str, str | None]) -> LateWrite:
    of = tuple(int(row.name) for row in rows)
    return LateWrite(
        execution=rows[0].id,
        session=rows[0].session,
        by=who(of, [row.detail for row in rows]),
        of=of,
        names=names,
    )


def _session_of(connection: sa.Connection, execution: int) -> str | None:
    query = sa.select(_EXECUTIONS.c.session).where(_EXECUTIONS.c.id == execution)
    found: str | None = connection.execute(query).scalar()
    return found


def _until(session: str, last: int) -> tuple[sa.ColumnElement[bool], ...]:
    return _EXECUTIONS.c.session == session, _EXECUTIONS.c.id <= last


def _moments(connection: sa.Connection, *here: sa.ColumnElement[bool]) -> list[Moment]:
    columns = ("id", "session", "status", "source", "deleted", "travelled_to")
    rows = connection.execute(
        sa.select(*(_EXECUTIONS.c[name] for name in columns))
        .where(*here)
        .order_by(_EXECUTIONS.c.id)
    ).all()
    ids = sa.select(_EXECUTIONS.c.id).where(*here)
    names = _names(
        connection.execute(
            sa.select(_VALUES)
            .where(_VALUES.c.execution_id.in_(ids), _VALUES.c.direction.in_(("out", "left")))
            .where(_VALUES.c.name.not_like(f"{RANDOM_STATE} %"))
            .order_by(_VALUES.c.id)
        ).mappings()
    )
    outside: dict[tuple[int, str], str] = {
        (row.execution_id, row.kind): row.name
        for row in connection.execute(
            sa.select(_EXTERNALS.c.execution_id, _EXTERNALS.c.kind, _EXTERNALS.c.name)
            .where(_EXTERNALS.c.execution_id.in_(ids))
            .where(_EXTERNALS.c.kind.in_(("directory", "execution", "thread")))
            .order_by(_EXTERNALS.c.id)
        )
    }
    return [
        Moment(
            id=row.id,
            session=row.session,
            status=ExecutionStatus(row.status),
            source=row.source,
            deleted=tuple(row.deleted),
            travelled_to=row.travelled_to,
            names=tuple(names.get(row.id, ())),
            folder=outside.get((row.id, "directory")),
            restored_from=_number(outside.get((row.id, "execution"))),
            is_late=(row.id, "thread") in outside,
        )
        for row in rows
    ]


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _names(rows: Iterable[sa.RowMapping]) -> dict[int, list[KeptName]]:
    found: dict[int, list[KeptName]] = {}
    for row in rows:
        summary = decode(row["summary"], ValueSummary)
        found.setdefault(row["execution_id"], []).append(
            KeptName(
                name=row["name"],
                execution=row["execution_id"],
                fingerprint=row["fingerprint"],
                kind=summary.kind,
                size=summary.size,
                reference=row["manifest"],
                reason=storing.told(row["reason"]),
                changed=row["direction"] == "out",
                order=summary.order,
                holding=summary.holding,
                text=summary.text,
            )
        )
    return found
