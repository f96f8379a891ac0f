"""A notebook as the build sees it: which cells are steps, parameters, left out, or needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbmlops.domain.pipelines import CellRole
from nbmlops.notebook.dataflow import slices
from nbmlops.notebook.dataflow.graph import CellFlow, Graph, ModulesUsed, Observed
from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import Label, label_of
from nbmlops.pipelines import parameters
from nbmlops.pipelines.parameters import Inferred

LEFT_OUT = frozenset(["skip", "skip-execution", "injected-parameters"])
"""Cells with one of these tags do not go along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What was found in a notebook; positions count the cells of ``graph.flows``.

    ``steps`` maps each step to the positions of its cells, in notebook order; ``needed`` are the
    positions that go along; ``skipped`` the code cells that their tags leave out.
    """

    document: Document
    graph: Graph
    labels: Mapping[int, Label]
    steps: Mapping[str, tuple[int, ...]]
    parameters_at: int | None
    inferred: Inferred
    needed: frozenset[int]
    skipped: tuple[Cell, ...]
    step_at: Mapping[int, str] = field(default_factory=dict)

    def flow(self, position: int) -> CellFlow:
        """The cell at a position, with what it does."""
        return self.graph.flows[position]

    def role(self, position: int) -> CellRole:
        """What a cell is there for."""
        if position == self.parameters_at:
            return "parameters"
        return "step" if position in self.step_at else "support"

    def title(self, position: int) -> str:
        """A cell as messages call it: ``step 'train'``, or ``cell 4``, counted from 1."""
        step = self.step_at.get(position)
        number = f"cell {self.flow(position).cell.index + 1}"
        if step is None:
            return number
        return f"step {step!r}" if len(self.steps[step]) == 1 else f"step {step!r} ({number})"


def outline(
    document: Document,
    observed: Mapping[str, Observed] | None = None,
    modules: ModulesUsed | None = None,
) -> Outline:
    """Read a notebook; see `Outline`."""
    code = [cell for cell in document.code_cells if cell.source.strip()]
    cells = [cell for cell in code if not LEFT_OUT & set(cell.tags)]
    graph = build_graph(cells, observed, modules)
    labels = {
        position: label
        for position, cell in enumerate(cells)
        if (label := label_of(cell.source, cell.tags)) is not None
    }
    step_at = {position: label.name for position, label in labels.items() if label.name is not None}
    steps: dict[str, tuple[int, ...]] = {}
    for position, name in step_at.items():
        steps[name] = (*steps.get(name, ()), position)
    parameters_at = next(
        (position for position, cell in enumerate(cells) if parameters.TAG in cell.tags), None
    )
    always = [] if parameters_at is None else [parameters_at]
    return Outline(
        document=document,
        graph=graph,
        labels=labels,
        steps=steps,
        parameters_at=parameters_at,
        inferred=Inferred() if not always else parameters.inspect(cells[always[0]]),
        needed=slices.backward(graph, [*step_at, *always]),
        skipped=tuple(cell for cell in code if cell not in cells),
        step_at=step_at,
    )
