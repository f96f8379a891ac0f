"""What steps need from each other, with the cells between them left out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nbmlops.notebook.dataflow.links import KnownBy, Links, at
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.convert import build
from nbmlops.pipelines.edges import between_steps
from nbmlops.pipelines.outline import Outline, outline

CELLS = 7
_SUREST_FIRST: tuple[KnownBy, ...] = ("static", "observed", "possible")
_POSITION = st.integers(0, CELLS - 1)
Need = tuple[int, str, int, KnownBy]

needs = st.lists(
    st.tuples(_POSITION, st.sampled_from("ab"), _POSITION, st.sampled_from(_SUREST_FIRST)),
    max_size=20,
)
steps = st.dictionaries(_POSITION, st.sampled_from("xyz"))


def _outline(of_cells: dict[int, str], found: list[Need]) -> Outline:
    cells = [
        (f"v{n} = {n}", [f"step:{of_cells[n]}"] if n in of_cells else []) for n in range(CELLS)
    ]
    links = Links()
    for target, name, source, known_by in found:
        links.add(target, name, at(source, known_by))
    plain = outline(from_sources(cells))
    return replace(plain, graph=replace(plain.graph, links=links), needed=frozenset(range(CELLS)))


def _ways(found: Outline, target: int, seen: frozenset[int]) -> Iterator[tuple[str, str, int]]:
    """Each way to a cell through cells of no step: what leaves which step, and how surely."""
    for edge in found.graph.edges:
        if edge.target == target and edge.source not in seen:
            sure = _SUREST_FIRST.index(edge.known_by)
            if edge.source in found.step_at:
                yield from ((found.step_at[edge.source], name, sure) for name in edge.names)
            else:
                for step, name, further in _ways(found, edge.source, seen | {edge.source}):
                    yield step, name, max(sure, further)


@given(steps, needs)
def test_a_step_needs_what_reaches_it_on_any_way_that_leads_through_no_other(
    of_cells: dict[int, str], links: list[Need]
) -> None:
    found = _outline(of_cells, links)
    expected: dict[tuple[str, str], dict[str, int]] = {}
    for target, positions in found.steps.items():
        for position in positions:
            for step, name, sure in _ways(found, position, frozenset([position])):
                if step != target:
                    names = expected.setdefault((step, target), {})
                    names[name] = min(sure, names.get(name, sure))
    assert {
        (edge.source, edge.target): (set(edge.names), edge.known_by)
        for edge in between_steps(found)
    } == {
        pair: (set(names), _SUREST_FIRST[min(names.values())]) for pair, names in expected.items()
    }


def _calls(cells: int) -> int:
    """How many functions are called to build a notebook whose cells all change one frame."""
    begin = ["import pandas as pd", "df = pd.DataFrame({'a': [1]})"]
    added = [f"df['c{n}'] = df['a'] + {n}" for n in range(cells)]
    sources = [(cell, [f"step:s{n}"] if n % 6 == 5 else []) for n, cell in enumerate(begin + added)]
    document, called = from_sources(sources), 0

    def count(_frame: object, event: str, _: object) -> None:
        nonlocal called
        called += event == "call"

    sys.setprofile(count)
    try:
        build(document, name="long", notebook="long.ipynb")
    finally:
        sys.setprofile(None)
    return called


def test_a_notebook_twice_as_long_is_built_in_about_twice_as_many_calls() -> None:
    """Each of its cells needs all above it, and each step is reached through all others."""
    _calls(160)  # what is looked up once
    assert _calls(160) < 3 * _calls(80)
