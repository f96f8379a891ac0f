"""Tests that stand in the cells of a notebook, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nbmlops.domain.accesses import ExternalAccess, FileAccess
from nbmlops.domain.executions import Failure

TEST_SESSION = "tests"
"""The session under which the ledger keeps executions of tests, each in a kernel of its own."""


class CellTestStatus(StrEnum):
    """How a test ended: ``FAILED`` by an assertion, ``ERROR`` by anything else."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTestResult:
    """What came of one test.

    ``cell`` is the 1-based number of the cell in the notebook, ``line`` the 1-based line in the
    cell that failed. ``unchanged`` says that it did not run: nothing that it depends on has
    changed since it last passed. ``isolated`` says whether it ran on a copy of the kernel, so that
    nothing of it was left for others; ``None`` where it did not run. ``output`` is what it printed.
    """

    notebook: str
    name: str
    cell: int
    cell_id: str
    status: CellTestStatus
    message: str = ""
    line: int | None = None
    traceback: str = ""
    duration: float = 0.0
    unchanged: bool = False
    isolated: bool | None = None
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTestRecord:
    """The latest recorded result of a test of a step's version."""

    name: str
    notebook: str
    status: CellTestStatus
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRequest:
    """What the kernel is told of the tests that it is going to run.

    ``tests`` maps the id of each test's cell to its source; ``answer`` is the file for a
    `TrialAnswer`.
    """

    project: str
    notebook: str
    tests: dict[str, str]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one cell did in a kernel that tests; ``skipped`` is why a test ended itself early.

    ``note`` says what of files and the like may have escaped.
    """

    cell_id: str
    duration: float
    failure: Failure | None = None
    skipped: str | None = None
    isolated: bool | None = None
    output: str = ""
    files: tuple[FileAccess, ...] = ()
    externals: tuple[ExternalAccess, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAnswer:
    """What the cells of a kernel that tests did, in the order in which they ran."""

    cells: tuple[Trial, ...] = ()
