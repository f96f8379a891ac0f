"""What recorded executions show of a notebook's cells."""

from __future__ import annotations

from collections.abc import Iterable

from nbmlops.domain.executions import Execution
from nbmlops.notebook.dataflow.graph import Observed


def observed(recorded: Iterable[Execution]) -> dict[str, Observed]:
    """The digest of a cell → what its recorded execution read and wrote."""
    return {
        found.record.digest: Observed(
            reads=frozenset(value.name for value in found.record.inputs),
            writes=frozenset(value.name for value in found.record.outputs)
            | frozenset(found.record.deleted),
            complete=found.record.inputs_complete and found.record.failure is None,
        )
        for found in recorded
    }
