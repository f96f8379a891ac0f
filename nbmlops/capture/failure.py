"""How a cell ended: why it failed, and on which of its lines."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from nbmlops.domain.executions import ExecutionStatus, Failure

_LONGEST = 20_000
"""Characters of a traceback that are kept; the end says most."""

_TIMED = ("<timed exec>", "<timed eval>")
"""The file names under which ``%%time`` runs a cell's body."""


def error_of(result: Any) -> BaseException | None:
    """What IPython says that a cell raised; its result is ``None`` where it was cancelled."""
    if result is None:
        return KeyboardInterrupt()
    error: BaseException | None = result.error_in_exec or result.error_before_exec
    return error


def status_of(error: BaseException | None) -> ExecutionStatus:
    """How a cell ended that raised this."""
    if error is None:
        return ExecutionStatus.OK
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "CancelledError":
        return ExecutionStatus.INTERRUPTED
    return ExecutionStatus.ERROR


def failure_of(
    error: BaseException, *, source: str, step: str | None, cell_id: str | None
) -> Failure:
    """An exception as a fact, without keeping its frames alive."""
    text = "".join(traceback.format_exception(error))
    return Failure(
        kind=type(error).__name__,
        message=_message(error),
        traceback=text[-_LONGEST:],
        step=step,
        cell_id=cell_id,
        line=line_of(error, source),
    )


def line_of(error: BaseException, source: str) -> int | None:
    """The 1-based line of a cell on which an exception came out; ``None`` where none is known.

    IPython drops what stands above the code, and ``%%time`` counts from the line below it.
    """
    above = _lines_above(source)
    outermost: int | None = None
    for line, name, file in _frames(error):
        if file in _TIMED:
            return line + _lines_above(source, magic=True)
        if outermost is None and (name == "<module>" or name.startswith("<cell line")):
            outermost = line + above
    if outermost is None and isinstance(error, SyntaxError) and error.lineno is not None:
        return error.lineno + above
    return outermost


def _frames(error: BaseException) -> Iterator[tuple[int, str, str]]:
    step: TracebackType | None = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        yield step.tb_lineno, code.co_name, code.co_filename
        step = step.tb_next


def _lines_above(source: str, *, magic: bool = False) -> int:
    """How many lines stand above what runs: empty ones, and a label above a cell magic."""
    lines = source.splitlines()
    header = next((number for number, line in enumerate(lines) if line.startswith("%%")), None)
    if header is not None and any(_is_code(line) for line in lines[:header]):
        header = None
    if header is not None and not lines[header].startswith("%%mlops"):
        if not magic:
            return header
        return header + 1 + _leading_blanks(lines[header + 1 :])
    return _leading_blanks(lines)


def _is_code(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith(("#", "%mlops"))


def _leading_blanks(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), 0)


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.msg:
        return error.msg
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (a user's __str__ may do anything)
        return "(its message cannot be shown)"
