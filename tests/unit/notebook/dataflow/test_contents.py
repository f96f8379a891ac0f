"""What is inside objects, kept as numbers, is what a walk through dictionaries finds."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbmlops.notebook.dataflow.contents import Contents
from nbmlops.notebook.dataflow.effects import CODE, PART, SAME
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.dataflow.running import merge
from nbmlops.notebook.dataflow.state import expanded
from nbmlops.notebook.document import from_sources

_THINGS = st.sampled_from("abcdef")
_HOLDS = st.dictionaries(_THINGS, st.sampled_from((CODE, PART, SAME)), max_size=4)
_PUTS = st.lists(st.tuples(_HOLDS, st.frozensets(_THINGS, max_size=3)), max_size=8)


@given(puts=_PUTS, holds=_HOLDS)
def test_what_is_inside_is_found_as_by_a_walk(puts: list[tuple], holds: dict[str, int]):
    """Cycles, several ways to an object, and surer holds found later included."""
    contents, plain = Contents(), dict[str, dict[str, int]]()
    for inner, outer in puts:
        contents.put(inner, outer)
        for thing in outer:
            merge(plain.setdefault(thing, {}), {t: min(sure, PART) for t, sure in inner.items()})
    assert contents.expanded(holds) == expanded(holds, plain)


def test_a_version_counts_what_is_new():
    """So that what was found before holds until then."""
    contents = Contents()
    contents.put({"a": PART}, ["b"])
    before = contents.version
    contents.put({"a": PART}, ["b"])
    assert contents.version == before
    contents.put({"c": PART}, ["b"])
    assert contents.version > before


def test_two_cells_with_the_same_function_define_two():
    """Each takes effect from its own place, though their code is read once."""
    function = "def f(held=[]):\n    held.append(1)\n    return held"
    cells = (function, "a = f()", function, "b = f()", "f", "print(a)")
    graph = build(from_sources([(source, ()) for source in cells]).code_cells)
    edges = {(edge.source, edge.target) for edge in graph.edges}
    assert {(0, 1), (2, 3)} <= edges
    assert not {(2, 1), (0, 3), (3, 5)} & edges


def test_a_function_is_followed_whichever_way_it_is_found_first():
    """Its result, met before it, leads to its code without running it; its name runs it."""
    cells = (
        "u = [1]",
        "def g(given):\n    return w",
        "def h(given):\n    return u",
        "w = h(u)",
        "g.kept = h\nh.kept = g(w)",
        "u = [2]",
        "h(0)",
    )
    graph = build(from_sources([(source, ()) for source in cells]).code_cells)
    assert (5, 6) in {(edge.source, edge.target) for edge in graph.edges}


def test_what_one_function_puts_into_an_object_another_changes_there():
    """Whichever is found first, and though no name holds the object afterwards."""
    cells = (
        "x = [1]",
        "a = [0]",
        "def first():\n    a.append(x)",
        "def second():\n    a[1].append(5)",
        "first()\nsecond()\na = None",
        "print(x)",
    )
    graph = build(from_sources([(source, ()) for source in cells]).code_cells)
    assert (4, 5) in {(edge.source, edge.target) for edge in graph.edges}


@pytest.mark.parametrize("names", list(permutations(("first", "second", "third"))))
def test_what_a_cell_puts_into_an_object_is_found_in_it_in_any_order(names: tuple[str, ...]):
    """The order in which functions are followed, which hashes of names decide, changes no edge."""
    put, get, other = names
    cells = (
        *("x = [1]", "a = [0]", "y = [a]", "x.append(2)"),
        f"def {put}():\n    a.append(x)",
        f"def {get}():\n    return y",
        f"def {other}():\n    return a",
        f"{put}()\n{get}()\n{other}()",
    )
    graph = build(from_sources([(source, ()) for source in cells]).code_cells)
    found = {
        (n, e.known_by) for e in graph.edges if (e.source, e.target) == (3, 7) for n in e.names
    }
    assert found == {("x", "static"), ("a", "possible"), ("y", "possible")}
