"""Cells that are no steps, and do something which no name holds; pure.

Such a cell may write a file, fetch one, start a program: a run does so too, whether a step needs it
or not, until its executions have shown that it leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbmlops.domain.accesses import SHOWS_FILES
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.pipelines.plan import PlanCell

_LASTING = frozenset(["database", "directory", "folder", "process", "url"])
"""What a cell uses outside, and may leave something in."""


def acts(cell: PlanCell, past: Sequence[Execution]) -> bool:
    """Whether a cell that is no step belongs to a run for what it does.

    What it sets in its process counts for those that run in that process, and not here.

    Args:
        cell: one of a pipeline.
        past: its executions that ended well.
    """
    if cell.role != "support" or not cell.flow.acts:
        return False
    return not past or any(_leaves_something(execution.record) for execution in past)


def _leaves_something(record: ExecutionRecord) -> bool:
    """Whether an execution has changed files, or used what it may have changed."""
    return any(file.mode != "read" for file in record.files) or any(
        access.kind in _LASTING and access.detail != SHOWS_FILES for access in record.externals
    )
