"""Statements that are compiled once: what they write is what SQLAlchemy writes and reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from nbmlops.store.catalog.prepared import Appending, Driver, Prepared

TABLE = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("flag", sa.Boolean),
    sa.Column("number", sa.Float),
    sa.Column("content", sa.JSON),
    sa.Column("perhaps", sa.JSON(none_as_null=True)),
    sa.Column("at", sa.DateTime),
)
NAMES = [column.key for column in TABLE.columns if column.key != "id"]
ADD = Prepared(sa.insert(TABLE).returning(TABLE.c.id), NAMES)
FIND = Prepared(sa.select(TABLE).where(TABLE.c.id == sa.bindparam("id")))

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
ROWS = st.fixed_dictionaries(
    {
        "text": st.none() | TEXTS,
        "flag": st.none() | st.booleans(),
        "number": st.none() | st.floats(allow_nan=False),
        "content": CONTENTS,
        "perhaps": CONTENTS,
        "at": st.none() | st.datetimes(),
    }
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> sa.Engine:
    """A database with the table."""
    folder: Path = tmp_path_factory.mktemp("prepared")
    made = sa.create_engine(f"sqlite:///{folder / 'things.db'}")
    TABLE.metadata.create_all(made)
    return made


@given(row=ROWS)
def test_what_is_appended_is_what_sqlalchemy_reads(engine: sa.Engine, row: dict[str, Any]) -> None:
    with engine.begin() as connection:
        ledger = Appending(connection.connection.cursor(), Driver(lambda: engine.dialect))
        added = ledger.only(ADD, row)
        kept = connection.execute(sa.select(TABLE).where(TABLE.c.id == added["id"])).one()
        assert dict(kept._mapping) == {**added, **row}  # SQLAlchemy's API
        assert ledger.only(FIND, added) == {**added, **row}


def test_what_is_appended_is_kept_as_sqlalchemy_keeps_it(engine: sa.Engine) -> None:
    at = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))).astimezone(UTC)
    row = {"text": "x", "flag": True, "number": 1, "content": None, "perhaps": None}
    row["at"] = at.replace(tzinfo=None)
    with engine.begin() as connection:
        connection.execute(sa.insert(TABLE).values(row))
        cursor = connection.connection.cursor()
        Appending(cursor, Driver(lambda: engine.dialect)).only(ADD, row)
        cursor.execute("SELECT * FROM things ORDER BY id DESC LIMIT 2")
        ours, theirs = cursor.fetchall()
    assert ours[1:] == theirs[1:]


def test_a_statement_speaks_another_dialect_by_its_names() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = FIND.for_driver(Driver(lambda: dialect))
    assert "%(id)s" in compiled.text
    assert compiled.parameters({"id": 7}) == {"id": 7}
