"""What recorded executions of a cell tell of what it will do; a forecast; pure."""

from __future__ import annotations

from collections.abc import Sequence

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.pipelines.evidence import Evidence


def past_of(flow: CellFlow, step: str | None, evidence: Evidence) -> Sequence[Execution]:
    """The executions of a cell that ended well; after an edit, the one before it."""
    executions = evidence.executions(flow.digest)
    if executions:
        return executions
    before = evidence.latest(flow.cell.id, step)
    return [before] if before is not None else []


def left_alone(flow: CellFlow, past: Sequence[Execution]) -> frozenset[str]:
    """The names that a cell may change in place and that no execution has changed.

    With other inputs, or after an edit, it may change them all the same.

    Args:
        flow: the cell.
        past: its executions, as `past_of` has them.
    """
    if not past or any(construct.writes for construct in flow.dynamic):
        return frozenset()
    return (flow.in_place - flow.writes).intersection(
        *(_unchanged(execution.record) for execution in past)
    )


def changed_after_all(left: frozenset[str], record: ExecutionRecord | None) -> frozenset[str]:
    """Those of the names that an execution has changed, or may have, as its record does not tell.

    Args:
        left: what was expected not to change.
        record: of the execution; ``None`` where there is none.
    """
    return left - _unchanged(record) if record is not None else left


def _unchanged(record: ExecutionRecord) -> frozenset[str]:
    """The names that an execution read and did not change, as far as can be compared."""
    if not record.inputs_complete or record.failure is not None:
        return frozenset()
    compared = {value.name for value in record.inputs if value.fingerprint is not None}
    return frozenset(compared - {value.name for value in record.outputs} - {*record.deleted})
