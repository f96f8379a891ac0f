"""A plain IPython session as a notebook file, so that it can become a pipeline."""

from __future__ import annotations

from pathlib import Path

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.errors import UsageError
from nbmlops.notebook.document import from_sources, serialize

MADE_BY = "nbmlops-session"


def save(executions: list[Execution], *, name: str | None) -> Path:
    """Write what a session ran to its end into ``NAME.ipynb`` in the current folder.

    Of a step that ran several times, the last one counts, in the place of the first. To go back
    takes no cell out of it.

    Raises:
        UsageError: no name was given, nothing was recorded, or the file is somebody else's.
    """
    if name is None:
        raise UsageError(
            "This IPython session has no notebook file.",
            cure="Give the pipeline a name, under which the session is saved: "
            "%mlops build --name flights.",
        )
    cells = [found for found in executions if found.record.is_cell]
    good = [found for found in cells if found.record.status is ExecutionStatus.OK]
    if not good:
        raise UsageError(
            "Nothing of this session was recorded.",
            cure="Type %mlops track first, then run the cells again.",
        )
    path = Path.cwd() / f"{name}.ipynb"
    if path.exists() and MADE_BY not in path.read_text(encoding="utf-8"):
        raise UsageError(
            f"{path.name} exists and was not made from a session.", cure="Choose another name."
        )
    document = from_sources([(source, [MADE_BY]) for source in _sources(good)])
    path.write_bytes(serialize(document))
    return path


def _sources(executions: list[Execution]) -> list[str]:
    placed: dict[str, str] = {}
    for execution in executions:
        record = execution.record
        placed[record.step or f"\0{execution.id}"] = record.source
    return list(placed.values())
