"""The cells that recorded executions are of, where they stand in no notebook file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.timeline import Moment, state_of
from nbmlops.errors import CellSyntaxError
from nbmlops.history.judgement import Situation
from nbmlops.notebook.dataflow.effects import Effects, analyze
from nbmlops.notebook.dataflow.graph import ModulesUsed
from nbmlops.notebook.document import from_sources
from nbmlops.notebook.labels import TAG_PREFIX, label_of
from nbmlops.pipelines.observed import observed
from nbmlops.pipelines.outline import outline

_AS_RAN = "execution-"
"""What the id begins with of a cell that ran without one; the number of that execution follows."""


def tags_of(source: str, step: str | None) -> tuple[str, ...]:
    """The tag that named a step which its source does not name."""
    return (f"{TAG_PREFIX}{step}",) if step and label_of(source) is None else ()


def session_situation(
    executions: Sequence[Execution], modules: ModulesUsed, *, unended: Collection[int] = ()
) -> Situation:
    """The cells of a session as a notebook, each as it ran last, where it ran first.

    Args:
        executions: what the session ran.
        modules: tells which modules of the project a cell uses.
        unended: cells without a name that count although they did not run to their end.
    """
    chosen = _in_their_places(executions, unended)
    document = from_sources(
        [
            (found.record.source, tags_of(found.record.source, found.record.step))
            for found in chosen
        ],
        ids=_ids(chosen),
    )
    by_cell = dict(zip((cell.id for cell in document.cells), chosen, strict=True))
    found = outline(document, observed(chosen, files=False), modules)
    flows = enumerate(found.graph.flows)
    ran = {at: by_cell[flow.cell.id] for at, flow in flows}
    return Situation(found=found, ran=ran, in_file=0)


def unended_in_use(executions: Sequence[Execution], line: Sequence[Moment]) -> frozenset[int]:
    """The cells without a name that did not run to their end, and of which something is left.

    It is there still, or a step took it as it ran last. What else fails at a prompt, such as a
    typo, is no part of what the session does.

    Args:
        executions: what the session ran.
        line: what led to where it is now.
    """
    unended = {found.id for found in executions if not _counts(found)}
    if not unended:
        return frozenset()
    makers = _makers(executions)
    steps = {found.record.step: found.id for found in executions if found.record.step}
    waiting = {kept.execution for kept in state_of(line).values() if kept.changed}
    waiting = (waiting | {maker for step in steps.values() for maker in makers[step]}) & unended
    found: set[int] = set()
    while waiting:  # what one of them had taken from another is left as well
        found |= waiting
        waiting = {maker for one in waiting for maker in makers[one]} & unended - found
    return frozenset(found)


def _makers(executions: Iterable[Execution]) -> dict[int, set[int]]:
    """By execution, those that had made what it read."""
    made_by: dict[str, int] = {}
    makers: dict[int, set[int]] = {}
    for execution in executions:
        record = execution.record
        read = (value.name for value in record.inputs)
        makers[execution.id] = {made_by[name] for name in read if name in made_by}
        made_by |= dict.fromkeys((value.name for value in record.outputs), execution.id)
    return makers


def _counts(execution: Execution) -> bool:
    return bool(execution.record.step) or execution.record.status is ExecutionStatus.OK


def _ids(executions: Iterable[Execution]) -> Iterator[str]:
    """The ids of cells: those with which they ran, or others by which they are known again."""
    taken: set[str] = set()
    for execution in executions:
        own = execution.record.cell_id
        found = f"{_AS_RAN}{execution.id}" if own is None or own in taken else own
        taken.add(found)
        yield found


def _in_their_places(executions: Iterable[Execution], unended: Collection[int]) -> list[Execution]:
    """The latest execution of each cell, where it ran first.

    Cells that do nothing but define the same functions stand together, as they ran: to define one
    anew is to edit it, and what used it before has to run again. So does a cell that sets some of
    the names anew which another one had set. What runs under the id that a cell was given here,
    as a refresh runs it, is that cell.
    """
    places: dict[str, str] = {}
    groups = _Groups()
    for execution in executions:
        if not _counts(execution) and execution.id not in unended:
            continue
        place = _place(execution)
        place = places[_with_id(f"{_AS_RAN}{execution.id}")] = places.get(place, place)
        groups.add(execution, place)
    return groups.in_order()


class _Groups:
    """Cells that stand together, by the number of the execution with which each group began."""

    def __init__(self) -> None:
        self._cells: dict[int, dict[str, Execution]] = {}
        self._of: dict[str, int] = {}
        self._setters: dict[str, str] = {}
        self._made: dict[str, set[str]] = {}

    def add(self, execution: Execution, place: str) -> None:
        """A cell at its place, in the stead of what ran there before."""
        effects, names = _effects(execution), _set_outright(execution)
        keys = [place, *(f"def {name}" for name in _defined_alone(execution))]
        known = sorted({self._of[key] for key in keys if key in self._of})
        first, *others = known or [self._setter(names, effects) or execution.id]
        group = self._cells.setdefault(first, {})
        for other in others:
            group |= self._cells.pop(other)
            self._of |= {key: first for key, at in self._of.items() if at == other}
        group[place] = execution
        self._of |= dict.fromkeys(keys, first)
        for name in effects.writes:
            self._made.setdefault(name, set()).add(place)
            self._setters[name] = place if name in names else ""

    def in_order(self) -> list[Execution]:
        """The cells, those of a group as they ran."""
        return [
            execution
            for group in self._cells.values()
            for execution in sorted(group.values(), key=lambda found: found.id)
        ]

    def _setter(self, names: Collection[str], effects: Effects) -> int | None:
        """The group that has set all these names, and below which nothing makes what is read."""
        setters = {self._of.get(self._setters.get(name, "")) for name in names}
        if len(setters) != 1:
            return None
        (found,) = setters
        reads = effects.reads | effects.soft_reads
        makers = {self._of[place] for name in reads for place in self._made.get(name, ())}
        return None if found is None or any(maker > found for maker in makers) else found


def _effects(execution: Execution) -> Effects:
    try:
        return analyze(execution.record.source)
    except CellSyntaxError:
        return Effects()


def _defined_alone(execution: Execution) -> frozenset[str]:
    """The functions and classes of a cell that does nothing but define them, and import."""
    if execution.record.step is not None or execution.record.cell_id is not None:
        return frozenset()
    effects = _effects(execution)
    defined = frozenset(effects.defines)
    return defined if effects.writes <= defined | effects.imports.keys() else frozenset()


def _place(execution: Execution) -> str:
    """What a cell without an id is: its step, or the names that it binds whatever they held."""
    if execution.record.step is not None:
        return execution.record.step
    if execution.record.cell_id is not None:
        return _with_id(execution.record.cell_id)
    names = _set_outright(execution)
    return f"cell for {', '.join(sorted(names))}" if names else f"cell {execution.id}"


def _set_outright(execution: Execution) -> frozenset[str]:
    """The names that a cell without a name and an id binds, whatever they held, if it does so."""
    if execution.record.step is not None or execution.record.cell_id is not None:
        return frozenset()
    effects = _effects(execution)
    bound = effects.writes
    outright = not bound - effects.assigned and not bound & (effects.reads | effects.soft_reads)
    return bound if outright else frozenset()


def _with_id(cell_id: str) -> str:
    return f"cell with the id {cell_id}"
