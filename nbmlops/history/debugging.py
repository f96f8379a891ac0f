"""The state of a run right before the cell that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.pipelines import PipelineCell, PipelineVersion
from nbmlops.domain.runs import Run
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a run failed: the ``cell``, and the execution of its kernel before it, ``target``.

    ``target`` is 0 where the cell was the first that its kernel ran. ``taken`` are values that its
    kernel did not make but was given, from an earlier run or attempt, by name; ``missing`` those
    of them that were not kept, each with the reason.
    """

    cell: PipelineCell
    target: int
    taken: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def before_failure(run: Run, version: PipelineVersion, executions: Sequence[Execution]) -> Scene:
    """Find the state right before the cell that failed.

    Args:
        run: one that ended badly.
        version: what it executed.
        executions: what it executed and took, in the order of the cells.

    Raises:
        UsageError: it did not fail in a cell, or nothing that its kernel ran was recorded.
    """
    cells = {cell.cell_id: cell for cell in version.spec.cells}
    failed_in = run.failure.cell_id if run.failure is not None else None
    cell = cells.get(failed_in or "")
    if cell is None:
        raise UsageError(
            f"{run.reference} did not fail in a cell of its notebook.",
            cure=f"See what happened: nbmlops show {run.reference}.",
        )
    above = [
        found
        for found in executions
        if (place := cells.get(str(found.record.cell_id))) is None or place.index < cell.index
    ]
    session = _session(run, executions, failed_in)
    own = [found for found in above if found.record.session == session]
    taken, missing = _given(above, session)
    if not (own or taken):
        raise UsageError(
            f"Nothing that {run.reference} ran before the failure was recorded.",
            cure="Run the cells above it yourself.",
        )
    return Scene(
        cell=cell, target=max((found.id for found in own), default=0), taken=taken, missing=missing
    )


def _session(run: Run, executions: Sequence[Execution], cell_id: str | None) -> str:
    """The kernel in which the cell failed: of several attempts, the last one's."""
    own = [found for found in executions if found.record.run_id == run.id]
    failed = [
        found
        for found in own
        if found.record.cell_id == cell_id and found.record.status is not ExecutionStatus.OK
    ]
    last = max(failed or own, key=lambda found: found.id, default=None)
    return last.record.session if last is not None else ""


def _given(above: Sequence[Execution], session: str) -> tuple[dict[str, str], dict[str, str]]:
    """The values whose last maker is an execution of another kernel: kept, and not kept."""
    held: dict[str, tuple[bool, ValueRecord]] = {}
    for found in above:
        if found.record.status is not ExecutionStatus.OK:
            continue
        for name in found.record.deleted:
            held.pop(name, None)
        own = found.record.session == session
        held |= {value.name: (own, value) for value in found.record.outputs}
    given = {name: value for name, (own, value) in held.items() if not own}
    taken = {name: value.manifest for name, value in given.items() if value.manifest}
    missing = {
        name: value.reason or "its content was not kept"
        for name, value in given.items()
        if not value.manifest
    }
    return taken, missing
