"""The true record of an execution: in the notebook's metadata, and line by line in a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from nbmlops.execution.direction import Direction
from nbmlops.execution.journal_file import JournalFile

SAVE_EVERY = 2.0
"""Seconds between two writes of a notebook that is being executed."""

SAVE_SHARE = 0.1
"""The share of the time that may go into such writes."""

PENDING = "pending"
RUNNING = "running"
COMPLETED = "completed"
FAILED = "failed"
CANCELLED = "cancelled"
NOT_RUN = "not run"
LOST = "lost"
"""Where the process that drove the run vanished while the cell ran."""


class Journal:
    """Keeps the state of every cell, and what is needed to make the notebook if all else ends.

    Papermill writes and validates the whole notebook twice per cell, and marks cells that never
    ran as completed. This one appends each result to a file. Where there is none, it writes the
    notebook, at most every two seconds and for at most a tenth of the time. Whoever executes the
    notebook writes it at the end; a cell that never ran says ``not run``.

    Args:
        notebook: the notebook node that is executed in place.
        save: writes the notebook.
        file: where to append what becomes of each cell.
    """

    def __init__(
        self, notebook: Any, save: Callable[[], None], file: JournalFile | None = None
    ) -> None:
        self._notebook = notebook
        self._save = save
        self._file = file
        self._positions = {id(cell): at for at, cell in enumerate(notebook.cells)}
        self._began: dict[int, float] = {}
        self._started = time.monotonic()
        self._next_save = self._started

    def start(self) -> None:
        """Clear what an earlier execution left."""
        self._notebook.metadata.papermill.update(
            start_time=_now(), end_time=None, duration=None, exception=None
        )
        for cell in self._notebook.cells:
            cell.metadata.papermill = {
                "exception": None,
                "start_time": None,
                "end_time": None,
                "duration": None,
                "status": PENDING,
            }
            if cell.cell_type == "code":
                cell.execution_count = None
                cell.outputs = []
        if self._file is None:
            self._write()
        else:
            cells = len(self._notebook.cells)
            self._file.append({"cells": cells, "metadata": self._notebook.metadata.papermill})

    def cell_taken(self, cell: Any, direction: Direction) -> None:
        """The cell does not run: it shows what was recorded of it."""
        from nbformat import from_dict

        cell.metadata.papermill["status"] = direction.state
        cell.outputs = from_dict(direction.outputs)
        if direction.mark:
            cell.metadata["nbmlops"] = from_dict(direction.mark)
        self._note(cell)

    def cell_started(self, cell: Any) -> None:
        """The cell runs from now."""
        cell.metadata.papermill.update(start_time=_now(), status=RUNNING, exception=False)
        self._began[id(cell)] = time.monotonic()
        self._note(cell)

    def cell_says(self, cell: Any, line: str) -> None:
        """The last line that the running cell has printed."""
        if self._file is not None:
            self._file.append({"cell": self._positions[id(cell)], "line": line})

    def cell_ended(self, cell: Any, status: str) -> None:
        """The cell has ended, well or badly."""
        cell.metadata.papermill.update(
            end_time=_now(),
            duration=time.monotonic() - self._began[id(cell)],
            status=status,
            exception=status in (FAILED, CANCELLED),
        )
        if status in (FAILED, CANCELLED):
            self._notebook.metadata.papermill["exception"] = True
        self._note(cell)
        if self._file is None and time.monotonic() >= self._next_save:
            self._write()

    def ended_by(self, said: str) -> None:
        """Why no further cell begins, where none of them has failed."""
        self._notebook.metadata.papermill["ended_by"] = said

    def end(self) -> None:
        """Nothing runs any more: what is still pending was not run."""
        for cell in self._notebook.cells:
            if cell.metadata.papermill["status"] == PENDING:
                cell.metadata.papermill["status"] = NOT_RUN
        self._notebook.metadata.papermill.update(
            end_time=_now(), duration=time.monotonic() - self._started
        )

    def _note(self, cell: Any) -> None:
        if self._file is not None:
            kept = ("papermill", "nbmlops")
            self._file.append(
                {
                    "cell": self._positions[id(cell)],
                    "metadata": {key: cell.metadata[key] for key in kept if key in cell.metadata},
                    "outputs": cell.get("outputs"),
                    "execution_count": cell.get("execution_count"),
                }
            )

    def _write(self) -> None:
        began = time.monotonic()
        self._save()
        ended = time.monotonic()
        self._next_save = ended + max(SAVE_EVERY, (ended - began) / SAVE_SHARE)


def _now() -> str:
    return datetime.now(UTC).isoformat()
