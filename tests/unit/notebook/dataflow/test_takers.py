"""Cells that hand out none of the code that they use."""

from __future__ import annotations

import pytest

from nbmlops.notebook.dataflow.takers import only_calls

NAMES = frozenset(["f", "g"])


@pytest.mark.parametrize(
    "source", ["f(1)", "x = 1\nfor i in x:\n    g(i, key=x)", "if a: f()", "x.f(y.g)", "!ls", ""]
)
def test_a_cell_may_do_no_more_with_functions_than_to_call_them(source: str) -> None:
    """Attributes of the same name are others."""
    assert only_calls(source, NAMES)


@pytest.mark.parametrize(
    "source",
    ["x = f(1)", "f", "h(f)", "f(g)", "f()()", "f.x()", "f(f(1))", "f = 1", "%%time\n(f)\n", "x ="],
)
def test_whatever_else_it_does_may_hand_them_out(source: str) -> None:
    """What a call gives may be, or hold, the function; a cell that is no Python may do anything."""
    assert not only_calls(source, NAMES)
