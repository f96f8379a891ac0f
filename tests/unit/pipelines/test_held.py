"""What names stand for behind cells that have still to run."""

from __future__ import annotations

import pytest

from nbmlops.domain.values import ValueRecord, ValueSummary
from nbmlops.notebook.dataflow.graph import build
from nbmlops.notebook.document import from_sources
from nbmlops.pipelines.judgement import Held

KIND = "numpy.ndarray"
ROWS = ValueRecord(name="rows", fingerprint="1", summary=ValueSummary(kind=KIND))


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("rows.sort()", KIND),
        ("rows[0] = 1", KIND),
        ("fit(rows)", KIND),
        ("rows.sort()\nrows = list(rows)", ""),
        ("rows += 1", ""),
        ("rows.sort()\nexec(text)", ""),
        ("def f():\n    global rows\n    rows = 1\nrows.sort()\nf()", ""),
    ],
)
def test_what_a_cell_may_change_in_place_keeps_its_type(cell: str, kind: str) -> None:
    """What it may bind anew may be anything."""
    above = "from tool import fit, load\nrows = load()\ntext = 'rows = 1'"
    flow = build(from_sources([(above, ()), (cell, ())]).cells).flows[1]
    held = Held.perhaps_changed(1, flow, "rows", {"rows": Held(provider=0, value=ROWS)})
    assert not held.known
    assert held.kind == kind
    assert Held.perhaps_changed(1, flow, "rows", {}).kind == ""
