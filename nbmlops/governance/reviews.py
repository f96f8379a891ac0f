"""What differs between a pipeline version and another one, for who decides on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from typing import Literal

from nbmlops.domain.differences import Change
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec
from nbmlops.domain.resources import in_words
from nbmlops.domain.rules import StepRules
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import label_of
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines.typed import describe

CellState = Literal["same", "changed", "added", "removed"]


_NO_RULES = StepRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange:
    """A cell of two versions; a cell that has moved is removed in one place and added in another.

    ``title`` is the step's name, or ``cell 4``, counted from 1, with that of the earlier version
    where it is another one. ``cell_id`` is that of the later version, ``None`` for one that is
    removed. ``before`` and ``after`` are sources, ``None`` where the cell is not.
    """

    title: str
    cell_id: str | None
    state: CellState
    before: str | None
    after: str | None


def cells(before: PipelineSpec | None, after: PipelineSpec) -> tuple[CellChange, ...]:
    """Every cell of both versions, in order; all are added where there is no earlier one."""
    older = before.cells if before is not None else ()
    ids = {cell.cell_id for cell in older} & {cell.cell_id for cell in after.cells}
    keys = [[_key(cell, ids) for cell in side] for side in (older, after.cells)]
    found: list[CellChange] = []
    for tag, start, end, first, last in SequenceMatcher(
        None, keys[0], keys[1], autojunk=False
    ).get_opcodes():
        if tag == "equal":
            pairs = zip(older[start:end], after.cells[first:last], strict=True)
            found += [_pair(one, other) for one, other in pairs]
            continue
        found += [_alone(cell, "removed") for cell in older[start:end]]
        found += [_alone(cell, "added") for cell in after.cells[first:last]]
    return tuple(found)


def changed_steps(approved: PipelineSpec, notebook: Document) -> tuple[str, ...]:
    """The steps of an approved version whose cells are other code in the notebook by now.

    Formatting and comments are no change. A step that the version does not have is none either.
    """
    older: dict[str, list[str]] = {}
    for cell in approved.cells:
        if cell.step is not None:
            older.setdefault(cell.step, []).append(normalized(cell.source))
    newer: dict[str, list[str]] = {}
    for one in notebook.code_cells:
        label = label_of(one.source, one.tags)
        if label is not None and label.name is not None:
            newer.setdefault(label.name, []).append(normalized(one.source))
    return tuple(step for step in newer if older.get(step, newer[step]) != newer[step])


def parameters(before: PipelineSpec | None, after: PipelineSpec) -> tuple[Change, ...]:
    """Each parameter that differs, in words; all of them where there is no earlier version."""
    return changes(_parameters(before), _parameters(after))


def structure(before: PipelineSpec | None, after: PipelineSpec) -> tuple[Change, ...]:
    """What else a build has found otherwise: kernel, notebook, limits of steps, what each needs."""
    return changes(_structure(before), _structure(after)) if before is not None else ()


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """What differs of two mappings, by name."""
    return tuple(
        Change(name=name, before=before.get(name), after=after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    )


def title_of(cell: PipelineCell) -> str:
    """``train``, or ``cell 4``, counted from 1."""
    return cell.step or f"cell {cell.index + 1}"


def _key(cell: PipelineCell, shared: set[str]) -> tuple[str, str]:
    if cell.cell_id in shared:
        return "id", cell.cell_id
    return ("step", cell.step) if cell.step else ("source", cell.source)


def _pair(before: PipelineCell, after: PipelineCell) -> CellChange:
    same = (before.source, before.role, before.step) == (after.source, after.role, after.step)
    renamed = (before.role, before.step) != (after.role, after.step)
    was = f" (was {_role(before)})" if renamed else ""
    return CellChange(
        title=f"{title_of(after)}{was}",
        cell_id=after.cell_id,
        state="same" if same else "changed",
        before=before.source,
        after=after.source,
    )


def _role(cell: PipelineCell) -> str:
    if cell.role == "parameters":
        return "the parameters"
    return cell.step or "no step"


def _alone(cell: PipelineCell, state: Literal["added", "removed"]) -> CellChange:
    before, after = (cell.source, None) if state == "removed" else (None, cell.source)
    cell_id = None if state == "removed" else cell.cell_id
    return CellChange(
        title=title_of(cell), cell_id=cell_id, state=state, before=before, after=after
    )


def _parameters(spec: PipelineSpec | None) -> dict[str, str]:
    found = {}
    for one in spec.parameters if spec is not None else ():
        default = "required" if one.required else f"default {one.default!r}"
        said = (describe.kind(one), describe.allowed(one), default, one.help)
        found[one.name] = ", ".join(filter(None, said))
    return found


def _structure(spec: PipelineSpec | None) -> dict[str, str]:
    return dict(_facts(spec)) if spec is not None else {}


def _facts(spec: PipelineSpec) -> Iterator[tuple[str, str]]:
    yield "kernel", spec.kernel
    yield "notebook", spec.notebook
    yield "steps", spec.steps_from
    for step in spec.steps:
        needs = [
            f"{', '.join(edge.names)} of {edge.source}"
            for edge in spec.edges
            if edge.target == step.name
        ]
        yield f"{step.name} needs", "; ".join(needs) or "nothing"
        yield f"rules of {step.name}", _rules(step.rules)


def _rules(rules: StepRules) -> str:
    said = [
        f"{item.name.replace('_', ' ')} {in_words(value) if isinstance(value, Mapping) else value}"
        for item in fields(rules)
        if (value := getattr(rules, item.name)) != getattr(_NO_RULES, item.name)
    ]
    return ", ".join(said) or "none"
