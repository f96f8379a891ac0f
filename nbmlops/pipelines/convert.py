"""A notebook becomes a pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbmlops.domain import wire
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec, PipelineStep, StepsFrom
from nbmlops.domain.rules import StepRules
from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.dataflow.effects import Dynamic
from nbmlops.notebook.dataflow.graph import CellFlow, ModulesUsed
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import strip_commands, strip_label
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines import edges as step_edges
from nbmlops.pipelines import validate
from nbmlops.pipelines.outline import SKIPS, Outline, is_left_out, outline
from nbmlops.pipelines.parameters import identity

_NOTHING = normalized("")
_NO_RULES = StepRules()


def build(
    document: Document,
    *,
    name: str,
    notebook: str,
    observed: Mapping[str, Observed] | None = None,
    unstorable: Mapping[tuple[str, str], str] | None = None,
    modules: ModulesUsed | None = None,
    steps_from: StepsFrom = "named",
) -> PipelineSpec:
    """Find the steps of a notebook, what they need, and how they depend on each other.

    Args:
        document: the notebook.
        name: the pipeline's name.
        notebook: the notebook's path, as errors and the result show it.
        observed: the digest of a cell → what its recorded executions did; it narrows what the
            code only might do.
        unstorable: step and name → why the recorded value could not be stored.
        modules: finds the project's own modules, whose code is part of the pipeline's version.
        steps_from: what makes the steps; see `naming.name_cells`.

    Raises:
        BuildRefusedError: the notebook cannot become a pipeline; it lists every reason.
    """
    found = outline(document, observed, modules, steps_from=steps_from)
    edges = step_edges.between_steps(found)
    problems = validate.problems(found, edges, unstorable)
    if problems:
        raise BuildRefusedError(notebook, problems)
    cells = tuple(_cell(found, position) for position in sorted(found.needed))
    code = _code_names(found.graph.flows)
    return PipelineSpec(
        name=name,
        notebook=notebook,
        kernel=document.kernel,
        digest=_digest(cells, found, document.kernel),
        cells=cells,
        steps=tuple(_step(found, step, at, code) for step, at in found.steps.items()),
        edges=edges,
        parameters=found.inferred.parameters,
        warnings=tuple(_warnings(found)),
        steps_from=steps_from,
    )


def left_out(document: Document, spec: PipelineSpec) -> tuple[int, ...]:
    """The numbers, counted from 1, of the cells that no step needs.

    Not among them are tests, cells that their tags leave out, and those that hold comments or
    commands.
    """
    along = {cell.index for cell in spec.cells}
    return tuple(
        cell.index + 1
        for cell in document.code_cells
        if cell.index not in along and not is_left_out(cell) and normalized(cell.source) != _NOTHING
    )


def skipped(document: Document) -> tuple[int, ...]:
    """The numbers, counted from 1, of the cells that a tag keeps out, whatever needs them."""
    return tuple(
        cell.index + 1
        for cell in document.code_cells
        if SKIPS & set(cell.tags) and normalized(cell.source) != _NOTHING
    )


def _cell(found: Outline, position: int) -> PipelineCell:
    cell = found.flow(position).cell
    return PipelineCell(
        cell_id=cell.id,
        index=cell.index,
        role=found.role(position),
        step=found.step_at.get(position),
        source=_source(found, position),
    )


def _source(found: Outline, position: int) -> str:
    """A cell without commands; a label that is not the name of its step goes as well."""
    source = strip_commands(found.flow(position).cell.source)
    step, label = found.step_at.get(position), found.labels.get(position)
    if step is not None and (label is None or label.name != step):
        source = strip_label(source)
    metrics = found.naming.metrics.get(position)
    if metrics:
        return f"%mlops track {step} --metric {','.join(metrics)}\n{source}"
    return source


def _step(
    found: Outline, name: str, positions: Sequence[int], code: Sequence[frozenset[str]]
) -> PipelineStep:
    """A step with the data that it reads and writes; imports and functions are not listed."""
    reads: set[str] = set()
    writes: set[str] = set()
    made: set[str] = set()
    for position in positions:
        flow = found.flow(position)
        reads |= flow.reads - code[position] - made
        writes |= (flow.writes | (flow.mutates & flow.reads)) - code[position]
        made |= flow.effects.assigned
    parts = tuple(found.flow(position).digest for position in positions)
    together = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return PipelineStep(
        name=name,
        digest=parts[0] if len(parts) == 1 else together,
        reads=tuple(sorted(filter(str.isidentifier, reads))),
        writes=tuple(sorted(filter(str.isidentifier, writes))),
        parts=parts,
        rules=_rules(found, name),
    )


def _rules(found: Outline, step: str) -> StepRules:
    """What the label of a step says of its runs."""
    labels = (found.labels.get(position) for position in found.steps[step])
    said = (label.rules for label in labels if label is not None and label.name == step)
    return next((rules for rules in said if rules != _NO_RULES), _NO_RULES)


def _code_names(flows: Iterable[CellFlow]) -> list[frozenset[str]]:
    """Names that stand for imports, functions and classes, after each cell."""
    result: list[frozenset[str]] = []
    code: frozenset[str] = frozenset()
    for flow in flows:
        code = (code - flow.writes) | flow.effects.imports.keys() | flow.effects.defines.keys()
        result.append(code)
    return result


def _digest(cells: Sequence[PipelineCell], found: Outline, kernel: str) -> str:
    modules = {
        name: normalized(source)
        for position in found.needed
        for name, source in found.flow(position).modules.items()
    }
    content = {
        "cells": [[cell.role, cell.step, normalized(cell.source)] for cell in cells],
        "parameters": wire.plain(list(map(identity, found.inferred.parameters))),
        "kernel": kernel,
    }
    rules = {name: rules for name in found.steps if (rules := _rules(found, name)) != _NO_RULES}
    if rules:
        content["rules"] = {name: _said(one) for name, one in rules.items()}
    if modules:  # a pipeline without any keeps the digest that it had before they counted
        content["modules"] = modules
    return hashlib.sha256(wire.encode(content)).hexdigest()


def _said(rules: StepRules) -> dict[str, Any]:
    """Rules as they count; those that came later only where something is said."""
    plain = dict(wire.plain(rules))
    late = ("memory", "cpus", "resources")
    return {
        name: value for name, value in plain.items() if name not in late or value not in (None, {})
    }


def _warnings(found: Outline) -> Iterable[str]:
    yield from found.inferred.warnings
    for position, flow in enumerate(found.graph.flows):
        if flow.problem is not None:
            yield f"{found.title(position)} is not valid Python and was left out."
    for position in sorted(found.needed):
        for dynamic in _told(found.flow(position)):
            what = f"{dynamic.said}{_place(found, dynamic)}"
            yield (
                f"{found.title(position)} uses {what}: what it reads and writes is not "
                "known from the code, so cells around it go along."
            )


def _told(flow: CellFlow) -> Iterable[Dynamic]:
    """What a cell does by itself, or by the functions that its code names; else one of the others.

    A value may hold any function, for all one knows: all of them would say too much.
    """
    named = [one for one in flow.dynamic if one.place is None or one.function in flow.definitions]
    own = flow.effects.defines
    named += [one for one in flow.dynamic if one not in named and one.function in own]
    return named or flow.dynamic[:1]


def _place(found: Outline, dynamic: Dynamic) -> str:
    """Where the body of a function has it."""
    if dynamic.place is None:
        return ""
    number = found.flow(dynamic.place).cell.index + 1
    return f" (cell {number}, line {dynamic.line})" if dynamic.line else f" (cell {number})"
