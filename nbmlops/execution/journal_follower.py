"""Where a run stands, as its journal tells while it grows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

from nbmlops.domain.runs import RunProgress
from nbmlops.errors import NotebookFormatError
from nbmlops.execution.folder import RunFolder
from nbmlops.execution.journal import PENDING, RUNNING
from nbmlops.notebook.document import Cell, read
from nbmlops.notebook.labels import label_of


@dataclass(slots=True)
class _Told:
    """What one attempt's journal has told so far."""

    header: bytes = b""
    offset: int = 0
    steps: list[str | None] = field(default_factory=list)
    began: dict[int, datetime] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    lines: dict[int, str] = field(default_factory=dict)


class JournalFollower:
    """Reads the journal of one run, each of its lines once; begins anew with each attempt.

    Args:
        folder: the files of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._told = _Told()

    def progress(self, now: datetime) -> RunProgress | None:
        """Where the run stands; ``None`` where its journal tells of no cell yet."""
        try:
            self._read()
        except (OSError, NotebookFormatError):  # it has not begun, or has just ended
            return None
        told = self._told
        at = max(
            told.began, key=lambda cell: (cell not in told.ended, told.began[cell]), default=None
        )
        if at is None:
            return None
        return RunProgress(
            cell=at + 1,
            cells=len(told.steps),
            step=told.steps[at],
            seconds=max(0.0, (now.astimezone(UTC) - told.began[at]).total_seconds()),
            done=len(told.ended),
            line=told.lines.get(at),
        )

    def _read(self) -> None:
        with self._folder.journal.open("rb") as file:
            header = file.readline()
            if not header.endswith(b"\n"):
                return
            size = file.seek(0, 2)
            if header != self._told.header or size < self._told.offset:
                steps = [_step(cell) for cell in read(self._folder.source).cells]
                self._told = _Told(header=header, offset=len(header), steps=steps)
            file.seek(self._told.offset)
            for line in self._whole_lines(file):
                self._note(line)

    def _whole_lines(self, file: BinaryIO) -> Iterator[dict[str, Any]]:
        for line in file:
            if not line.endswith(b"\n"):
                return
            self._told.offset += len(line)
            yield json.loads(line)

    def _note(self, line: dict[str, Any]) -> None:
        told, cell = self._told, line["cell"]
        if cell >= len(told.steps):
            return
        if "line" in line:
            told.lines[cell] = line["line"]
            return
        state = line["metadata"].get("papermill", {})
        if state.get("status") == RUNNING:
            told.began[cell] = datetime.fromisoformat(state["start_time"])
            told.ended.discard(cell)
        elif state.get("status") != PENDING:
            told.ended.add(cell)


def _step(cell: Cell) -> str | None:
    label = label_of(cell.source, cell.tags)
    return label.name if label else None
