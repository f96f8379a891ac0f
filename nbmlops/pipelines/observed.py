"""What recorded executions show of a notebook's cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from nbmlops.domain.executions import Execution
from nbmlops.notebook.dataflow.seen import Observed


def observed(recorded: Iterable[Execution], *, files: bool = True) -> dict[str, Observed]:
    """The digest of a cell → what its recorded execution read and wrote.

    Args:
        recorded: executions; of several of one cell, the last counts; of several cells with the
            same code, what any of them did.
        files: whether files join cells; not for who looks at the files as they are now.
    """
    latest = {(one.record.digest, one.record.cell_id or one.id): one for one in recorded}
    found: dict[str, Observed] = {}
    for (digest, _), execution in latest.items():
        seen = _seen(execution, files=files)
        found[digest] = found[digest].beside(seen) if digest in found else seen
    return found


def _seen(found: Execution, *, files: bool) -> Observed:
    return Observed(
        reads=frozenset(value.name for value in found.record.inputs),
        writes=frozenset(value.name for value in found.record.outputs)
        | frozenset(found.record.deleted),
        complete=found.record.inputs_complete and found.record.failure is None,
        files_read=_paths(found, {"read"} if files else ()),
        files_written=_paths(found, {"write", "delete"} if files else ()),
        said=found.version.reference if found.version is not None else f"@{found.id}",
    )


def _paths(execution: Execution, modes: Collection[str]) -> frozenset[str]:
    return frozenset(file.path for file in execution.record.files if file.mode in modes)
