"""Whether cells that ran beside each other were given what the notebook's order gives; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.pipelines.lanes import Lanes
from nbmlops.pipelines.plan import PlanCell

Results = Mapping[int, Execution | None]


def disagreement(cells: Sequence[PlanCell], lanes: Lanes, results: Results) -> str | None:
    """What was found to be another than in one kernel; ``None`` for nothing.

    The names that a cell has read must stand for what the last cell above has left under them,
    and no file may have been written by one of two cells that ran at once and touched by the
    other.

    Args:
        cells: those of the pipeline, in notebook order.
        lanes: how they were divided.
        results: what was recorded of each, by position.
    """
    made = {at: found.record for at, found in sorted(results.items()) if found is not None}
    return next(chain(_names(cells, made), _files(cells, lanes, made)), None)


def _names(cells: Sequence[PlanCell], made: Mapping[int, ExecutionRecord]) -> Iterator[str]:
    left: dict[str, tuple[int, str | None]] = {}
    for at, record in made.items():
        for value in record.inputs:
            maker, fingerprint = left.get(value.name, (at, value.fingerprint))
            if None not in (fingerprint, value.fingerprint) and fingerprint != value.fingerprint:
                yield (
                    f"{cells[at].title} read another `{value.name}` than {cells[maker].title} left"
                )
        left |= {value.name: (at, value.fingerprint) for value in record.outputs}


def _files(
    cells: Sequence[PlanCell], lanes: Lanes, made: Mapping[int, ExecutionRecord]
) -> Iterator[str]:
    number = {at: lane.number for lane in lanes.lanes for at in lane.cells}
    above = {lane.number: lanes.above(lane) | {lane.number} for lane in lanes.lanes}
    seen: dict[str, list[tuple[int, bool]]] = {}
    for at, record in made.items():
        for file in record.files if at in number else ():
            writes = file.mode != "read"
            for other, wrote in seen.get(file.path, ()):
                if (writes or wrote) and number[other] not in above[number[at]]:
                    yield f"{cells[other].title} and {cells[at].title} both use {file.path}"
            seen.setdefault(file.path, []).append((at, writes))
