"""Cells that may find out whether two names hold one object."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.sameness import together

PAIR = frozenset(["fitted", "models"])
ABOVE = "fitted = make()\nmodels = [fitted]\nrows = load()\nn = count()\nkept = {}"
KINDS = {"fitted": "tool.Model", "models": "list", "n": "", "kept": "dict"}
"""What the names hold; of ``n`` nobody knows."""

ARRAY, FRAME, UNKNOWN = "numpy.ndarray", "pandas.DataFrame", ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A cell that reads both names, what ``rows`` holds, and whether the two count as one."""

    name: str
    cell: str
    rows: str = ARRAY
    found: bool


CASES = (
    Case(name="is", cell="fitted is models[0]", found=True),
    Case(name="equality", cell="fitted == models[0]", found=True),
    Case(name="looked up in a dict", cell="kept[fitted]; models", found=True),
    Case(name="neither", cell="fitted.show(); models", found=False),
    Case(name="rows and columns by number", cell="fitted(rows[1:, 0]); models", found=False),
    Case(name="rows and columns of an array", cell="fitted(rows[n, 0]); models", found=False),
    Case(name="rows of a frame", cell="fitted(rows[n]); models", rows=FRAME, found=False),
    Case(name="what is not known", cell="fitted(rows[n]); models", rows=UNKNOWN, found=True),
    Case(name="bound in the cell", cell="rows = kept; rows[fitted]; models", found=True),
    Case(
        name="of each in turn", cell="[rows[fitted] for rows in models] + rows.tolist()", found=True
    ),
    Case(
        name="what is given to a function",
        cell="fitted; (lambda rows: rows[fitted])(models); rows.sum()",
        found=True,
    ),
    Case(name="in an array, and a dict", cell="rows[n]; kept[fitted]; models", found=True),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cells_that_compare_may_ask_whether_two_names_hold_one_object(case: Case) -> None:
    """What is looked up in an array or a frame is found by its content."""
    flow = build(from_sources([(ABOVE, ()), (case.cell, ())]).cells).flows[1]
    kinds = {**KINDS, "rows": case.rows}
    found = together(flow, kinds, {"fitted": PAIR, "models": PAIR})
    assert (PAIR in found) is case.found
