"""A finding of drift, told to the cell that is recorded."""

from __future__ import annotations

from nbmlops.capture import metrics, reports
from nbmlops.capture.reports import Reported
from nbmlops.domain.drift import DRIFT
from nbmlops.domain.wire import plain
from nbmlops.errors import UsageError
from nbmlops.monitoring.report import DriftReport
from nbmlops.values.kinds import is_a
from nbmlops.values.secrets import masked_inside

_MOST = 100
"""Columns of which each has a metric; of more, those that have drifted."""


def free_name(name: str) -> str:
    """A name under which the cell has not told of drift yet: ``drift``, then ``drift-2``.

    Raises:
        UsageError: it is no name.
    """
    if not is_a(name, str) or not name or "/" in name:
        raise UsageError(f"{name!r} is no name for a check of drift.", cure="Name it in words.")
    log = reports.current_log()
    taken = {report.name for report in log.all()} if log is not None else set()
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def tell(report: DriftReport) -> None:
    """Keep a finding with the execution: as an output, and its indexes as metrics.

    Outside of a recorded cell nothing is kept: the report says all.
    """
    outputs, numbers = reports.current_log(), metrics.current_log()
    if outputs is None or numbers is None:
        return
    value = masked_inside(plain(report.kept))
    outputs.add(Reported(name=report.name, type=DRIFT, value=value))
    chosen = report.columns if len(report.columns) <= _MOST else report.furthest_first[:_MOST]
    found = {column.name: column.index for column in report.columns}
    indexes = [index for index in found.values() if index is not None]
    if indexes:
        numbers.add(report.name, max(indexes))
    for column in chosen:
        index = found[column.name]
        if index is not None:
            numbers.add(f"{report.name}.{column.name}", index)
