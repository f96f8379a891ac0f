"""Whether cells that ran beside each other were given what the notebook's order gives; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import PurePosixPath

from nbmlops.domain.accesses import FileAccess
from nbmlops.domain.executions import Execution, ExecutionRecord
from nbmlops.pipelines.lanes import Lanes
from nbmlops.pipelines.plan import PlanCell

Results = Mapping[int, Execution | None]


def disagreement(cells: Sequence[PlanCell], lanes: Lanes, results: Results) -> str | None:
    """What was found to be another than in one kernel; ``None`` for nothing.

    The names that a cell has read must stand for what the last cell above has left under them,
    and no file may have been written by one of two cells that ran at once and touched by the
    other. Of a file that only the file system told of, a cell is not suspected where another one
    that ran beside it is known to have used it: both kernels are told of it.

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
    touched = [
        _Touch(at=at, path=file.path, writes=file.mode != "read", own=_is_own(file, cells[at]))
        for at, record in made.items()
        if at in number
        for file in record.files
    ]

    def beside(one: _Touch, other: _Touch) -> bool:
        earlier, later = sorted((one.at, other.at))
        return number[earlier] not in above[number[later]]

    by_path: dict[str, list[_Touch]] = {}
    for one in touched:
        by_path.setdefault(one.path, []).append(one)
    for path, all_of_it in by_path.items():
        owners = [one for one in all_of_it if one.own]
        sure = [one for one in all_of_it if one.own or not any(beside(one, o) for o in owners)]
        for one, other in combinations(sure, 2):
            if (one.writes or other.writes) and beside(one, other):
                yield f"{cells[one.at].title} and {cells[other.at].title} both use {path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touch:
    """What one cell did to a file; ``own`` where it is sure that it did, and not one beside it."""

    at: int
    path: str
    writes: bool
    own: bool


def _is_own(file: FileAccess, cell: PlanCell) -> bool:
    """Whether more than the file system told of it, which tells what everybody does."""
    named = cell.flow.files_written | cell.flow.files_read
    return file.known_by != "watch" or PurePosixPath(file.path).name in named
