"""The inputs of recorded results of which the kernel, or the disk, holds another value by now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution
from nbmlops.domain.staleness import Held
from nbmlops.domain.timeline import KeptName, Moment, state_of
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.history.judgement import Disk, Situation
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.normalize import normalized


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


def files_otherwise(situation: Situation, disk: Disk) -> dict[int, tuple[Held, ...]]:
    """The files that are others by now than the cells read, by position.

    As above, only what cells have changed that no step needs is told: a cell above makes the file
    anew, so that nothing is stale for it.
    """
    told: dict[int, tuple[Held, ...]] = {}
    for position in situation.ran:
        found = tuple(_other_files(situation, position, disk))
        if found:
            told[position] = found
    return told


def _other_files(situation: Situation, position: int, disk: Disk) -> Iterator[Held]:
    execution, files = situation.ran[position], situation.files
    changed = {access.path for access in execution.record.files if access.mode != "read"}
    for read in execution.record.files:
        if read.mode != "read" or read.path in changed or not files.makers(position, read):
            continue
        by = files.changed_by(position, read.path, disk)
        if by in (None, position) or by in situation.found.needed:
            continue
        if disk.file(read, execution) is not None:
            yield _other_file(read, situation, position, situation.ran[by])


def _other_file(read: FileAccess, situation: Situation, position: int, by: Execution) -> Held:
    removed = any(one.path == read.path and one.mode == "delete" for one in by.record.files)
    title = situation.title(position)
    detail = f"the disk holds another {read.path} (by @{by.id}) than {title} read"
    if removed:
        detail = f"the disk holds no {read.path} any more (deleted by @{by.id}), which {title} read"
    return Held(name=read.path, by=by.id, detail=detail)


class _Kernel:
    def __init__(self, line: Sequence[Moment], *, asked: bool) -> None:
        self._line = line
        self._state = state_of(line)
        self._sources: dict[str, str | None] = {}
        self._deleted = {name: moment.id for moment in line for name in moment.deleted}
        self._holds = "the kernel holds" if asked else "the latest kernel was left with"
        self._may_hold = "the kernel may hold" if asked else "the latest kernel may hold"

    def others(self, execution: Execution, *, title: str, own: set[int]) -> Iterator[Held]:
        """The inputs, functions and classes of an execution that are something else by now."""
        yield from self._other_values(execution, title=title, own=own)
        yield from self._other_code(execution, title=title, own=own)

    def _other_values(self, execution: Execution, *, title: str, own: set[int]) -> Iterator[Held]:
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

    def _other_code(self, execution: Execution, *, title: str, own: set[int]) -> Iterator[Held]:
        """Code is no input: what was used is known by its source."""
        inputs = {read.name for read in execution.record.inputs}
        for name, used in execution.record.definitions.items():
            kept = self._state.get(name)
            if kept is None or name in inputs or kept.execution in own:
                continue
            if self._is_other_code(kept, used, execution):
                told = f"{self._holds} another {name} (by @{kept.execution}) than {title} used"
                yield Held(name=name, by=kept.execution, detail=told)

    def _is_other_code(self, kept: KeptName, used: str, execution: Execution) -> bool:
        if kept.name not in self._sources:
            self._sources[kept.name] = self._source_of(kept)
        held = self._sources[kept.name]
        if held is not None:
            return normalized(held) != normalized(used)
        before = state_of([moment for moment in self._line if moment.id < execution.id])
        found = before.get(kept.name)
        prints = {kept.fingerprint, found.fingerprint if found else None}
        return kept.execution > execution.id and None not in prints and len(prints) > 1

    def _source_of(self, kept: KeptName) -> str | None:
        """The function or class that a name holds, in the words of the cell that defined it."""
        for moment in reversed(self._line):
            if moment.is_cell and _left(moment, kept):
                return _defined_in(moment.source, kept.name)
        return None


def _left(moment: Moment, kept: KeptName) -> bool:
    """Whether a cell left what a name holds; what was brought back, another one had left."""
    return any(
        left.name == kept.name
        and (left.execution == kept.execution or None is not left.fingerprint == kept.fingerprint)
        for left in moment.names
    )


def _defined_in(source: str, name: str) -> str | None:
    try:
        found = analyze(source).defines.get(name)
    except CellSyntaxError:
        return None
    return found.source if found else None


def _differs(read: ValueRecord, kept: KeptName, *, since: int) -> bool | None:
    """Whether a name holds another value than was read; ``None`` where that cannot be told."""
    if read.fingerprint is None or kept.fingerprint is None:
        return None if kept.changed and kept.execution > since else False
    if read.fingerprint != kept.fingerprint:
        return True
    orders = (read.summary.order, kept.order)
    return None not in orders and orders[0] != orders[1]
