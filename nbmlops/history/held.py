"""The inputs of recorded results of which a kernel holds another value by now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbmlops.domain.executions import Execution
from nbmlops.domain.staleness import Held
from nbmlops.domain.timeline import KeptName, Moment, state_of
from nbmlops.domain.values import ValueRecord
from nbmlops.history.judgement import Situation


def held_otherwise(
    situation: Situation, line: Sequence[Moment], *, asked: bool
) -> dict[int, tuple[Held, ...]]:
    """What a kernel holds otherwise than the cells used it, by position.

    What a step made of a name belongs to the notebook, and so does what a cell made that steps
    need: only what others left is told.

    Args:
        situation: the notebook with the latest executions of its cells.
        line: what led to the state of the kernel.
        asked: whether the kernel is the one that asks; else it is the latest, which may be gone.
    """
    kernel = _Kernel(line, asked=asked)
    found = situation.found
    needed = {run.id for at, run in situation.ran.items() if at in found.needed}
    held: dict[int, tuple[Held, ...]] = {}
    for position, execution in situation.ran.items():
        title = situation.title(position)
        own = {execution.id, *needed}
        told = tuple(kernel.others(execution, title=title, own=own)) if line else ()
        if told:
            held[position] = told
    return held


class _Kernel:
    def __init__(self, line: Sequence[Moment], *, asked: bool) -> None:
        self._state = state_of(line)
        self._deleted = {name: moment.id for moment in line for name in moment.deleted}
        self._holds = "the kernel holds" if asked else "the latest kernel was left with"
        self._may_hold = "the kernel may hold" if asked else "the latest kernel may hold"

    def others(self, execution: Execution, *, title: str, own: set[int]) -> Iterator[Held]:
        for read in execution.record.inputs:
            name, kept = read.name, self._state.get(read.name)
            if not name.isidentifier():
                continue
            if kept is None:
                by = self._deleted.get(name, 0)
                detail = f"{self._holds} no {name} any more (deleted by @{by}), which {title} used"
                if by > execution.id and by not in own:
                    yield Held(name=name, by=by, detail=detail)
                continue
            differs = _differs(read, kept, since=execution.id)
            if differs is False or kept.execution in own:
                continue
            verb = self._holds if differs else self._may_hold
            detail = f"{verb} another {name} (by @{kept.execution}) than {title} used"
            yield Held(name=name, by=kept.execution, detail=detail)


def _differs(read: ValueRecord, kept: KeptName, *, since: int) -> bool | None:
    """Whether a name holds another value than was read; ``None`` where that cannot be told."""
    if read.fingerprint is None or kept.fingerprint is None:
        return None if kept.changed and kept.execution > since else False
    if read.fingerprint != kept.fingerprint:
        return True
    orders = (read.summary.order, kept.order)
    return None not in orders and orders[0] != orders[1]
