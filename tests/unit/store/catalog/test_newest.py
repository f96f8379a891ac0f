"""The newest executions of a notebook are found without reading the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.lineage import Focus
from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.store.catalog import newest
from nbmlops.store.catalog.runs import ProcessIdentity, RunRecords
from nbmlops.testing import NOON, Notebook
from nbmlops.workspace import Workspace

OK, ERROR, INTERRUPTED = ExecutionStatus.OK, ExecutionStatus.ERROR, ExecutionStatus.INTERRUPTED


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One execution of a cell; by a run or in the notebook."""

    cell: str | None
    step: str | None = None
    digest: str
    status: ExecutionStatus = OK
    in_run: bool = False


RAN = (
    Ran(cell="a", step="load", digest="1"),
    Ran(cell="b", step="train", digest="2", status=ERROR),
    Ran(cell="b", step="train", digest="3"),
    Ran(cell="b", step="train", digest="2", status=INTERRUPTED),
    Ran(cell="b", step="train", digest="3", in_run=True),
    Ran(cell="c", step="report", digest="4", in_run=True),
    Ran(cell=None, digest="5"),
    Ran(cell="d", digest="6"),
)


def _add(workspace: Workspace, ran: Ran, run_id: int | None) -> int:
    value = ValueRecord(
        name="x", fingerprint="f", summary=ValueSummary(kind="int", text="1"), reason="small"
    )
    record = ExecutionRecord(
        notebook="flights.ipynb",
        step=ran.step,
        cell_id=ran.cell,
        source="x = x",
        digest=ran.digest,
        session="session",
        started_at=NOON,
        duration=0.5,
        status=ran.status,
        inputs=(value,),
        outputs=(value,),
        run_id=run_id if ran.in_run else None,
        author="tester",
    )
    return workspace.executions.add(record).id


def _open_run(workspace: Workspace) -> int:
    path = Notebook(workspace.project).step("load", "rows = [1]").save("flights.ipynb")
    process = ProcessIdentity(host="here", process=7, started_at=1.5)
    version = workspace.pipelines.build(path).version
    run = RunRecords(workspace.database).start(
        version, parameters={}, trigger="manual", author="t", started_at=NOON, process=process
    )
    return run.id


def test_the_newest_of_each_cell_and_step_is_interactive_and_not_left_out(
    mlops_workspace: Workspace,
) -> None:
    """Of whichever version, however it ended; what only runs ran is not there."""
    run = _open_run(mlops_workspace)
    added = [_add(mlops_workspace, ran, run) for ran in RAN]
    records = mlops_workspace.executions
    by_cell = records.latest_by_cell("flights.ipynb")
    assert {cell: added.index(found.id) for cell, found in by_cell.items()} == {
        "a": 0, "b": 3, "d": 7,
    }  # fmt: skip
    by_step = records.latest_by_step("flights.ipynb", besides=[added[3], added[7]])
    assert {name: added.index(found.id) for name, found in by_step.items()} == {
        "load": 0, "train": 2,
    }  # fmt: skip
    assert records.latest_by_cell("flights.ipynb", besides=added) == {}


@pytest.mark.parametrize("query", [newest.of_cells, newest.of_steps], ids=["cells", "steps"])
def test_no_table_is_read_through(
    mlops_workspace: Workspace, query: Callable[[str], sa.Select[tuple[int]]]
) -> None:
    """Each part of the plan is a search in an index that answers by itself."""
    with mlops_workspace.database.read() as connection:
        compiled = query("flights.ipynb").compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        plan = [row[3] for row in connection.exec_driver_sql(f"explain query plan {compiled}")]
    read = [line for line in plan if "executions" in line or "step" in line]
    read = [line for line in read if line != "RECURSIVE STEP"]
    assert read
    assert all("USING COVERING INDEX" in line for line in read), plan


def test_the_statements_do_not_grow_with_the_executions(mlops_workspace: Workspace) -> None:
    """Of all that lists, follows and explains what a step did."""
    workspace = mlops_workspace
    steps = RAN[:4]

    def questions() -> list[object]:
        focus = Focus(thing="x", executions=(2,), names=("x",))
        return [
            workspace.history.versions("train", "flights.ipynb"),
            workspace.executions.latest_by_cell("flights.ipynb"),
            workspace.executions.latest_by_step("flights.ipynb"),
            workspace.lineage.backward(focus, depth=2),
            workspace.lineage.forward(focus, depth=1),
            workspace.lineage.explain(focus),
            workspace.runs.newest(),
        ]

    counted = []
    for times in (3, 30):
        for _ in range(times):
            for ran in steps:
                _add(workspace, ran, None)
        seen: list[str] = []
        with workspace.database.read() as connection:
            engine = connection.engine

        def note(*given: object, seen: list[str] = seen) -> None:
            seen.append(str(given[2]))

        sa.event.listen(engine, "before_cursor_execute", note)
        questions()
        sa.event.remove(engine, "before_cursor_execute", note)
        counted.append(len(seen))
    assert counted[0] == counted[1] > 0
