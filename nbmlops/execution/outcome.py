"""How an executed notebook ended, read from the notebook itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import RunStatus
from nbmlops.execution.journal import CANCELLED, FAILED
from nbmlops.notebook.document import Document
from nbmlops.notebook.labels import label_of

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CELL_FRAME = re.compile(r"^Cell In\[\d+\], line (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The status of a run and, unless it succeeded, why."""

    status: RunStatus
    failure: Failure | None = None


def outcome_of(document: Document, message: str) -> Outcome:
    """Find the cell that ended the run.

    Args:
        document: the executed notebook.
        message: what papermill says, used where no cell says more.
    """
    for cell in document.cells:
        raw = document.raw["cells"][cell.index]
        status = raw["metadata"].get("papermill", {}).get("status")
        if status not in (FAILED, CANCELLED):
            continue
        label = label_of(cell.source, cell.tags)
        error = _error_output(raw)
        traceback = _ANSI.sub("", "\n".join(error.get("traceback", [])))
        failure = Failure(
            kind=error.get("ename", "CellExecutionError"),
            message=error.get("evalue", message),
            traceback=traceback,
            step=label.name if label else None,
            cell_id=cell.id,
            cell_index=cell.index,
            line=_line(traceback),
        )
        cancelled = status == CANCELLED
        return Outcome(
            status=RunStatus.CANCELLED if cancelled else RunStatus.FAILED, failure=failure
        )
    return Outcome(
        status=RunStatus.FAILED, failure=Failure(kind="PapermillExecutionError", message=message)
    )


def _error_output(raw: dict[str, Any]) -> dict[str, Any]:
    for output in raw.get("outputs", []):
        if output.get("output_type") == "error":
            return dict(output)
    return {}


def _line(traceback: str) -> int | None:
    match = _CELL_FRAME.search(traceback)
    return int(match[1]) if match else None
