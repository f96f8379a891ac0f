"""A notebook becomes a pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from nbmlops.domain import wire
from nbmlops.domain.parameters import Parameter
from nbmlops.domain.pipelines import PipelineCell, PipelineEdge, PipelineSpec, PipelineStep
from nbmlops.errors import BuildRefusedError
from nbmlops.notebook.dataflow.graph import CellFlow, Observed
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import strip_commands
from nbmlops.notebook.normalize import normalized
from nbmlops.pipelines import edges as step_edges
from nbmlops.pipelines import validate
from nbmlops.pipelines.outline import Outline, outline


def build(
    document: Document,
    *,
    name: str,
    notebook: str,
    observed: Mapping[str, Observed] | None = None,
    unstorable: Mapping[tuple[str, str], str] | None = None,
) -> PipelineSpec:
    """Find the steps of a notebook, what they need, and how they depend on each other.

    Args:
        document: the notebook.
        name: the pipeline's name.
        notebook: the notebook's path, as errors and the result show it.
        observed: the digest of a cell → what its recorded executions did; it narrows what the
            code only might do.
        unstorable: step and name → why the recorded value could not be stored.

    Raises:
        BuildRefusedError: the notebook cannot become a pipeline; it lists every reason.
    """
    found = outline(document, observed)
    every = step_edges.between_steps(found)
    problems = validate.problems(found, every, unstorable)
    if problems:
        raise BuildRefusedError(notebook, problems)
    kept = step_edges.without_possible_cycles(every)
    cells = tuple(_cell(found, position) for position in sorted(found.needed))
    return PipelineSpec(
        name=name,
        notebook=notebook,
        kernel=document.kernel,
        digest=_digest(cells, found.inferred.parameters, document.kernel),
        cells=cells,
        steps=tuple(_step(found, step, kept) for step in found.steps),
        edges=kept,
        parameters=found.inferred.parameters,
        warnings=tuple(_warnings(found, every, kept)),
    )


def step_digest(digests: Sequence[str]) -> str:
    """The digest of a step from those of its cells: that of the one, or a hash of several."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _cell(found: Outline, position: int) -> PipelineCell:
    cell = found.flow(position).cell
    return PipelineCell(
        cell_id=cell.id,
        index=cell.index,
        role=found.role(position),
        step=found.step_at.get(position),
        source=strip_commands(cell.source),
    )


def _step(found: Outline, name: str, edges: Sequence[PipelineEdge]) -> PipelineStep:
    """A step with the data that it reads and writes; imports and functions are not listed."""
    positions = found.steps[name]
    flows = [found.flow(position) for position in positions]
    code = _code_names(found.graph.flows[: positions[-1] + 1])
    arriving = {n for edge in edges if edge.target == name for n in edge.names}
    reads: set[str] = set()
    writes: set[str] = set()
    for flow in flows:
        reads |= flow.reads - (writes - arriving)
        writes |= flow.writes | (flow.mutates & flow.reads)
    return PipelineStep(
        name=name,
        digest=step_digest([flow.digest for flow in flows]),
        reads=tuple(sorted(filter(str.isidentifier, reads - code))),
        writes=tuple(sorted(filter(str.isidentifier, writes - code))),
    )


def _code_names(flows: Iterable[CellFlow]) -> set[str]:
    """Names that stand for imports, functions and classes after these cells."""
    code: set[str] = set()
    for flow in flows:
        code -= flow.writes
        code |= flow.effects.imports.keys() | flow.effects.defines.keys()
    return code


def _digest(cells: Sequence[PipelineCell], schema: Sequence[Parameter], kernel: str) -> str:
    content = {
        "cells": [[cell.role, cell.step, normalized(cell.source)] for cell in cells],
        "parameters": wire.plain(list(schema)),
        "kernel": kernel,
    }
    return hashlib.sha256(wire.encode(content)).hexdigest()


def _warnings(
    found: Outline, every: Sequence[PipelineEdge], kept: Sequence[PipelineEdge]
) -> Iterable[str]:
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
    for edge in every:
        if edge not in kept:
            yield (
                f"step {edge.source!r} may change {', '.join(edge.names)} that {edge.target!r} "
                "reads, against the order of other cells; the notebook's order is kept."
            )
