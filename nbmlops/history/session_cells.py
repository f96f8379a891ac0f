"""The cells that recorded executions are of, where they stand in no notebook file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nbmlops.domain.executions import Execution, ExecutionStatus
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


def session_situation(executions: Sequence[Execution], modules: ModulesUsed) -> Situation:
    """The cells of a session as a notebook, each as it ran last, where it ran first."""
    chosen = _in_their_places(executions)
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
    return Situation(found=found, ran={at: by_cell[flow.cell.id] for at, flow in flows})


def _ids(executions: Iterable[Execution]) -> Iterator[str]:
    """The ids of cells: those with which they ran, or others by which they are known again."""
    taken: set[str] = set()
    for execution in executions:
        own = execution.record.cell_id
        found = f"{_AS_RAN}{execution.id}" if own is None or own in taken else own
        taken.add(found)
        yield found


def _in_their_places(executions: Iterable[Execution]) -> list[Execution]:
    """The latest execution of each cell, where it ran first.

    Cells that do nothing but define the same functions stand together, as they ran: to define one
    anew is to edit it, and what used it before has to run again. What runs under the id that a
    cell was given here, as a refresh runs it, is that cell.
    """
    places: dict[str, str] = {}
    groups: dict[int, dict[str, Execution]] = {}
    group_of: dict[str, int] = {}
    for execution in executions:
        if not execution.record.step and execution.record.status is not ExecutionStatus.OK:
            continue
        place = _place(execution)
        place = places[_with_id(f"{_AS_RAN}{execution.id}")] = places.get(place, place)
        keys = (place, *(f"def {name}" for name in _defined_alone(execution)))
        known = sorted({group_of[key] for key in keys if key in group_of})
        first, *others = known or [execution.id]
        group = groups.setdefault(first, {})
        for other in others:
            group |= groups.pop(other)
            group_of |= {key: first for key, at in group_of.items() if at == other}
        group[place] = execution
        group_of |= dict.fromkeys(keys, first)
    return [
        execution
        for group in groups.values()
        for execution in sorted(group.values(), key=lambda found: found.id)
    ]


def _defined_alone(execution: Execution) -> frozenset[str]:
    """The functions and classes of a cell that does nothing but define them, and import."""
    if execution.record.step is not None or execution.record.cell_id is not None:
        return frozenset()
    try:
        effects = analyze(execution.record.source)
    except CellSyntaxError:
        return frozenset()
    defined = frozenset(effects.defines)
    return defined if effects.writes <= defined | effects.imports.keys() else frozenset()


def _place(execution: Execution) -> str:
    """What a cell without an id is: its step, or the names that it binds whatever they held."""
    if execution.record.step is not None:
        return execution.record.step
    if execution.record.cell_id is not None:
        return _with_id(execution.record.cell_id)
    try:
        effects = analyze(execution.record.source)
    except CellSyntaxError:
        effects = Effects()
    bound = effects.writes
    if not bound or bound - effects.assigned or bound & (effects.reads | effects.soft_reads):
        return f"cell {execution.id}"
    return f"cell for {', '.join(sorted(bound))}"


def _with_id(cell_id: str) -> str:
    return f"cell with the id {cell_id}"
