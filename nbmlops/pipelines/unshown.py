"""Which cells may run code that no cell of the notebook shows: what `exec` or ``%run`` defined.

Such code may read any name of the notebook. A kernel sees it, and records what it read; a plan
knows only that the cell needs all that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.domain.values import PART_OF_THE_CODE
from nbmlops.pipelines.evidence import Evidence
from nbmlops.pipelines.plan import PlanCell

_PLAIN = frozenset([
    "NoneType", "bool", "int", "float", "complex", "str", "bytes", "date", "datetime",
    "DataFrame", "Series", "Index", "ndarray",
])  # fmt: skip
"""Kinds of values that are data, and run nothing of the notebook's."""


def opened(cells: Sequence[PlanCell], evidence: Evidence) -> tuple[PlanCell, ...]:
    """The cells, those marked that may run such code.

    Args:
        cells: those of a pipeline, in the order in which they run.
        evidence: what is recorded of them, which tells what is no more than data.
    """
    doubtful: dict[str, bool] = {}
    unsure = False
    found = []
    for cell in cells:
        opaque = cell.may_bind_all is not None
        doubted = any(doubtful.get(n, unsure) for n in cell.reaches if n.isidentifier())
        found.append(replace(cell, open=doubted))
        records = [one.record for one in evidence.executions(cell.flow.digest)]
        kinds = bound_code(records), {value.name for one in records for value in one.outputs}
        for name in cell.changes:
            doubtful[name] = (doubted or opaque) and (name in kinds[0] or name not in kinds[1])
        if opaque:
            unsure = True
            perhaps = kinds[0] if records else doubtful.keys()
            doubtful |= dict.fromkeys(kinds[1], False) | dict.fromkeys(perhaps, True)
    return tuple(found)


def bound_code(records: Iterable[ExecutionRecord]) -> set[str]:
    """The names that executions have bound to what may be, or hold, code."""
    every = (value for record in records for value in record.outputs)
    return {value.name for value in every if value.summary.kind not in _PLAIN}


def unforeseen(cell: PlanCell, record: ExecutionRecord, evidence: Evidence) -> set[str]:
    """The names that such a cell has bound to functions or classes now, and never before.

    It says of all else that it may have changed it, where that cannot be compared.
    """
    if cell.may_bind_all is None:
        return set()
    before = [one.record for one in evidence.executions(cell.flow.digest)]
    now = {value.name for value in record.outputs if value.reason == PART_OF_THE_CODE}
    return now - bound_code(before) if before else set()
