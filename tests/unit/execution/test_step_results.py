"""Every step of a run has its row: what succeeded, what did not, and what never began."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus, Failure
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec, PipelineStep
from nbmlops.domain.run_steps import StepStatus
from nbmlops.domain.runs import Run, RunStatus
from nbmlops.execution.step_results import steps_of
from nbmlops.notebook.document import Document, parse
from nbmlops.testing import NOON

CELLS = ("load", "train", "train", "report")
"""The steps of the cells of the pipeline; the second step has two."""

SPEC = PipelineSpec(
    name="f",
    notebook="f.ipynb",
    kernel="python3",
    digest="d",
    cells=tuple(
        PipelineCell(cell_id=f"c{at}", index=at, role="step", step=step, source=f"x = {at}")
        for at, step in enumerate(CELLS)
    ),
    steps=tuple(
        PipelineStep(name=name, digest=name, reads=(), writes=()) for name in dict.fromkeys(CELLS)
    ),
    edges=(),
)
RUN = Run(
    id=7,
    pipeline="f",
    number=2,
    version=1,
    version_id=1,
    parameters={},
    status=RunStatus.FAILED,
    trigger="manual",
    author="tester",
    started_at=NOON,
    ended_at=NOON,
)
IN_TRAIN = Failure(kind="KeyError", message="'a'", step="train", cell_id="c2", cell_index=2, line=1)


def executed(*states: str, marks: dict[int, dict[str, Any]] | None = None) -> Document:
    """An executed notebook whose cells have ended like that."""
    cells = []
    for at, state in enumerate(states):
        ran = state in {"completed", "failed", "cancelled", "running", "lost"}
        told = {"status": state, "start_time": NOON.isoformat() if ran else None}
        metadata = {"papermill": told | ({"duration": 0.5} if state == "completed" else {})}
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{at}",
                "source": f"%mlops track {CELLS[at]}\nx = {at}",
                "metadata": metadata | {"nbmlops": (marks or {}).get(at, {})},
                "outputs": [],
                "execution_count": None,
            }
        )
    return parse(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def execution(number: int, cell: int, *, run_id: int = RUN.id, bad: bool = False) -> Execution:
    """What a kernel recorded of a cell."""
    record = ExecutionRecord(
        notebook="f.ipynb",
        step=CELLS[cell],
        cell_id=f"c{cell}",
        source=f"x = {cell}",
        digest="d",
        session="s",
        run_id=run_id,
        started_at=NOON,
        duration=2.0,
        status=ExecutionStatus.ERROR if bad else ExecutionStatus.OK,
        author="tester",
    )
    return Execution(id=number, version=None, record=record)


@dataclass(frozen=True)
class Case:
    """A run with what is left of it, and what its steps are then: status, why, attempts."""

    name: str
    run: Run
    notebooks: tuple[Document, ...]
    steps: tuple[tuple[str, str, int], ...]
    executions: tuple[Execution, ...] = field(default=())


FAILED = replace(RUN, failure=IN_TRAIN)
CASES = (
    Case(
        "a failed step and what is behind it",
        FAILED,
        (executed("completed", "completed", "failed", "not run"),),
        (
            ("succeeded", "", 1),
            ("failed", "KeyError: 'a'", 1),
            ("not run", "train failed", 0),
        ),
    ),
    Case(
        "skipped by keep-going",
        FAILED,
        (
            executed(
                *("completed", "failed", "not run", "not run"),
                marks={2: {"not_run": "depends on train"}, 3: {"not_run": "depends on train"}},
            ),
        ),
        (
            ("succeeded", "", 1),
            ("failed", "CellExecutionError", 1),
            ("skipped", "depends on train", 0),
        ),
    ),
    Case(
        "cancelled",
        replace(
            RUN,
            status=RunStatus.CANCELLED,
            failure=replace(IN_TRAIN, kind="Cancelled", message="cancelled by ann"),
        ),
        (executed("completed", "completed", "cancelled", "not run"),),
        (
            ("succeeded", "", 1),
            ("cancelled", "cancelled by ann", 1),
            ("not run", "the run was cancelled in train", 0),
        ),
    ),
    Case(
        "cancelled between two cells of a step",
        replace(
            RUN,
            status=RunStatus.CANCELLED,
            failure=Failure(kind="Cancelled", message="stopped by SIGTERM"),
        ),
        (executed("completed", "completed", "not run", "not run"),),
        (
            ("succeeded", "", 1),
            ("not run", "stopped by SIGTERM", 1),
            ("not run", "stopped by SIGTERM", 0),
        ),
    ),
    Case(
        "lost with its process",
        replace(
            RUN,
            status=RunStatus.LOST,
            failure=replace(IN_TRAIN, kind="ProcessVanished", message="The process is gone."),
        ),
        (executed("completed", "completed", "lost", "not run"),),
        (
            ("succeeded", "", 1),
            ("lost", "The process is gone.", 1),
            ("not run", "the run was lost in train", 0),
        ),
    ),
    Case(
        "taken from another run, and at a second attempt from the first",
        replace(RUN, status=RunStatus.SUCCEEDED),
        (
            executed(*("cached", "completed", "failed", "not run"), marks={0: {"cached": {}}}),
            executed(
                *("cached", "cached", "completed", "completed"),
                marks={
                    0: {"cached": {"execution": 1, "run": "f#1"}},
                    1: {"cached": {"execution": 2, "run": "f#2"}},
                },
            ),
        ),
        (("cached", "", 0), ("succeeded", "", 2), ("succeeded", "", 1)),
        (execution(1, 0, run_id=3), execution(2, 1), execution(3, 2), execution(4, 3)),
    ),
    Case(
        "still going on",
        replace(RUN, status=RunStatus.RUNNING, ended_at=None),
        (executed("completed", "completed", "pending", "pending"),),
        (("succeeded", "", 1), ("running", "", 1), ("waiting", "", 0)),
    ),
    Case(
        "its notebook is gone: the records tell",
        FAILED,
        (),
        (
            ("succeeded", "", 1),
            ("failed", "KeyError: 'a'", 1),
            ("not run", "train failed", 0),
        ),
        (execution(1, 0), execution(2, 1)),
    ),
    Case(
        "its kernel did not start",
        replace(RUN, failure=Failure(kind="KernelNotStarted", message="no such kernel")),
        (),
        (("not run", "no such kernel", 0),) * 3,
    ),
    Case(
        "ended early by itself",
        replace(RUN, status=RunStatus.SUCCEEDED),
        (executed("completed", "completed", "completed", "not run"),),
        (
            ("succeeded", "", 1),
            ("succeeded", "", 1),
            ("not run", "sys.exit() ended the notebook", 0),
        ),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_step_has_its_row(case: Case) -> None:
    found = steps_of(case.run, SPEC, case.executions, case.notebooks, lambda _: "f#1")
    assert [step.name for step in found] == ["load", "train", "report"]
    assert tuple((step.status.value, step.why, step.attempts) for step in found) == case.steps


def test_a_step_takes_as_long_as_its_cells() -> None:
    """Of what a kernel did not live to record, the notebook tells how long it took."""
    cached = executed("cached", "completed", "completed", "not run")
    made = (execution(2, 1), execution(3, 2, bad=True))
    load, train, report = steps_of(FAILED, SPEC, made, [cached], lambda _: "f#1")
    assert (load.status, load.duration, load.executions) == (StepStatus.CACHED, None, ())
    assert (train.duration, train.executions) == (4.0, (2, 3))
    assert report.duration is None


def test_a_failure_names_the_cell_of_the_notebook_that_people_edit() -> None:
    document = executed("completed", "completed", "failed", "not run")
    (_, train, _) = steps_of(RUN, SPEC, (), [document], lambda _: "f#1")
    assert train.failure is not None
    assert (train.failure.cell_id, train.failure.cell_index) == ("c2", 2)
