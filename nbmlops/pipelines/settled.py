"""What cells set for the process, by what kernel sessions have run; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from nbmlops.domain.executions import ExecutionRecord
from nbmlops.errors import CellSyntaxError
from nbmlops.notebook.dataflow.effects import analyze
from nbmlops.notebook.dataflow.known import PROCESS
from nbmlops.pipelines import draws
from nbmlops.pipelines.evidence import SessionEntry


def sets(entry: SessionEntry, *, seeds: bool) -> bool:
    """Whether a cell set something for the process; with ``seeds``, or seeded a generator."""
    try:
        effects = analyze(entry.source)
    except CellSyntaxError:
        return True
    if effects.seeds and (seeds or draws.sets_more(entry.source)):
        return True
    return entry.state or PROCESS in effects.writes


def order_of(entries: Iterable[SessionEntry]) -> list[str]:
    """The digests of what was set, in order; once for what was set again at once to the same."""
    found: list[str] = []
    for entry in entries:
        if entry.state or found[-1:] != [entry.digest]:
            found.append(entry.digest)
    return found


def squeezed(digests: Sequence[str]) -> list[str]:
    """The same, once for what came again at once."""
    return [digest for digest, _ in groupby(digests)]


def leaves_state(record: ExecutionRecord) -> bool:
    """Whether an execution changed what no name holds."""
    return any(access.kind == "state" for access in record.externals)


def left_state(entries: Iterable[SessionEntry], digest: str) -> bool:
    """Whether an earlier execution of this code has changed what no name holds."""
    return any(entry.state and entry.digest == digest for entry in entries)
