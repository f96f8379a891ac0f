"""Cells that are no steps, and do something which no name holds; pure.

Such a cell may write a file, fetch one, start a program: a run does so too, whether a step needs it
or not, until its executions have shown that it leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence

from nbmlops.domain.accesses import SHOWS_FILES
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.pipelines.judgement import Judgement
from nbmlops.pipelines.plan import PlanCell

_LASTING = frozenset(["database", "directory", "folder", "process", "url"])
"""What a cell uses outside, and may leave something in."""


def may_act(cell: PlanCell) -> bool:
    """Whether a cell that is no step may do something that no name holds."""
    return cell.role == "support" and bool(cell.flow.acts)


def acts(executions: Sequence[Execution], judged: Judgement) -> bool:
    """Whether a cell that may act belongs to a run for what it does.

    What it sets in its process counts for those that run in that process, and not here.

    Args:
        executions: those of exactly this code that ended well.
        judged: what was found for it.
    """
    if judged.execution is not None:
        return False
    given_another = judged.waits or any(one.read for one in judged.objections)
    seen = any(_leaves_something(one.record) for one in executions)
    return not executions or seen or given_another


def _leaves_something(record: ExecutionRecord) -> bool:
    """Whether an execution has changed files, or used what it may have changed."""
    return any(file.mode != "read" for file in record.files) or any(
        access.kind in _LASTING and access.detail != SHOWS_FILES for access in record.externals
    )
