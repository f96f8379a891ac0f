"""Why the cells below one must run again, in the words for it."""

from __future__ import annotations

from nbmlops.domain.executions import ExecutionRecord, ExecutionStatus
from nbmlops.domain.sentences import said
from nbmlops.domain.staleness import Reason, Standing

FOLLOWS = "is stale"
"""What is said of a cell that must run again for others alone."""


def because(standing: Standing) -> Reason:
    """The reason that a cell which must run again is for those that take its results."""
    return Reason(kind="upstream", detail=_with_its_name(standing), cause=standing.title)


def gone_back(execution: int) -> Reason:
    """Why the result of a cell is not there although it ran; it goes forward as it went back."""
    number = f"@{execution}"
    detail = said("the kernel went back before it (%1): %mlops checkout %1 goes forward", number)
    return Reason(kind="restored", detail=detail)


def failed(record: ExecutionRecord) -> Reason:
    """Of a cell whose last execution did not end well."""
    kind = record.failure.kind if record.failure else ""
    if record.status is ExecutionStatus.INTERRUPTED:
        detail = said("was interrupted when it last ran")
    elif record.was_cut_off:
        detail = said("was running when its kernel ended")
    elif kind:
        detail = said("failed when it last ran: %1", kind)
    else:
        detail = said("failed when it last ran")
    return Reason(kind="failed", detail=detail)


def _with_its_name(standing: Standing) -> str:
    """Why a cell must run again, as it reads behind its name."""
    title, first = standing.title, next(iter(standing.reasons), None)
    if first is None:
        return said("%1 has not run", title)
    if standing.is_undone:
        return said("%1 was undone", title)
    if first.kind in ("upstream", "rerun"):
        return said("%1 is stale", title)
    if first.kind == "edited":
        return said("%1 was edited since it ran", title)
    if first.kind == "failed":
        return said("%1 %2", title, first.detail)
    return said("%1 is stale: %2", title, first.detail)
