"""How an executed notebook ended, read from the notebook itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from nbmlops.domain.executions import Failure
from nbmlops.domain.runs import RunStatus
from nbmlops.execution.journal import CANCELLED, FAILED, NOT_RUN
from nbmlops.notebook.document import Cell, Document
from nbmlops.notebook.labels import label_of

TIMEOUT = "Timeout"
"""The kind of failure of a cell, a step or a run that took too long."""

NOT_STARTED = "KernelNotStarted"
"""The kind of failure of a kernel that did not start."""

WORKER_LOST = "WorkerLost"
"""The kind of failure of a kernel whose worker went away."""

STOPPED = "stopped"
"""The mark of a cell that was stopped because another one, in another kernel, has failed."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CELL_FRAME = re.compile(r"^Cell In\[\d+\], line (\d+)", re.MULTILINE)
_PRINTED_ERROR = re.compile(r"^(?P<kind>[A-Z]\w*Error): (?P<message>.+)$", re.MULTILINE)


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
    failed = []
    for cell in document.code_cells:
        status = _status(document, cell)
        if status == CANCELLED and STOPPED not in _mark(document, cell):
            return _cancelled(stopped_by or "an interrupt", failure_in(document, cell))
        if status == FAILED:
            failed.append(cell)
    fatal = [cell for cell in failed if _mark(document, cell).get("on_failure", "fail") == "fail"]
    tolerated = [cell for cell in failed if cell not in fatal]
    warnings = (
        *(_went_on(document, cell) for cell in tolerated),
        *(f"Failed as well: {_named(document, cell)}." for cell in fatal[1:]),
        *_left_out(document),
        *_stopped_too(document),
    )
    left = [
        cell
        for cell in document.code_cells
        if _status(document, cell) == NOT_RUN and "not_run" not in _mark(document, cell)
    ]
    if left and stopped_by is not None:
        return replace(stopped(stopped_by), warnings=warnings)
    if fatal:
        failure = failure_in(document, fatal[0])
        return Outcome(status=RunStatus.FAILED, failure=failure, warnings=warnings)
    ended_by = document.raw["metadata"].get("papermill", {}).get("ended_by")
    if ended_by is not None:
        failure = Failure(kind=TIMEOUT, message=str(ended_by), traceback="")
        return Outcome(status=RunStatus.FAILED, failure=failure, warnings=warnings)
    if left:
        warnings = (*warnings, _exited(len(left)))
    return Outcome(status=RunStatus.SUCCEEDED, warnings=warnings)


def _went_on(document: Document, cell: Cell) -> str:
    """That a step failed, and that its label allows it to."""
    rule = _mark(document, cell)["on_failure"]
    return f"The run went on (on-failure {rule}) behind {_named(document, cell)}."


def _named(document: Document, cell: Cell) -> str:
    failure = failure_in(document, cell)
    place = _mark(document, cell).get("failed") or failure.step or f"cell {cell.index + 1}"
    said = f"{failure.kind}: {failure.message}".removeprefix(f"{TIMEOUT}: ")
    return f"{place} ({said.rstrip('.')})"


def _left_out(document: Document) -> list[str]:
    """The steps that were not run because of a failure, by the reason."""
    found: dict[str, list[str]] = {}
    for cell in document.code_cells:
        reason = _mark(document, cell).get("not_run")
        label = label_of(cell.source, cell.tags)
        if reason is not None and label is not None and label.name is not None:
            names = found.setdefault(str(reason), [])
            names += [] if label.name in names else [label.name]
    return [f"Not run: {', '.join(names)} ({reason})." for reason, names in found.items()]


def _stopped_too(document: Document) -> list[str]:
    """The cells that ran in other kernels when the run ended."""
    found = []
    for cell in document.code_cells:
        reason = _mark(document, cell).get(STOPPED)
        if reason is not None:
            label = label_of(cell.source, cell.tags)
            place = (label and label.name) or f"cell {cell.index + 1}"
            found.append(f"Stopped while it ran: {place} ({reason}).")
    return found


def _mark(document: Document, cell: Cell) -> dict[str, Any]:
    return dict(document.raw["cells"][cell.index]["metadata"].get("nbmlops", {}))


def _exited(left: int) -> str:
    cells = "1 cell was" if left == 1 else f"{left} cells were"
    return f"sys.exit() ended the notebook early: {cells} not run."


def stopped(by: str) -> Outcome:
    """A run that was stopped while no cell ran."""
    return _cancelled(by, None)


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


def failure_in(document: Document, cell: Cell) -> Failure:
    """Why a cell of an executed notebook ended badly, as its outputs tell."""
    label = label_of(cell.source, cell.tags)
    errors = _error_outputs(document.raw["cells"][cell.index])
    late = [one for one in errors if one.get("ename") == TIMEOUT]
    error = next(iter(late or errors), None) or _printed_error(document.raw["cells"][cell.index])
    lines = [line for one in errors for line in one.get("traceback", [])]
    traceback = _ANSI.sub("", "\n".join(lines))
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


def _error_outputs(raw: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for output in raw.get("outputs", []) if output.get("output_type") == "error"]


def _printed_error(raw: dict[str, Any]) -> dict[str, str]:
    """What IPython has printed of an error that it shows without a traceback."""
    for output in reversed(raw.get("outputs", [])):
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            found = list(_PRINTED_ERROR.finditer(_ANSI.sub("", "".join(output.get("text", "")))))
            if found:
                return {"ename": found[-1]["kind"], "evalue": found[-1]["message"].strip()}
    return {}


def _line(traceback: str) -> int | None:
    match = _CELL_FRAME.search(traceback)
    return int(match[1]) if match else None
