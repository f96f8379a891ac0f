"""The tests of a notebook, and the cells that each of them needs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nbmlops.domain.wire import encode
from nbmlops.errors import UsageError
from nbmlops.notebook.dataflow.graph import Graph, ModulesUsed, build
from nbmlops.notebook.dataflow.slices import backward
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import cell_test, strip_label
from nbmlops.pipelines.outline import LEFT_OUT, Outline, outline

_SCOPE = "%%timeit\n"
"""Makes a cell a function that is called once: the names that it binds are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookTest:
    """One test.

    ``needs`` are the ids of the cells above it that it needs, in notebook order. ``digest`` is
    that of its code and of theirs. ``steps`` maps the steps among them to the digests of their
    cells, which are those of the steps' versions. ``sources`` are the code that it runs: its own,
    the cells', and the functions and classes that these use.
    """

    name: str
    cell: Cell
    needs: tuple[str, ...]
    digest: str
    steps: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookTests:
    """The tests of a notebook, in order, and what was found beside them."""

    tests: tuple[NotebookTest, ...]
    found: Outline


def find_tests(document: Document, modules: ModulesUsed | None = None) -> NotebookTests:
    """Find the tests of a notebook, and what each needs.

    A test sees what the cells above it have made, other tests left out.

    Args:
        document: the notebook.
        modules: finds the project's own modules, which are part of what is tested.
    """
    found = outline(document, modules=modules)
    tests = {cell.id: named for cell in document.code_cells if (named := _name(cell))}
    going = {flow.cell.id for flow in found.graph.flows} | tests.keys()
    cells = [cell for cell in document.code_cells if cell.id in going]
    graph = _without_traces(
        build([_scoped(cell) if cell.id in tests else cell for cell in cells], modules=modules),
        {position for position, cell in enumerate(cells) if cell.id in tests},
    )
    steps = {found.flow(position).cell.id: name for position, name in found.step_at.items()}
    names = _distinct([(tests[cell.id], cell) for cell in cells if cell.id in tests])
    return NotebookTests(
        tests=tuple(
            _test(names[cell.id], cell, graph, steps, document.kernel)
            for cell in cells
            if cell.id in tests
        ),
        found=found,
    )


def matching(tests: NotebookTests, keyword: str | None) -> tuple[str, ...]:
    """The names of the tests that a keyword chooses: those that it is part of; all for none."""
    names = (test.name for test in tests.tests)
    return tuple(name for name in names if keyword is None or keyword.lower() in name.lower())


def require_tests(notebook: str, tests: NotebookTests) -> None:
    """Make sure that there is something to run.

    Raises:
        UsageError: the notebook has no test.
    """
    if not tests.tests:
        raise UsageError(
            f"{notebook} has no test.",
            cure="Begin a cell with %%mlops test NAME, and assert something in it.",
        )


def _name(cell: Cell) -> str | None:
    found = None if LEFT_OUT & set(cell.tags) else cell_test(cell.source, cell.tags)
    return None if found is None else found.name or f"cell-{cell.index + 1}"


def _distinct(named: Sequence[tuple[str, Cell]]) -> dict[str, str]:
    """The name of each test, with the number of its cell where others have the same."""
    names = [name for name, _ in named]
    return {
        cell.id: name if names.count(name) == 1 else f"{name} (cell {cell.index + 1})"
        for name, cell in named
    }


def _scoped(cell: Cell) -> Cell:
    return replace(cell, source=f"{_SCOPE}{strip_label(cell.source)}")


def _without_traces(graph: Graph, tests: set[int]) -> Graph:
    """The graph as if tests left nothing behind."""
    flows = tuple(
        replace(flow, seeds=False, acts=frozenset(), writes=frozenset())
        if position in tests
        else flow
        for position, flow in enumerate(graph.flows)
    )
    return replace(graph, links=graph.links.without(tests), flows=flows)


def _test(
    name: str, cell: Cell, graph: Graph, steps: Mapping[str, str], kernel: str
) -> NotebookTest:
    position = next(at for at, flow in enumerate(graph.flows) if flow.cell.id == cell.id)
    needed = [graph.flows[at] for at in sorted(backward(graph, [position]) - {position})]
    flow = graph.flows[position]
    digests = [other.digest for other in needed]
    tested: dict[str, tuple[str, ...]] = {}
    for other in needed:
        if other.cell.id in steps:
            step = steps[other.cell.id]
            tested[step] = (*tested.get(step, ()), other.digest)
    sources = {cell.id: cell.source, **flow.definitions}
    for other in needed:
        sources |= {other.cell.id: other.cell.source, **other.definitions}
    return NotebookTest(
        name=name,
        cell=cell,
        needs=tuple(other.cell.id for other in needed),
        digest=hashlib.sha256(encode([kernel, flow.digest, *digests])).hexdigest(),
        steps=tested,
        sources=sources,
    )
