"""Today's table beside that of a reference."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from nbmlops.domain.drift import ColumnDrift
from nbmlops.errors import UnknownNameError, UsageError
from nbmlops.monitoring.cells import Cells
from nbmlops.monitoring.index import index_of
from nbmlops.monitoring.report import DriftReport
from nbmlops.monitoring.tables import ALONE, Table, table_of

LIMIT = 0.2
"""Beyond which data are taken to have drifted: the usual rule of thumb."""

_KINDS = {"number": "numbers", "category": "texts", "boolean": "truths", "date": "dates"}
_OTHERS = {"duration": "durations", "other": "other things", "missing": "nothing"}


def compare(
    today: Any,
    reference: Any,
    *,
    columns: Sequence[str] | None = None,
    limit: float = LIMIT,
    name: str = "drift",
    named: str = "",
) -> DriftReport:
    """How far each column of today is from that of a reference.

    Args:
        today: a frame or series of pandas or Polars, or an array of numpy.
        reference: what it is compared with, of whichever of these libraries.
        columns: those that are compared; all of the reference if not given.
        limit: the index beyond which a column has drifted.
        name: what the comparison is called.
        named: how the reference was named.

    Raises:
        UsageError: one of both is no table, or the limit is none.
        UnknownNameError: a column is in neither.
    """
    _check_limit(limit)
    now, then = table_of(today, "What is checked"), table_of(reference, "The reference")
    now = _called_alike(now, then)
    wanted = _wanted(now, then, columns)
    found = tuple(_column(label, now, then, limit) for label in wanted)
    drifted = [column for column in found if column.drifted]
    indexes = [column.psi for column in found if column.psi is not None]
    return DriftReport(
        name=name,
        limit=limit,
        columns=found,
        checked=sum(label in then.readers for label in wanted),
        drifted_columns=len(drifted),
        furthest=max(indexes, default=None),
        rows=now.rows,
        reference_rows=then.rows,
        looked_at=now.looked_at,
        reference_looked_at=then.looked_at,
        reference=named,
    )


def _check_limit(limit: Any) -> None:
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf:
        raise UsageError(f"{limit!r} is no limit of drift.", cure="Give a number such as 0.2.")


def _called_alike(now: Table, then: Table) -> Table:
    """A single column is compared with a single one, whatever the two are called."""
    if not (now.single and then.single):
        return now
    ((_, read),) = now.readers.items()
    (label,) = then.readers
    own = next(iter(now.readers))
    shown = own if label == ALONE else label
    then.readers[shown] = then.readers.pop(label)
    return Table(rows=now.rows, readers={shown: read}, looked_at=now.looked_at, single=True)


def _wanted(now: Table, then: Table, columns: Sequence[str] | None) -> list[str]:
    there = dict.fromkeys((*then.readers, *now.readers))
    if columns is None:
        return list(there)
    asked = [columns] if isinstance(columns, str) else [str(label) for label in columns]
    for label in asked:
        if label not in there:
            raise UnknownNameError("column", label, list(there))
    if not asked:
        raise UsageError("No column is asked for.", cure="Leave columns out to compare all.")
    return list(dict.fromkeys(asked))


def _column(label: str, now: Table, then: Table, limit: float) -> ColumnDrift:
    """One column, or why it cannot be compared; a library that stumbles fails no cell."""
    try:
        today = now.readers[label]() if label in now.readers else None
        reference = then.readers[label]() if label in then.readers else None
    except Exception as error:  # noqa: BLE001 (a library of the user's, over the user's values)
        return ColumnDrift(name=label, kind="other", note=f"not read: {type(error).__name__}")
    if reference is None:
        kind = "missing" if today is None else today.kind
        facts = {} if today is None else _now(today)
        return ColumnDrift(name=label, kind=kind, note="is new", **facts)
    if today is None:
        kind, facts = reference.kind, _then(reference)
        return ColumnDrift(name=label, kind=kind, drifted=True, note="is gone", **facts)
    return _beside(label, today, reference, limit)


def _beside(label: str, today: Cells, reference: Cells, limit: float) -> ColumnDrift:
    facts: dict[str, Any] = {"name": label, "kind": today.kind, **_now(today), **_then(reference)}
    if not today.size or not reference.size:
        return ColumnDrift(**facts, note="no rows")
    kinds = {today.kind, reference.kind} - {"missing"}
    if len(kinds) > 1:
        words = _KINDS | _OTHERS
        note = f"has {words[today.kind]}, had {words[reference.kind]}"
        return ColumnDrift(**facts, drifted=True, note=note)
    found = index_of(today, reference)
    beyond = found.psi > limit
    certain = found.psi > found.by_chance
    note = "too few rows to tell" if beyond and not certain else found.note
    return ColumnDrift(**facts, psi=round(found.psi, 6), drifted=beyond and certain, note=note)


def _now(cells: Cells) -> dict[str, Any]:
    return {"mean": _mean(cells), "missing": _share(cells)}


def _then(cells: Cells) -> dict[str, Any]:
    return {"reference_mean": _mean(cells), "reference_missing": _share(cells)}


def _share(cells: Cells) -> float | None:
    return cells.lost / cells.size if cells.size else None


def _mean(cells: Cells) -> float | str | None:
    """The mean of the numbers that are finite; of dates as a text."""
    import numpy as np

    if cells.numbers is None:
        return None
    finite = cells.numbers[np.isfinite(cells.numbers)]
    if not finite.size:
        return None
    with np.errstate(all="ignore"):
        mean = float(finite.mean())
    if not math.isfinite(mean):
        return None
    if cells.kind != "date":
        return mean
    try:
        moment = dt.datetime.fromtimestamp(mean, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return f"{moment:%Y-%m-%d %H:%M}"
