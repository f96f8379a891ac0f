"""Cells that were running when their kernel was killed: records of them, made afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nbmlops.config import RUNNING
from nbmlops.domain.executions import (
    KERNEL_ENDED,
    Execution,
    ExecutionRecord,
    ExecutionStatus,
    Failure,
)
from nbmlops.errors import StoreError

if TYPE_CHECKING:
    from nbmlops.capture.cell_marks import CellMark
    from nbmlops.store.catalog.executions import ExecutionRecords

_WHY = "The kernel ended while this cell ran."
_NOTE = "the kernel ended while it ran"
_DAY = 24 * 60 * 60


class EndedKernels:
    """Makes executions of the marks that kernels left which were killed.

    A kernel that is certainly gone leaves the mark of the cell that ran: it becomes an execution
    that failed, with its source and its time, and nothing of what it did. Who looks next does
    it, and of several only one.

    Args:
        project: the project's folder.
        store: its store.
        records: gives what keeps executions, when there is one to be kept.
    """

    def __init__(
        self, *, project: Path, store: Path, records: Callable[[], ExecutionRecords]
    ) -> None:
        self._project = project
        self._folder = store / RUNNING
        self._records = records

    def settle(self) -> list[Execution]:
        """Record the cells whose kernels are gone; returns their executions.

        A store that cannot be used now is left as it is: whoever uses it says what is wrong.
        """
        found: list[Execution] = []
        with suppress(OSError, StoreError):
            for path in sorted(self._folder.iterdir()):
                with _held(path) as content:
                    found += self._settled(path, content)
        return found

    def _settled(self, path: Path, content: bytes | None) -> list[Execution]:
        """The execution that the mark in a file becomes; the file goes where its kernel is gone."""
        from nbmlops.capture.cell_marks import read  # every verb asks, and there is seldom one

        mark = None if content is None else read(content)
        if mark is None:
            if content is not None and time.time() - path.stat().st_mtime > _DAY:
                path.unlink()  # it was never written to its end
            return []
        if not mark.is_over:
            return []
        records = self._records()
        is_new = mark.runs and not records.has_begun(mark.session, mark.started_at)
        added = [records.add(self._record(mark))] if is_new else []
        path.unlink()
        return added

    def _record(self, mark: CellMark) -> ExecutionRecord:
        from nbmlops.notebook.normalize import digest

        definitions = dict(mark.definitions) | self._modules(mark)
        return ExecutionRecord(
            notebook=mark.notebook,
            step=mark.step,
            cell_id=mark.cell_id,
            source=mark.source,
            digest=digest(mark.source, definitions),
            definitions=definitions,
            session=mark.session,
            started_at=mark.started_at,
            duration=0.0,
            status=ExecutionStatus.ERROR,
            failure=Failure(
                kind=KERNEL_ENDED,
                message=_WHY,
                traceback=_WHY,
                step=mark.step,
                cell_id=mark.cell_id,
            ),
            inputs_complete=False,
            inputs_note=_NOTE,
            author=mark.author,
        )

    def _modules(self, mark: CellMark) -> dict[str, str]:
        """The sources of the project's own modules that it used, as they are now."""
        if mark.step is None:
            return {}
        from nbmlops.capture.modules import ModuleSources

        folder = (self._project / mark.notebook).parent
        return ModuleSources(str(self._project), str(folder)).used(mark.imports)


@contextmanager
def _held(path: Path) -> Iterator[bytes | None]:
    """The content of a file that nobody else settles at the same time; ``None`` where one does."""
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        yield file.read() if path.exists() else None
