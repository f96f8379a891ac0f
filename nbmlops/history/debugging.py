"""The state of a run right before the cell that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.generators import generators_of
from nbmlops.domain.pipelines import PipelineCell, PipelineVersion
from nbmlops.domain.runs import Run
from nbmlops.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a run failed: the ``cell``, and what had led to it.

    ``line`` are the executions that did, in the order of the notebook: those of the kernel in
    which the cell failed, and where it had not run a cell itself, whose results it was given: of
    another kernel, an earlier attempt or another run. ``target`` is the last of its own, else of
    all. ``generators`` are the kept states of the global random generators before the cell.
    """

    cell: PipelineCell
    target: int
    line: tuple[int, ...]
    generators: dict[str, str] = field(default_factory=dict)


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
    session = _session(run, executions, failed_in)
    above = _above(cell, version, executions, session)
    if not above:
        raise UsageError(
            f"Nothing that {run.reference} ran before the failure was recorded.",
            cure="Run the cells above it yourself.",
        )
    own = [found.id for found in above if found.record.session == session]
    return Scene(
        cell=cell,
        target=(own or [found.id for found in above])[-1],
        line=tuple(found.id for found in above),
        generators=_generators(above, _failed(executions, session, failed_in)),
    )


def check_place(run: str, ran: str, *, here: str | None) -> None:
    """Make sure that the state of a run can come into the kernel of a notebook.

    Args:
        run: the reference of the run.
        ran: what it ran: a notebook, or the file of a pipeline of another tool.
        here: the notebook of the kernel; ``None`` where it has no file, as in plain IPython.

    Raises:
        UsageError: it ran another notebook, or nodes that have processes of their own.
    """
    is_notebook = ran.endswith(".ipynb")
    if ran == here or (is_notebook and here is None):
        return
    if is_notebook:
        raise UsageError(f"{run} ran {ran}.", cure="Open that notebook, and type it there.")
    raise UsageError(
        f"{run} ran the nodes of {ran}, each in a process of its own: nothing of their state is "
        "there to be brought into this kernel.",
        cure=f"Look at where it failed with show {run}, mend the file of the node, and go on from "
        f"there: resume {run}.",
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


def _above(
    cell: PipelineCell, version: PipelineVersion, executions: Sequence[Execution], session: str
) -> list[Execution]:
    """What ran before a cell, in the order of the notebook.

    Of a cell that several kernels ran, that of the failed one counts, else the latest.
    """
    places = _places(version, executions)
    last: dict[str, Execution] = {}
    for one in sorted(executions, key=lambda one: (one.record.session == session, one.id)):
        own = one.record.session == session
        if places[one.id] < cell.index and (own or one.record.status is ExecutionStatus.OK):
            last[one.record.cell_id or f"@{one.id}"] = one
    return sorted(last.values(), key=lambda one: (places[one.id], one.id))


def _places(version: PipelineVersion, executions: Sequence[Execution]) -> dict[int, float]:
    """Where in the notebook each execution belongs.

    What is no cell of it comes right behind the one after which it ran: what gives the
    parameters, and what a thread changed late.
    """
    cells = version.spec.cells
    known = {one.cell_id: float(one.index) for one in cells}
    parameters = next((float(one.index) for one in cells if one.role == "parameters"), -1.0)
    found: dict[int, float] = {}
    before: dict[str, float] = {}
    for one in sorted(executions, key=lambda one: one.id):
        session = one.record.session
        place = known.get(one.record.cell_id or "")
        if place is None:
            place = max(before.get(session, parameters), parameters) + 0.25
        found[one.id] = before[session] = place
    return found


def _failed(executions: Sequence[Execution], session: str, cell_id: str | None) -> Execution | None:
    """What was recorded of the cell that failed; its kernel may not have come to that."""
    own = (one for one in reversed(executions) if one.record.session == session)
    return next((one for one in own if one.record.cell_id == cell_id), None)


def _generators(above: Sequence[Execution], itself: Execution | None) -> dict[str, str]:
    """The kept states of the global random generators, as they were before the cell."""
    stood: dict[str, str | None] = {}
    kept: dict[tuple[str, str | None], str] = {}
    for found in above:
        seen = generators_of(found.record)
        for name, state in seen.after.items() if seen is not None else ():
            stood[name] = state.fingerprint
            if state.manifest is not None:
                kept[name, state.fingerprint] = state.manifest
    before = generators_of(itself.record) if itself is not None else None
    stood |= before.before if before is not None else {}
    return {name: kept[name, state] for name, state in stood.items() if (name, state) in kept}
