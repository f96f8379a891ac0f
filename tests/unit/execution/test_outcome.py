"""How an executed notebook ended is read from the notebook itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.domain.runs import RunStatus
from nbmlops.execution.journal import CANCELLED, COMPLETED, FAILED, NOT_RUN
from nbmlops.execution.outcome import outcome_of
from nbmlops.notebook.document import Document, from_sources

TRACEBACK = [
    "\x1b[31mValueError\x1b[0m",
    "Cell In[2], line 3\n      1 a\n----> 3 b",
    "ValueError: no",
]
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": TRACEBACK}


def executed(*statuses: str) -> Document:
    """A notebook of steps a, b, c, … with these statuses; the last one raised."""
    document = from_sources(
        [(f"%mlops track {name}\nx = 1", ()) for name, _ in zip("abc", statuses, strict=False)]
    )
    for cell, status in zip(document.raw["cells"], statuses, strict=True):
        cell["metadata"]["papermill"] = {"status": status}
        cell["outputs"] = [ERROR] if status in {FAILED, CANCELLED} else []
    return document


@dataclass(frozen=True)
class Case:
    statuses: tuple[str, ...]
    status: RunStatus
    stopped_by: str | None = None
    step: str | None = None
    message: str | None = None
    warnings: tuple[str, ...] = ()


CASES = {
    "every cell completed": Case((COMPLETED, COMPLETED), RunStatus.SUCCEEDED),
    "a signal after the last cell changes nothing": Case(
        (COMPLETED, COMPLETED), RunStatus.SUCCEEDED, stopped_by="SIGTERM"
    ),
    "a cell failed": Case((COMPLETED, FAILED, NOT_RUN), RunStatus.FAILED, step="b", message="no"),
    "a cell was interrupted": Case(
        (COMPLETED, CANCELLED, NOT_RUN),
        RunStatus.CANCELLED,
        stopped_by="SIGINT",
        step="b",
        message="stopped by SIGINT",
    ),
    "a cell swallowed the interrupt": Case(
        (COMPLETED, NOT_RUN),
        RunStatus.CANCELLED,
        stopped_by="SIGINT",
        message="stopped by SIGINT",
    ),
    "sys.exit() left two cells": Case(
        (COMPLETED, NOT_RUN, NOT_RUN),
        RunStatus.SUCCEEDED,
        warnings=("sys.exit() ended the notebook early: 2 cells were not run.",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cell_that_ended_the_run_decides(name: str) -> None:
    case = CASES[name]
    outcome = outcome_of(executed(*case.statuses), stopped_by=case.stopped_by)
    assert outcome.status is case.status
    assert (outcome.failure and outcome.failure.step) == case.step
    assert (outcome.failure and outcome.failure.message) == case.message
    assert outcome.warnings == case.warnings


def test_a_failure_names_the_line_and_carries_no_colours() -> None:
    failure = outcome_of(executed(COMPLETED, FAILED)).failure
    assert failure is not None
    assert (failure.kind, failure.cell_index, failure.line) == ("ValueError", 1, 3)
    assert "\x1b" not in failure.traceback


def test_an_error_that_ipython_shows_without_a_traceback_is_told() -> None:
    document = executed(COMPLETED, FAILED)
    said = "UserWarning: old\nUsageError: Line magic function `%nope` not found.\n"
    document.raw["cells"][1]["outputs"] = [
        {"output_type": "stream", "name": "stderr", "text": said},
        {"output_type": "stream", "name": "stdout", "text": "ValueError: printed\n"},
    ]
    failure = outcome_of(document).failure
    assert failure is not None
    assert (failure.kind, failure.step) == ("UsageError", "b")
    assert failure.message == "Line magic function `%nope` not found."
