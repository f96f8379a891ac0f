"""What a cell that runs again will import: the same as then; a forecast; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.domain.values import ValueRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.graph import CellFlow
from nbmlops.pipelines.rebinding import bound_by_import, is_code


def foreseen(flow: CellFlow, past: Sequence[Execution]) -> dict[str, ValueRecord]:
    """What the imports of a cell will leave whatever else it does: name → what they left then.

    Left out are names that are bound in another way too, or only perhaps, what belongs to modules
    of the project, and what the cell itself may change.

    Args:
        flow: the cell.
        past: its executions, as `past_of` has them.
    """
    if not past or any(construct.writes for construct in flow.dynamic):
        return {}
    record = past[0].record
    origins = flow.effects.imports
    then = origins if record.digest == flow.digest else _origins(record.source)
    own = {part.removesuffix(".py") for file in flow.modules for part in file.split("/")}
    return {
        value.name: value
        for value in record.outputs
        if is_code(value)
        and value.fingerprint is not None
        and (origin := origins.get(value.name)) is not None
        and origin == then.get(value.name)
        and origin.partition(".")[0] not in own
        and value.name not in flow.in_place
        and bound_by_import(flow, value.name)
    }


def differs(expected: Mapping[str, ValueRecord], record: ExecutionRecord | None) -> str | None:
    """A name under which a cell that ran has left something else than was foreseen."""
    left = record.outputs if record is not None else ()
    return next(
        (
            value.name
            for value in left
            if value.name in expected and expected[value.name].fingerprint != value.fingerprint
        ),
        None,
    )


def _origins(source: str) -> Mapping[str, str]:
    try:
        return analyze(source).imports
    except CellSyntaxError:
        return {}
