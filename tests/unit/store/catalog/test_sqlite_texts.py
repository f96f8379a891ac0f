"""What SQLite is told without SQLAlchemy is what SQLAlchemy would tell it."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.store.catalog import schema, sqlite_description
from nbmlops.store.catalog.column_types import Number, UtcDateTime, json_type
from nbmlops.store.catalog.json_text import from_json, to_json
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.store.catalog.sqlite_texts import FILE, INTO, OUT, texts
from nbmlops.store.catalog.statements import STATEMENTS

TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "flag": sa.Boolean(),
    "json": json_type(),
    "json or null": json_type(none_as_null=True),
    "number": Number(),
    "time": UtcDateTime(),
}
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
_EARLY = datetime(2, 1, 1)  # noqa: DTZ001 (the strategy gives the zones)
VALUES = {
    "flag": st.none() | st.booleans(),
    "json": JSON,
    "json or null": JSON,
    "number": st.none() | st.floats() | st.integers(-(2**60), 2**60),
    "time": st.none() | st.datetimes(min_value=_EARLY, timezones=ZONES),
}


def test_what_is_written_down_is_what_the_tables_say() -> None:
    assert FILE.read_text("utf-8") == sqlite_description.text(), (
        "run python -m nbmlops.store.catalog.sqlite_description"
    )
    assert texts().statements.keys() == STATEMENTS.keys()


@pytest.fixture(scope="module")
def dialect() -> sa.Dialect:
    """What SQLAlchemy speaks to SQLite."""
    return sa.create_engine(
        "sqlite://", json_serializer=to_json, json_deserializer=from_json
    ).dialect


@pytest.mark.parametrize("kind", sorted(TYPES))
@given(data=st.data())
def test_a_value_goes_in_and_comes_out_as_with_sqlalchemy(
    dialect: sa.Dialect, kind: str, data: st.DataObject
) -> None:
    value, type_ = data.draw(VALUES[kind]), TYPES[kind].dialect_impl(dialect)
    into, out = type_.bind_processor(dialect), type_.result_processor(dialect, None)
    kept = value if into is None else into(value)
    assert _same(INTO[kind](value), kept)
    assert _same(OUT[kind](kept), kept if out is None else out(kept))
    assert sqlite_description.kind_of(TYPES[kind]) == kind


def _same(one: Any, other: Any) -> bool:
    nan = isinstance(one, float) and math.isnan(one)
    return type(one) is type(other) and (nan or repr(one) == repr(other))


def test_the_file_has_the_tables_that_sqlalchemy_makes(tmp_path: Path) -> None:
    ours, theirs = SqliteDatabase(tmp_path / "ours.db"), sa.create_engine("sqlite://")
    with ours.read() as one, theirs.connect() as other:
        schema.metadata.create_all(other)
        more = {name for _, name in _made(one) - _made(other)}
        assert more == {"alembic_version", "sqlite_autoindex_alembic_version_1"}
        assert _made(one) >= _made(other)
    ours.close()


def _made(connection: sa.Connection) -> set[tuple[str, ...]]:
    found = connection.exec_driver_sql("SELECT type, name FROM sqlite_master")
    return {tuple(row) for row in found}


def test_a_record_is_written_without_sqlalchemy(tmp_path: Path) -> None:
    """It takes longer to load than all else that a kernel's first record does."""
    script = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.workspace import Workspace

workspace = Workspace(Path(sys.argv[1]))
ledger = workspace.ledger
assert workspace.renames.adopt("a.ipynb") is None
workspace.ended_kernels.settle()
at = datetime.now(UTC)
for step in (None, "load"):
    record = ExecutionRecord(
        notebook="a.ipynb", step=step, cell_id="1", source="x = 1", digest="d", session="s",
        started_at=at, duration=0.1, status=ExecutionStatus.OK, author="me",
    )
    execution = ledger.add(record)
ledger.finish()
assert not [name for name in sys.modules if name.startswith("sqlalchemy")]
found = workspace.executions.by_ids([execution.id])[execution.id]
assert (found.record, found.version.number) == (record, 1)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)
