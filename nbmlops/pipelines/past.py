"""What recorded executions of a cell tell of what it will do; a forecast; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.values import PART_OF_THE_CODE, ValueRecord, held_alike
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.pipelines.evidence import Evidence, SessionEntry

_DELETES = re.compile(r"\bdel\b|\bpop\b|\bclear\b|%\s*(reset|xdel|mlops)")
"""What code may say that takes names away."""


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
    return (flow.alters - flow.writes).intersection(
        *(unchanged(execution.record) for execution in past)
    )


def stayed(
    past: Sequence[Execution], session: Callable[[str], Sequence[SessionEntry]]
) -> frozenset[str]:
    """The names whose values were there when a cell ran, and were the same after it.

    Read or not: whatever a cell may reach is compared, with all that shares parts with it.

    Args:
        past: its executions, as `past_of` has them.
        session: what a kernel session ran.
    """
    quiet: set[str] = set()
    for execution in past:
        record = execution.record
        if not record.inputs_complete or record.failure is not None:
            return frozenset()
        earlier = (one for one in session(record.session) if one.id < execution.id)
        quiet |= _bound_by(earlier)
    changed = (
        name
        for execution in past
        for name in (*(one.name for one in execution.record.outputs), *execution.record.deleted)
    )
    return frozenset(quiet.difference(changed))


def _bound_by(entries: Iterable[SessionEntry]) -> set[str]:
    """The names that are there behind the cells of a session, and surely not deleted."""
    found: set[str] = set()
    for entry in entries:
        if _DELETES.search(entry.source):
            found.clear()
        found |= entry.outputs.keys()
    return found


def changed_after_all(left: frozenset[str], record: ExecutionRecord | None) -> frozenset[str]:
    """Those of the names that an execution has changed, or may have, as its record does not tell.

    Args:
        left: what was expected not to change.
        record: of the execution; ``None`` where there is none.
    """
    return left - unchanged(record) if record is not None else left


def unchanged(record: ExecutionRecord) -> frozenset[str]:
    """The names that an execution read and did not change, as far as can be compared."""
    if not record.inputs_complete or record.failure is not None:
        return frozenset()
    compared = {value.name for value in record.inputs if value.fingerprint is not None}
    return frozenset(compared - {value.name for value in record.outputs} - {*record.deleted})


def made_again(before: ExecutionRecord, record: ExecutionRecord) -> bool:
    """Whether an execution has left what another one had left, all of it known."""
    then, now = ({one.name: one for one in found.outputs} for found in (before, record))
    known = all(one.fingerprint or one.reason == PART_OF_THE_CODE for one in record.outputs)
    same = then.keys() == now.keys() and all(map(_is_equal, then.values(), map(now.get, then)))
    return known and same and set(before.deleted) == set(record.deleted)


def _is_equal(then: ValueRecord, now: ValueRecord | None) -> bool:
    if now is None or then.fingerprint != now.fingerprint:
        return False
    before, after = then.summary.holding, now.summary.holding
    if before is None or after is None:
        return before == after
    return held_alike(before, after)
