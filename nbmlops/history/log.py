"""What ran in a notebook, as lines of a log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from nbmlops.domain.executions import Execution, ExecutionStatus
from nbmlops.domain.values import is_in_part
from nbmlops.notebook.headline import headline


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of ``log``: an execution, named or not, or a travel.

    ``standing`` is ``here`` for the one after which the namespace of the asking kernel is,
    ``past`` for those that led there, ``undone`` for those of its session that did not, and
    ``other`` for other sessions.
    """

    id: int
    notebook: str
    title: str
    version: str | None
    status: ExecutionStatus
    started_at: datetime
    duration: float
    outputs: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    kept: bool
    kept_in_part: bool
    travelled_to: int | None
    standing: str


def titled(execution: Execution) -> str:
    """``train@2``, or the first line of code of an unnamed cell."""
    if execution.version is not None:
        return execution.version.reference
    if execution.record.travelled_to is not None:
        return execution.record.source
    return headline(execution.record.source)


def standing_of(
    execution: Execution, line: Collection[int], here: int | None, session: str | None
) -> str:
    """Where an execution stands for a session whose line leads ``here``; see `LogRow`."""
    if execution.id == here:
        return "here"
    if execution.id in line:
        return "past"
    if session is None:
        return "past"  # asked from a shell, which stands nowhere
    return "undone" if execution.record.session == session else "other"


def log_row(execution: Execution, standing: str) -> LogRow:
    """An execution as a line of the log."""
    record = execution.record
    return LogRow(
        id=execution.id,
        notebook=record.notebook,
        title=titled(execution),
        version=execution.version.reference if execution.version else None,
        status=record.status,
        started_at=record.started_at,
        duration=record.duration,
        outputs=tuple(value.name for value in record.outputs),
        deleted=record.deleted,
        kept=all(
            value.manifest is not None and not is_in_part(value.reason) for value in record.outputs
        ),
        kept_in_part=any(value.manifest is not None for value in record.outputs),
        travelled_to=record.travelled_to,
        standing=standing,
    )
