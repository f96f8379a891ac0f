"""Stores that have seen a lot, made in a minute.

One page of executions is written as a recorder writes them; the others are copies of it in SQL,
each with sessions, times and values of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog import schema
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    import sqlalchemy as sa

NOTEBOOKS = 40
STEPS = 12
VERSIONS = 20
PAGE = 4_000
"""Executions that are written one by one."""

_SESSION = 50
"""Cells that one kernel runs."""

_COPIED = (
    schema.executions, schema.execution_values, schema.metrics, schema.execution_files,
)  # fmt: skip


def fill(folder: Path, executions: int) -> tuple[float, ...]:
    """Fill a store; returns the seconds that each of the executions of the page took.

    Args:
        folder: the project.
        executions: how many, a multiple of `PAGE` where there are more than that.
    """
    workspace = Workspace(folder)
    records = workspace.executions
    taken = []
    for record in _page(min(executions, PAGE)):
        began = time.perf_counter()
        records.add(record)
        taken.append(time.perf_counter() - began)
    with workspace.database.write(durable=False) as connection:
        for table in _COPIED if executions > PAGE else ():
            _copy(connection, table, executions // PAGE)
    workspace.close()
    return tuple(taken)


def add_chain(folder: Path, length: int) -> tuple[int, ...]:
    """Cells of one session of which each reads what the one before made; returns their ids."""
    workspace = Workspace(folder)
    records = [_linked(number) for number in range(length)]
    ids = tuple(workspace.executions.add(record).id for record in records)
    workspace.close()
    return ids


def _linked(number: int) -> ExecutionRecord:
    source = f"x = go_on(x, {number})"
    return ExecutionRecord(
        notebook="reports/chain.ipynb",
        step=None,
        cell_id=f"cell-{number}",
        source=source,
        digest=hashlib.sha256(source.encode()).hexdigest(),
        session="session-of-the-chain",
        started_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        duration=0.5,
        status=ExecutionStatus.OK,
        inputs=(_value("x", f"c{number - 1:023x}"),) if number else (),
        outputs=(_value("x", f"c{number:023x}"),),
        author="bench",
    )


def _page(size: int) -> Iterator[ExecutionRecord]:
    """Sessions of one notebook each: imports, then the steps from top to bottom, some failing."""
    for number in range(size):
        place, session = number % _SESSION, number // _SESSION
        notebook = f"reports/notebook_{session % NOTEBOOKS}.ipynb"
        # one step is run again and again, as in an evening of trying
        step = place % (STEPS + 3) if session % 3 else 0
        yield _record(number, notebook, session, step, (session + place) % VERSIONS)


def _record(number: int, notebook: str, session: int, step: int, version: int) -> ExecutionRecord:
    named = step < STEPS
    source = f"frame_{step} = prepare(frame_{step - 1}, depth={version}, verbose=True)"
    moment = datetime(2016, 1, 1, tzinfo=UTC) + timedelta(seconds=20 * number)
    failed = number % 17 == 0
    return ExecutionRecord(
        notebook=notebook,
        step=f"step_{step}" if named else None,
        cell_id=f"cell-{step}",
        source=source,
        digest=hashlib.sha256(source.encode()).hexdigest(),
        session=f"session-{session:06}",
        started_at=moment,
        duration=0.5,
        status=ExecutionStatus.ERROR if failed else ExecutionStatus.OK,
        inputs=(
            _value(f"frame_{step - 1}", f"{number - 1:024x}"),
            _value("verbose", f"{0:024x}"),
        ),
        outputs=() if failed else (_value(f"frame_{step}", f"{number:024x}"),),
        metrics=(Metric(name="auc", value=0.9, recorded_at=moment),) if named else (),
        files=(_file(session),) if step == 0 else (),
        author="bench",
    )


def _value(name: str, start: str) -> ValueRecord:
    summary = ValueSummary(kind="pandas.DataFrame", text="a frame", shape=(100, 5), size=4000)
    return ValueRecord(name=name, fingerprint=f"{start}{0:08x}", summary=summary)


def _file(session: int) -> FileAccess:
    return FileAccess(
        path=f"data/month_{session % 12}.parquet",
        mode="read",
        digest=f"{session:064x}",
        size=10_000,
        known_by="open",
    )


def _copy(connection: sa.Connection, table: sa.Table, copies: int) -> None:
    """Repeat the page; a value that all copies have in common stays common."""
    rows = connection.exec_driver_sql(f"select max(id) from {table.name}").scalar_one()  # noqa: S608  our own name
    given = {
        "id": f"id + copy.number * {rows}",
        "execution_id": f"execution_id + copy.number * {PAGE}",
        "session": "session || '-' || copy.number",
        "started_at": "strftime('%Y-%m-%d %H:%M:%f000', started_at, '+' || copy.number || ' days')",
        "fingerprint": "case when name = 'verbose' then fingerprint else "
        "substr(fingerprint, 1, 24) || printf('%08x', copy.number) end",
    }
    names = [column.name for column in table.columns]
    values = ", ".join(given.get(name, name) for name in names)
    connection.exec_driver_sql(
        f"with recursive copy(number) as (select 1 union all select number + 1 from copy "  # noqa: S608  our own names
        f"where number < {copies - 1}) insert into {table.name} ({', '.join(names)}) "
        f"select {values} from copy cross join {table.name} where {table.name}.id <= {rows}"
    )
