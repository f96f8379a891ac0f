"""How an executed notebook ended, read from the notebook itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import RunStatus
from nbmlops.execution.journal import CANCELLED, FAILED, NOT_RUN
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import label_of

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CELL_FRAME = re.compile(r"^Cell In\[\d+\], line (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The status of a run; unless it succeeded, why; and what a person should know of it."""

    status: RunStatus
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()


def outcome_of(document: Document, *, stopped_by: str | None = None) -> Outcome:
    """Find the cell that ended the run.

    Args:
        document: the executed notebook.
        stopped_by: the name of the signal that asked the run to stop, if one did.
    """
    for cell in document.code_cells:
        status = _status(document, cell)
        if status == CANCELLED:
            failure = _failure(document, cell)
            return _cancelled(stopped_by or "an interrupt", failure)
        if status == FAILED:
            return Outcome(status=RunStatus.FAILED, failure=_failure(document, cell))
    left = [cell for cell in document.code_cells if _status(document, cell) == NOT_RUN]
    if left and stopped_by is not None:
        return _cancelled(stopped_by, None)
    if left:
        return Outcome(status=RunStatus.SUCCEEDED, warnings=(_exited(len(left)),))
    return Outcome(status=RunStatus.SUCCEEDED)


def _exited(left: int) -> str:
    cells = "1 cell was" if left == 1 else f"{left} cells were"
    return f"sys.exit() ended the notebook early: {cells} not run."


def _cancelled(stopped_by: str, place: Failure | None) -> Outcome:
    failure = Failure(
        kind="Cancelled",
        message=f"stopped by {stopped_by}",
        traceback=place.traceback if place else "",
        step=place.step if place else None,
        cell_id=place.cell_id if place else None,
        cell_index=place.cell_index if place else None,
        line=place.line if place else None,
    )
    return Outcome(status=RunStatus.CANCELLED, failure=failure)


def _failure(document: Document, cell: Cell) -> Failure:
    label = label_of(cell.source, cell.tags)
    error = _error_output(document.raw["cells"][cell.index])
    traceback = _ANSI.sub("", "\n".join(error.get("traceback", [])))
    return Failure(
        kind=error.get("ename", "CellExecutionError"),
        message=_ANSI.sub("", error.get("evalue", "")),
        traceback=traceback,
        step=label.name if label else None,
        cell_id=cell.id,
        cell_index=cell.index,
        line=_line(traceback),
    )


def _status(document: Document, cell: Cell) -> str | None:
    metadata = document.raw["cells"][cell.index]["metadata"]
    status = metadata.get("papermill", {}).get("status")
    return None if status is None else str(status)


def _error_output(raw: dict[str, Any]) -> dict[str, Any]:
    for output in raw.get("outputs", []):
        if output.get("output_type") == "error":
            return dict(output)
    return {}


def _line(traceback: str) -> int | None:
    match = _CELL_FRAME.search(traceback)
    return int(match[1]) if match else None
