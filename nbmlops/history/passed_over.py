"""Cells that undo would pass over, though they changed something that is no variable."""

from __future__ import annotations

from collections.abc import Sequence

from nbmlops.domain.executions import Execution
from nbmlops.history.executed import Deeds, ExecutedCells


def changed_outside(executions: Sequence[Execution], *, after: int) -> str:
    """What the cells of a line that ran after one of them changed outside of the variables.

    Args:
        executions: those of the line, in its order.
        after: the id of one of them.

    Returns:
        Such as ``@5 (o.txt), @6 (settings of the process)``; empty where they changed nothing.
    """
    cells = ExecutedCells(executions)
    place = [done.id for done in executions].index(after)
    told = {
        done.id: _outside(deeds)
        for done, deeds in list(zip(executions, cells.deeds, strict=True))[place + 1 :]
    }
    return ", ".join(f"@{key} ({', '.join(what)})" for key, what in told.items() if what)


def _outside(deeds: Deeds) -> list[str]:
    files = sorted(name.removeprefix("file:") for name in deeds.writes if name.startswith("file:"))
    return [*files, *(["settings of the process"] if deeds.sets else [])]
