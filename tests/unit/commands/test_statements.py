"""What commands ask the catalog for does not grow with what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus, Metric
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog.prepared import Asking
from nbmlops.store.catalog.sqlite import SqliteDatabase
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

Shell = Callable[..., Any]

COMMANDS = (
    ("versions", "train"),
    ("versions", "train@latest", "--executions"),
    ("show", "train@1"),
    ("show", "@4"),
    ("log",),
    ("diff", "train@1", "train@2"),
    ("status", "flights.ipynb"),
    ("lineage", "model"),
    ("lineage", "rows", "--forward"),
    ("why", "model"),
)
"""Each with everything that it shows."""

STEPS = (("load", "month", "rows"), ("clean", "rows", "kept"), ("train", "kept rows", "model"))
"""Name, what is read, what is made."""


def run_all(workspace: Workspace, number: int) -> None:
    """Run the steps from top to bottom in a session of their own, each with values of its own."""
    for step, reads, makes in STEPS:
        record = ExecutionRecord(
            notebook="flights.ipynb",
            step=step,
            cell_id=step,
            source=f"{makes} = {step}({reads}, {number % 2})",
            digest=f"{step}{number % 2}",
            session=f"session-{number}",
            started_at=NOON,
            duration=1.5,
            status=ExecutionStatus.OK,
            inputs=tuple(value(name, number) for name in reads.split()),
            outputs=(value(makes, number),),
            metrics=(Metric(name="auc", value=0.9, recorded_at=NOON),),
            author="tester",
        )
        file = FileAccess(path="rows.csv", mode="read", digest=f"{number}", size=1, known_by="open")
        workspace.executions.add(replace(record, files=(file,) if step == "load" else ()))


def value(name: str, number: int) -> ValueRecord:
    """A frame of one session."""
    summary = ValueSummary(kind="pandas.DataFrame", shape=(3, 2))
    return ValueRecord(name=name, fingerprint=f"{name}-{number}", summary=summary)


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that any connection to SQLite runs meanwhile, as SQLite hears them."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            seen.append(statement)

    def listen(connection: Any, *given: object) -> None:
        del given
        connection.set_trace_callback(note)

    def leave(connection: Any, *given: object) -> None:
        del given
        connection.set_trace_callback(None)

    @contextmanager
    def begun(database: SqliteDatabase, kind: type[Asking]) -> Iterator[Asking]:
        with begin(database, kind) as asking:
            listen(asking._cursor.connection)
            yield asking
            leave(asking._cursor.connection)

    begin = SqliteDatabase._begun
    sa.event.listen(sa.pool.Pool, "checkout", listen)
    sa.event.listen(sa.pool.Pool, "checkin", leave)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "_begun", begun)
        yield seen
    sa.event.remove(sa.pool.Pool, "checkout", listen)
    sa.event.remove(sa.pool.Pool, "checkin", leave)


def counts(shell: Shell) -> dict[str, int]:
    """How many statements each command takes."""
    found = {}
    for command in COMMANDS:
        with counting() as seen:
            answer = shell(*command)
        assert answer.code == 0, answer
        found[" ".join(command)] = len(seen)
    return found


def test_no_command_takes_more_statements_for_more_executions(
    mlops_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    """With 12 executions in the ledger and with 132."""
    project: Path = mlops_workspace.project
    monkeypatch.chdir(project)
    notebook = Notebook(project)
    for step, reads, makes in STEPS:
        notebook.step(step, f"{makes} = {step}({reads}, 1)")
    notebook.save("flights.ipynb")
    for number in range(4):
        run_all(mlops_workspace, number)
    few = counts(shell)
    for number in range(4, 44):
        run_all(mlops_workspace, number)
    many = counts(shell)
    assert many == few
    assert min(few.values()) > 0


def test_a_level_of_a_lineage_takes_one_statement(mlops_workspace: Workspace) -> None:
    """Whatever was read there: values, files, and what threads changed late."""
    lineage = mlops_workspace.lineage
    run_all(mlops_workspace, 0)
    focus = lineage.variable("model")
    taken = []
    for depth in (0, 1):
        with counting() as seen:
            lineage.backward(focus, depth=depth)
        taken.append(len(seen))
    assert taken[1] == taken[0] + 1
