"""A notebook as the build sees it: which cells are steps, parameters, left out, or needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nbmlops.domain.pipelines import CellRole, StepsFrom
from nbmlops.notebook.dataflow import slices
from nbmlops.notebook.dataflow.graph import CellFlow, Graph, ModulesUsed
from nbmlops.notebook.dataflow.graph import build as build_graph
from nbmlops.notebook.dataflow.links import at
from nbmlops.notebook.dataflow.seen import Observed
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import Label, cell_test
from nbmlops.pipelines import parameters
from nbmlops.pipelines.live import live_values
from nbmlops.pipelines.naming import Naming, name_cells
from nbmlops.pipelines.parameters import Inferred

SKIPS = frozenset(["skip", "skip-execution"])
"""The tags with which people keep a cell out."""

LEFT_OUT = SKIPS | {"injected-parameters"}
"""Cells with one of these tags do not go along."""

ORDER = "<order>"
"""What a cell needs from a step that a tag declares to come before."""


def is_left_out(cell: Cell) -> bool:
    """Whether a code cell never goes along: its tags say so, or it is a test."""
    return bool(LEFT_OUT & set(cell.tags)) or cell_test(cell.source, cell.tags) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What was found in a notebook; positions count the cells of ``graph.flows``.

    ``steps`` maps each step to the positions of its cells, in notebook order; ``needed`` are the
    positions that go along; ``skipped`` the code cells that never go along. ``step_at`` is
    the step that a cell belongs to, ``labels`` what cells say of themselves.
    """

    document: Document
    graph: Graph
    naming: Naming
    steps: Mapping[str, tuple[int, ...]]
    parameters_at: int | None
    inferred: Inferred
    needed: frozenset[int]
    skipped: tuple[Cell, ...]

    @property
    def labels(self) -> Mapping[int, Label]:
        """The labels of cells, on their first line or by a tag."""
        return self.naming.labels

    @property
    def step_at(self) -> Mapping[int, str]:
        """The step that each cell of a step belongs to."""
        return self.naming.step_at

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
    *,
    steps_from: StepsFrom = "named",
) -> Outline:
    """Read a notebook; see `Outline`."""
    code = [cell for cell in document.code_cells if cell.source.strip()]
    cells = [cell for cell in code if not is_left_out(cell)]
    graph = build_graph(cells, observed, modules)
    naming = name_cells(document, cells, steps_from)
    if steps_from != "named":
        naming = _without_makers(naming, graph)
    steps: dict[str, tuple[int, ...]] = {}
    for position, name in sorted(naming.step_at.items()):
        steps[name] = (*steps.get(name, ()), position)
    graph = _declared(graph, naming, steps)
    parameters_at = next(iter(naming.parameters_at), None)
    always = {*naming.always, *naming.parameters_at[:1]}
    return Outline(
        document=document,
        graph=graph,
        naming=naming,
        steps=steps,
        parameters_at=parameters_at,
        inferred=Inferred()
        if parameters_at is None
        else parameters.inspect(cells[parameters_at], cells),
        needed=slices.backward(graph, [*naming.step_at, *always]),
        skipped=tuple(cell for cell in code if is_left_out(cell)),
    )


def _without_makers(naming: Naming, graph: Graph) -> Naming:
    """Cells that open what others use, such as a connection, are needed and are no steps.

    No store can hold it: it is opened again wherever a cell that uses it runs.
    """
    used = graph.links.needed()
    named = {at for at, label in naming.labels.items() if label.name is not None}
    opened = {
        at
        for at, name, _ in live_values(graph.flows, naming.step_at)
        if used.get(name, 0) >> at & 1
    } - named
    return replace(
        naming, step_at={at: step for at, step in naming.step_at.items() if at not in opened}
    )


def _declared(graph: Graph, naming: Naming, steps: Mapping[str, tuple[int, ...]]) -> Graph:
    """The graph with the order that tags declare."""
    declared = [
        (target, ORDER, at(source, "possible"))
        for target, names in naming.after.items()
        for name in names
        for source in steps.get(name, ())
        if source < target
    ]
    return replace(graph, links=graph.links.plus(declared)) if declared else graph
