"""Why a cell failed, and on which of its lines."""

from __future__ import annotations

import traceback
from types import TracebackType

from nbmlops.domain.executions import Failure

_LONGEST = 20_000
"""Characters of a traceback that are kept; the end says most."""


def failure_of(error: BaseException, *, step: str | None, cell_id: str | None) -> Failure:
    """An exception as a fact, without keeping its frames alive."""
    text = "".join(traceback.format_exception(error))
    return Failure(
        kind=type(error).__name__,
        message=_message(error),
        traceback=text[-_LONGEST:],
        step=step,
        cell_id=cell_id,
        line=_line(error),
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 (a user's __str__ may do anything)
        return "(its message cannot be shown)"


def _line(error: BaseException) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    frame: TracebackType | None = error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_name
        if name == "<module>" or name.startswith("<cell line"):
            return frame.tb_lineno
        frame = frame.tb_next
    return None
