"""What a cell writes out is made again from there, without asking, where it is what was held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nbmlops.history.executed import literal_of
from tests.unit.history.test_timetravel import NewNotebook, new_notebook, notebook

__all__ = ["new_notebook", "notebook"]


def test_it_comes_back_in_a_later_kernel_without_running_cells(new_notebook: NewNotebook) -> None:
    first = new_notebook()
    first.run(
        "%mlops track",
        "kinds = ['carrier', 'origin']\nlimits = {'b': [1, 2], 'a': (3,)}; seen = {1, 2}",
    )
    again = new_notebook()
    again.run("%mlops checkout latest")  # without --yes
    assert again["kinds"] == ["carrier", "origin"]
    assert list(again["limits"].items()) == [("b", [1, 2]), ("a", (3,))]
    assert again["seen"] == {1, 2}


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(("kinds = [1]", "kinds.append(2)"), id="changed by a later cell"),
        pytest.param(("kinds = [1]\nkinds.append(2)",), id="changed by the same cell"),
        pytest.param(("kinds = [1]\nlist.append(globals()['kinds'], 2)",), id="changed unseen"),
        pytest.param(
            ("def add(x):\n    x.append(2)", "kinds = [1]\nadd(kinds)"), id="changed by a function"
        ),
        pytest.param(("kinds = [0]\nkinds = [1, 2]",), id="bound twice"),
        pytest.param(("kinds = [1, 1 + 1]",), id="computed"),
    ],
)
def test_what_is_not_what_was_written_there_is_asked_for(
    cells: tuple[str, ...], new_notebook: NewNotebook
) -> None:
    first = new_notebook()
    first.run("%mlops track", *cells)
    again = new_notebook()
    assert "--yes" in again.said("%mlops checkout latest")
    again.run("%mlops checkout latest --yes")
    assert again["kinds"] == [1, 2]


@dataclass(frozen=True)
class Case:
    """A cell, and what it says of ``x``."""

    source: str
    found: tuple[str, Any] | None


CASES = [
    Case("%mlops track a\nx = [1, -2]\ny = 3", ("x = [1, -2]", [1, -2])),
    Case("x = y = [1]", None),
    Case("x, y = [1], 2", None),
    Case("x: list[int] = [1]", ("x = [1]", [1])),
    Case("x: Missing = {'a': 1}", ("x = {'a': 1}", {"a": 1})),
    Case("x: list", None),
    Case("x.y: list = [1]", None),
    Case("x = [y]", None),
    Case("for x in [1]: pass", None),
    Case("x = {'a': {1}, 'b': b'c'}", ("x = {'a': {1}, 'b': b'c'}", {"a": {1}, "b": b"c"})),
    Case("x = (", None),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source)
def test_only_an_assignment_of_what_is_written_out_tells_a_value(case: Case) -> None:
    assert literal_of("x", case.source) == case.found


def test_what_a_cell_writes_out_is_not_gone_for_good(new_notebook: NewNotebook) -> None:
    made = new_notebook()
    made.run(
        "%mlops track",
        "%mlops track fit\ngrid = {'a': [1]}; m = [grid]",
        "grid = {'a': [2]}",
        "%mlops undo",  # without --yes
    )
    assert made["m"][0] is made["grid"]
    made.run("%mlops checkout @2")
    assert made["grid"] == {"a": [2]}
    made.run("grid['a'].append(3)")
    assert "--yes" in made.said("%mlops undo")
