"""Whether the code of a node reads the clock, so that each run gives another result."""

from __future__ import annotations

from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.pipelines.purity import names_a_clock


def tells_time(source: str) -> bool:
    """Whether a source, or a function in it, calls what tells the time."""
    try:
        effects = analyze(source)
    except CellSyntaxError:
        return False
    return any(map(names_a_clock, (effects, *(inner.effects for inner in effects.definitions))))
