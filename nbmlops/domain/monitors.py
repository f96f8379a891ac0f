"""Data that are looked at for drift again and again, and what was found each time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nbmlops.domain.drift import ColumnDrift, Drift

COLUMNS = 8
"""Columns of a monitor that are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at data.

    Attributes:
        execution: the one that has looked.
        step: the version of the step, ``check@2``; ``None`` in a cell without a name.
        run: the run that it was made or taken in, ``flights#3``; ``None`` in the notebook.
        at: when; where a run has taken the finding from the cache, when that run began.
        judged: whether there was anything to compare.
        drifted: how many columns had drifted.
        furthest: the largest index, infinite where a column was gone or of another kind; ``None``
            where there is none.
    """

    execution: int
    step: str | None
    run: str | None
    at: datetime
    judged: bool
    drifted: int
    furthest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredColumn:
    """A column as the latest look has found it.

    ``index`` is as `Look.furthest`, ``indexes`` that of each look, the oldest first. ``note`` is
    what else there is to say of it.
    """

    name: str
    drifted: bool
    index: float | None
    note: str
    indexes: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """Data that a cell looks at for drift: in the notebook, or in the runs that something starts.

    Attributes:
        name: what the finding is called, ``drift``.
        step: the step that looks; ``None`` where its cell has no name.
        cell_id: its cell.
        pipeline: whose runs look; ``None`` in the notebook.
        trigger: what starts these runs, ``manual`` or ``schedule:7``; ``None`` in the notebook.
        limit: the index beyond which a column has drifted.
        checked: how many columns are looked for; ``drifted`` how many have drifted, and ``judged``
            whether there was anything to compare, at the latest look.
        rows: how many there were at the latest look; ``reference_rows`` how many in the reference.
        reference: how the reference was named; empty where it was given itself.
        since: the first of the looks in a row that have found drift, of those that are known;
            ``None`` where the latest has found none.
        columns: those that are furthest away, the furthest first.
        looks: the latest ones, the oldest first.
    """

    name: str
    step: str | None
    cell_id: str | None
    pipeline: str | None
    trigger: str | None
    limit: float
    checked: int
    drifted: int
    judged: bool
    rows: int
    reference_rows: int
    reference: str
    since: datetime | None
    columns: tuple[MonitoredColumn, ...]
    looks: tuple[Look, ...]


def first_of_drift(looks: Sequence[Look]) -> datetime | None:
    """When the drift began that goes on; ``None`` where the latest look has found none.

    Nor where none is known; a look at an empty table neither begins nor ends one.
    """
    since = None
    for look in reversed([one for one in looks if one.judged]):
        if look.drifted == 0:
            break
        since = look.at
    return since


def monitored_columns(found: Sequence[Drift]) -> tuple[MonitoredColumn, ...]:
    """The columns that the latest of these findings, the oldest first, has furthest away."""
    known = [{column.name: column for column in drift.columns} for drift in found]
    latest = sorted(found[-1].columns, key=_near_last)[:COLUMNS]
    return tuple(
        MonitoredColumn(
            name=column.name,
            drifted=column.drifted,
            index=column.index,
            note=column.note,
            indexes=tuple(_index(columns.get(column.name)) for columns in known),
        )
        for column in latest
    )


def _index(column: ColumnDrift | None) -> float | None:
    return None if column is None else column.index


def _near_last(column: ColumnDrift) -> tuple[bool, float]:
    return (not column.drifted, math.inf if column.index is None else -column.index)
