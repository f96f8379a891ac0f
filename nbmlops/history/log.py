"""What ran in a notebook, as lines of a log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from nbmlops.capture.prints import take_print
from nbmlops.domain.executions import Execution, ExecutionRecord, ExecutionStatus
from nbmlops.domain.values import ValueRecord, is_in_part
from nbmlops.history.executed import definition_of, literal_of
from nbmlops.history.told_whole import is_told_whole
from nbmlops.notebook.headline import headline


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One line of ``log``: an execution, named or not, or a travel.

    ``standing`` is ``here`` for the one after which the namespace of the asking kernel is,
    ``past`` for those that led there, ``undone`` for those of its session that did not, and
    ``other`` for other sessions.

    ``by_code`` are the outputs that were not stored, and come back by the code that made them:
    imports, definitions, and what the cell writes out. ``kept`` is whether the others come back
    as well, ``kept_in_part`` whether any does. ``was_cut_off`` is whether the kernel ended while
    it ran.
    """

    id: int
    notebook: str
    title: str
    version: str | None
    status: ExecutionStatus
    started_at: datetime
    duration: float | None
    outputs: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    by_code: tuple[str, ...] = ()
    kept: bool
    kept_in_part: bool
    travelled_to: int | None
    was_cut_off: bool
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
    by_code = tuple(value.name for value in record.outputs if _is_by_code(value, record))
    others = [value for value in record.outputs if value.name not in by_code]
    return LogRow(
        id=execution.id,
        notebook=record.notebook,
        title=titled(execution),
        version=execution.version.reference if execution.version else None,
        status=record.status,
        started_at=record.started_at,
        duration=record.took,
        outputs=tuple(value.name for value in record.outputs),
        deleted=record.deleted,
        by_code=by_code,
        kept=all(_is_kept(value) and not is_in_part(value.reason) for value in others),
        kept_in_part=bool(by_code) or any(map(_is_kept, others)),
        travelled_to=record.travelled_to,
        was_cut_off=record.was_cut_off,
        standing=standing,
    )


def _is_kept(value: ValueRecord) -> bool:
    """Whether a value is stored, or its record says all of it."""
    return value.manifest is not None or is_told_whole(value)


def _is_by_code(value: ValueRecord, record: ExecutionRecord) -> bool:
    """Whether a value that was not stored is made again from what its cell writes out."""
    if value.manifest is not None or record.late_of or record.restored_from is not None:
        return False
    if definition_of(value.name, record.source) is not None:
        return True
    written = literal_of(value.name, record.source)
    if written is None or value.fingerprint is None:
        return False
    made = take_print(written[1])
    return made.text == value.fingerprint and made.order in (None, value.summary.order)
