"""The statements that find, for a level of a lineage, who made what was read and who read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from nbmlops.store.catalog import schema

REACH = 5000
"""Values of equal name and content that are looked at for a maker, the nearest in time first."""

SESSION_REACH = 500
"""Values of equal name that are looked at where content does not tell: sessions lie together."""

MOST_USES = 500
"""Uses of the values of as many executions as one statement asks for; of their files as many."""

_Ids = Sequence[sa.BindParameter[Any]]

VALUES, FILES, LATE, UNKNOWN = range(4)
"""What a row of a level tells of: a value, a file, what a thread or task changed late, or a value
that has no content to compare, such as a generator or a figure."""

_IN_ORDER_FOUND = sa.literal_column("0", sa.Integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An input of ``user``, and the execution that made it; ``None`` where none is known.

    ``name`` is a variable or a path; ``fingerprint`` that of the value or the file's content;
    ``notebook`` and ``session`` are where ``user`` ran; ``late`` says that ``maker`` started what
    changed the value later.
    """

    user: int
    name: str
    fingerprint: str | None
    maker: int | None
    notebook: str
    session: str
    kind: Literal["value", "file"] = "value"
    late: bool = False


def given(executions: list[int], room: int) -> dict[str, Any]:
    """The parameters of a statement with room for so many executions; the last one fills it."""
    filled = [*executions, *executions[-1:] * (room - len(executions))]
    ids = {f"asked_{place}": key for place, key in enumerate(filled)}
    return ids | {f"asked_name_{place}": str(key) for place, key in enumerate(filled)}


def _ids(room: int) -> _Ids:
    return [sa.bindparam(f"asked_{place}", type_=sa.Integer) for place in range(room)]


def _names(room: int) -> _Ids:
    """The same as text, as `execution_externals` names them."""
    return [sa.bindparam(f"asked_name_{place}", type_=sa.Text) for place in range(room)]


# Made once: putting one together takes longer than answering it, and a walk asks for each level.
@cache
def makers(room: int) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """The inputs of executions and what made them: `VALUES`, `FILES` and `LATE` in one answer.

    Args:
        room: how many executions, as `given` gives them.
    """
    ids = _ids(room)
    wanted, user = schema.execution_values.alias("wanted"), schema.executions.alias("reader")
    values = (
        _use(wanted.c.id, user, wanted.c.name, wanted.c.fingerprint, _maker(wanted, user))
        .select_from(wanted)
        .join(user, user.c.id == wanted.c.execution_id)
        .where(wanted.c.execution_id.in_(ids), wanted.c.direction == "in")
    )
    read = schema.execution_files.alias("read")
    files = (
        _use(read.c.id, user, read.c.path, read.c.digest, _writer(read))
        .select_from(read)
        .join(user, user.c.id == read.c.execution_id)
        .where(read.c.execution_id.in_(ids), read.c.mode == "read")
    )
    return _together(values, files, _started(schema.execution_externals.c.execution_id.in_(ids)))


@cache
def users(room: int) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """The later uses of what executions made, as `makers` gives them."""
    ids = _ids(room)
    made = schema.execution_values.alias("made")
    maker = schema.executions.alias("made_in")
    wanted, user = schema.execution_values.alias("wanted"), schema.executions.alias("reader")
    values = (
        _use(_IN_ORDER_FOUND, user, wanted.c.name, wanted.c.fingerprint, _maker(wanted, user))
        .select_from(made)
        .join(maker, maker.c.id == made.c.execution_id)
        .join(wanted, wanted.c.fingerprint == made.c.fingerprint)
        .join(user, user.c.id == wanted.c.execution_id)
        .where(
            made.c.execution_id.in_(ids),
            made.c.direction == "out",
            wanted.c.direction == "in",
            wanted.c.name == made.c.name,
            wanted.c.id > made.c.id,
            user.c.notebook == maker.c.notebook,
        )
        .limit(MOST_USES)
    )
    return _together(
        values, _readers(ids), _started(_is_late(ids, _names(room))), _users_of_unknown(ids)
    )


def _users_of_unknown(ids: _Ids) -> sa.Select[*tuple[Any, ...]]:
    """The later uses, in the same session, of what these made that has no content to compare.

    Up to the next that made the name, which made what is read from there on; of a session that
    went back up to its end. Asked so that the index of names is of use, and none of contents: to
    have none is common.
    """
    made = schema.execution_values.alias("unknown")
    maker = schema.executions.alias("unknown_made_in")
    wanted, user = schema.execution_values.alias("wanted"), schema.executions.alias("reader")
    until = sa.case((_went_back(maker), _end(maker)), else_=_made_next(made, maker))
    return (
        _use(_IN_ORDER_FOUND, user, wanted.c.name, wanted.c.fingerprint, _maker(wanted, user))
        .select_from(made)
        .join(maker, maker.c.id == made.c.execution_id)
        .join(wanted, wanted.c.name == made.c.name)
        .join(user, user.c.id == wanted.c.execution_id)
        .where(
            made.c.execution_id.in_(ids),
            made.c.direction == "out",
            sa.func.coalesce(made.c.fingerprint, "") == "",
            wanted.c.direction == "in",
            sa.func.coalesce(wanted.c.fingerprint, "") == "",
            wanted.c.execution_id > made.c.execution_id,
            wanted.c.execution_id <= until,
            user.c.session.concat("") == maker.c.session,
        )
        .limit(MOST_USES)
    )


def _went_back(maker: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether the session of an execution ever went back to an earlier state."""
    travel = schema.executions.alias()
    return (
        sa.select(travel.c.id)
        .where(
            travel.c.notebook == maker.c.notebook,
            travel.c.cell_id.is_(None),  # lets an index find it among many executions
            travel.c.travelled_to.is_not(None),
            travel.c.session.concat("") == maker.c.session,
        )
        .correlate(maker)
        .exists()
    )


def _end(maker: sa.FromClause) -> sa.ScalarSelect[int]:
    """The last execution of a session."""
    later = schema.executions.alias()
    return (
        sa.select(sa.func.max(later.c.id))
        .where(later.c.session == maker.c.session)
        .correlate(maker)
        .scalar_subquery()
    )


def _made_next(made: sa.FromClause, maker: sa.FromClause) -> sa.ColumnElement[int]:
    """The next execution of the session that left the same name; where there is none, the last."""
    again, remaker = schema.execution_values.alias(), schema.executions.alias()
    following = (
        sa.select(again.c.execution_id)
        .join(remaker, remaker.c.id == again.c.execution_id)
        .where(
            again.c.name == made.c.name,
            again.c.direction == "out",
            again.c.execution_id > made.c.execution_id,
            again.c.execution_id <= _end(maker),
            remaker.c.session.concat("") == maker.c.session,
        )
        .order_by(again.c.execution_id)
        .limit(1)
        .correlate(made, maker)
        .scalar_subquery()
    )
    return sa.func.coalesce(following, _end(maker))


def _use(
    place: sa.ColumnElement[int],
    user: sa.FromClause,
    name: sa.ColumnElement[str],
    fingerprint: sa.ColumnElement[Any],
    maker: sa.ColumnElement[Any],
) -> sa.Select[*tuple[Any, ...]]:
    """A row of a level; ``place`` is where it stands among those that tell of the same."""
    return sa.select(
        place.label("place"),
        user.c.id.label("user"),
        name.label("name"),
        fingerprint.label("fingerprint"),
        maker.label("maker"),
        user.c.notebook,
        user.c.session,
    )


def _together(*parts: sa.Select[*tuple[Any, ...]]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """One statement for a level, so that a walk asks once for each; the first column says what."""
    # each within a query of its own, for some have a limit
    return sa.union_all(
        *(
            sa.select(sa.literal_column(str(part), sa.Integer).label("part"), query.subquery())
            for part, query in enumerate(parts)
        )
    )


def _started(condition: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    """From what threads and tasks changed late to the executions that had started them."""
    table, user = schema.execution_externals, schema.executions.alias("changer")
    nothing = sa.cast(sa.null(), sa.Text)
    return (
        _use(table.c.id, user, table.c.detail, nothing, sa.cast(table.c.name, sa.Integer))
        .select_from(table)
        .join(user, user.c.id == table.c.execution_id)
        .where(condition, table.c.kind == "thread", table.c.name != "0")
    )


def _is_late(ids: _Ids, names: _Ids) -> sa.ColumnElement[bool]:
    """Whether a row belongs to what these executions had started; found without reading all."""
    table, late, starter = schema.execution_externals, schema.executions, schema.executions.alias()
    notebooks = sa.select(starter.c.notebook).where(starter.c.id.in_(ids))
    # that no cell made it lets an index find it among many executions
    made = sa.select(late.c.id).where(late.c.notebook.in_(notebooks), late.c.cell_id.is_(None))
    return sa.and_(table.c.execution_id.in_(made), table.c.name.in_(names))


def _maker(wanted: sa.FromClause, user: sa.FromClause) -> sa.ColumnElement[int | None]:
    """The execution that made an input: of its session, else of its notebook."""
    same_session = _latest(wanted, user, "session")
    same_notebook = _latest(wanted, user, "notebook")
    return sa.case(
        (wanted.c.fingerprint.is_(None), _latest_of_name(wanted, user)),
        else_=sa.func.coalesce(same_session, same_notebook),
    )


def _latest_of_name(wanted: sa.FromClause, user: sa.FromClause) -> sa.ScalarSelect[int]:
    """The latest of the session that had left the name: content would tell no more."""
    made, maker, first = schema.execution_values.alias(), schema.executions.alias(), _first(user)
    return (
        sa.select(made.c.execution_id)
        .join(maker, maker.c.id == made.c.execution_id)
        .where(
            made.c.name == wanted.c.name,
            made.c.direction == "out",
            made.c.execution_id < wanted.c.execution_id,
            made.c.execution_id >= first,
            made.c.execution_id >= _farthest_of_name(wanted),
            maker.c.session.concat("") == user.c.session,
        )
        .order_by(made.c.execution_id.desc())
        .limit(1)
        .correlate(wanted, user)
        .scalar_subquery()
    )


def _first(user: sa.FromClause) -> sa.ScalarSelect[int]:
    """The first execution of a session."""
    earlier = schema.executions.alias()
    return (
        sa.select(sa.func.min(earlier.c.id))
        .where(earlier.c.session == user.c.session)
        .correlate(user)
        .scalar_subquery()
    )


def _farthest_of_name(wanted: sa.FromClause) -> sa.ColumnElement[int]:
    """The execution that left the oldest of the values of equal name that are looked at."""
    equal = schema.execution_values.alias()
    oldest = (
        sa.select(equal.c.execution_id)
        .where(
            equal.c.name == wanted.c.name,
            equal.c.direction == "out",
            equal.c.execution_id < wanted.c.execution_id,
        )
        .order_by(equal.c.execution_id.desc())
        .limit(1)
        .offset(SESSION_REACH)
        .correlate(wanted)
        .scalar_subquery()
    )
    return sa.func.coalesce(oldest, 0)


def _latest(wanted: sa.FromClause, user: sa.FromClause, place: str) -> sa.ScalarSelect[int]:
    """The nearest of the values of equal content that came before, if it is of that place.

    Read along the index, newest first, so that the first that fits ends the search; `REACH`
    ends it where a value is as common as ``True``.
    """
    made, maker = schema.execution_values.alias(), schema.executions.alias()
    is_there = (
        sa.select(maker.c.id)
        .where(maker.c.id == made.c.execution_id, maker.c[place] == user.c[place])
        .correlate(made, user)
        .exists()
    )
    return (
        sa.select(made.c.execution_id)
        .where(
            made.c.fingerprint == wanted.c.fingerprint,
            made.c.id < wanted.c.id,
            made.c.id >= _farthest(wanted),
            made.c.direction == "out",
            made.c.name == wanted.c.name,
            is_there,
        )
        .order_by(made.c.id.desc())
        .limit(1)
        .correlate(wanted, user)
        .scalar_subquery()
    )


def _farthest(wanted: sa.FromClause) -> sa.ColumnElement[int]:
    """The oldest of the values of equal name and content that are looked at."""
    equal = schema.execution_values.alias()
    oldest = (
        sa.select(equal.c.id)
        .where(
            equal.c.fingerprint == wanted.c.fingerprint,
            equal.c.direction == "out",
            equal.c.name == wanted.c.name,
            equal.c.id < wanted.c.id,
        )
        .order_by(equal.c.id.desc())
        .limit(1)
        .offset(REACH)
        .correlate(wanted)
        .scalar_subquery()
    )
    return sa.func.coalesce(oldest, 0)


def _writer(read: sa.FromClause) -> sa.ScalarSelect[int]:
    """The latest earlier execution that wrote what was read."""
    written = schema.execution_files.alias()
    return (
        sa.select(written.c.execution_id)
        .where(
            written.c.path == read.c.path,
            written.c.digest == read.c.digest,
            written.c.mode == "write",
            written.c.execution_id < read.c.execution_id,
        )
        .order_by(written.c.id.desc())
        .limit(1)
        .correlate(read)
        .scalar_subquery()
    )


def _readers(ids: _Ids) -> sa.Select[*tuple[Any, ...]]:
    """The later executions that read what these wrote."""
    written, read = schema.execution_files.alias("written"), schema.execution_files.alias("read")
    user = schema.executions.alias("reader")
    return (
        _use(_IN_ORDER_FOUND, user, read.c.path, read.c.digest, _writer(read))
        .select_from(written)
        .join(read, sa.and_(read.c.path == written.c.path, read.c.digest == written.c.digest))
        .join(user, user.c.id == read.c.execution_id)
        .where(
            written.c.execution_id.in_(ids),
            written.c.mode == "write",
            read.c.mode == "read",
            read.c.execution_id > written.c.execution_id,
        )
        .limit(MOST_USES)
    )
