"""A notebook becomes a pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from nbmlops.domain import wire
from nbmlops.domain.pipelines import PipelineCell, PipelineSpec, PipelineStep
from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.dataflow.graph import CellFlow, ModulesUsed, Observed
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import strip_commands
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines import edges as step_edges
from nbmlops.pipelines import validate
from nbmlops.pipelines.outline import LEFT_OUT, Outline, outline

_NOTHING = normalized("")


def build(
    document: Document,
    *,
    name: str,
    notebook: str,
    observed: Mapping[str, Observed] | None = None,
    unstorable: Mapping[tuple[str, str], str] | None = None,
    modules: ModulesUsed | None = None,
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

    Raises:
        BuildRefusedError: the notebook cannot become a pipeline; it lists every reason.
    """
    found = outline(document, observed, modules)
    edges = step_edges.between_steps(found)
    problems = validate.problems(found, edges, unstorable)
    if problems:
        raise BuildRefusedError(notebook, problems)
    cells = tuple(_cell(found, position) for position in sorted(found.needed))
    return PipelineSpec(
        name=name,
        notebook=notebook,
        kernel=document.kernel,
        digest=_digest(cells, found, document.kernel),
        cells=cells,
        steps=tuple(_step(found, step, position) for step, (position,) in found.steps.items()),
        edges=edges,
        parameters=found.inferred.parameters,
        warnings=tuple(_warnings(found)),
    )


def left_out(document: Document, spec: PipelineSpec) -> tuple[int, ...]:
    """The numbers, counted from 1, of the cells that no step needs.

    Not among them are cells that their tags leave out, and those that hold comments or commands.
    """
    along = {cell.index for cell in spec.cells}
    return tuple(
        cell.index + 1
        for cell in document.code_cells
        if cell.index not in along
        and not LEFT_OUT & set(cell.tags)
        and normalized(cell.source) != _NOTHING
    )


def _cell(found: Outline, position: int) -> PipelineCell:
    cell = found.flow(position).cell
    return PipelineCell(
        cell_id=cell.id,
        index=cell.index,
        role=found.role(position),
        step=found.step_at.get(position),
        source=strip_commands(cell.source),
    )


def _step(found: Outline, name: str, position: int) -> PipelineStep:
    """A step with the data that it reads and writes; imports and functions are not listed."""
    flow = found.flow(position)
    code = _code_names(found.graph.flows[: position + 1])
    writes = flow.writes | (flow.mutates & flow.reads)
    return PipelineStep(
        name=name,
        digest=flow.digest,
        reads=tuple(sorted(filter(str.isidentifier, flow.reads - code))),
        writes=tuple(sorted(filter(str.isidentifier, writes - code))),
    )


def _code_names(flows: Iterable[CellFlow]) -> set[str]:
    """Names that stand for imports, functions and classes after these cells."""
    code: set[str] = set()
    for flow in flows:
        code -= flow.writes
        code |= flow.effects.imports.keys() | flow.effects.defines.keys()
    return code


def _digest(cells: Sequence[PipelineCell], found: Outline, kernel: str) -> str:
    modules = {
        name: normalized(source)
        for position in found.needed
        for name, source in found.flow(position).modules.items()
    }
    content = {
        "cells": [[cell.role, cell.step, normalized(cell.source)] for cell in cells],
        "parameters": wire.plain(list(found.inferred.parameters)),
        "kernel": kernel,
    }
    if modules:  # a pipeline without any keeps the digest that it had before they counted
        content["modules"] = modules
    return hashlib.sha256(wire.encode(content)).hexdigest()


def _warnings(found: Outline) -> Iterable[str]:
    yield from found.inferred.warnings
    for position, flow in enumerate(found.graph.flows):
        if flow.problem is not None:
            yield f"{found.title(position)} is not valid Python and was left out."
    for position in sorted(found.needed):
        for dynamic in found.flow(position).effects.dynamic:
            yield (
                f"{found.title(position)} uses {dynamic.reason}: what it reads and writes is not "
                "known from the code, so cells around it go along."
            )
