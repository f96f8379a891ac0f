"""What the execution of a notebook is given, be it in one kernel or in several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nbmlops.execution.journal import Journal
from nbmlops.execution.limits import Limits
from nbmlops.execution.notebook_execution import NotebookExecution, Observer
from nbmlops.execution.supervision import Supervisor

MakeExecution = Callable[..., NotebookExecution]
"""Makes the execution of a notebook in one kernel, given what differs from lane to lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What an execution reports to, and what it keeps to."""

    journal: Journal
    observe: Observer
    limits: Limits
    supervisor: Supervisor | None
