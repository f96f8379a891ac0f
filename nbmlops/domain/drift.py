"""How far the data of today are from those of a reference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from nbmlops.domain.executions import ReportedOutput
from nbmlops.domain.wire import structured

DRIFT = "nbmlops.DriftReport"
"""The type of a reported output that is a `Drift`."""

ColumnKind = Literal["number", "category", "boolean", "date", "duration", "other", "missing"]

_NAMED = 5
"""Columns that a sentence names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDrift:
    """One column of today beside that of the reference.

    Attributes:
        name: that of the column.
        kind: what its cells are; ``missing`` where it has none.
        drifted: whether it is further away than the limit, and than chance explains; also where it
            is gone or of another kind.
        psi: the population stability index; ``None`` where there is nothing to compare.
        note: what else there is to say of it, in a few words.
        mean: that of the finite numbers of today, a date as text; ``reference_mean`` that of the
            reference.
        missing: the share of cells of today that are missing; ``reference_missing`` that of the
            reference.
    """

    name: str
    kind: ColumnKind
    drifted: bool = False
    psi: float | None = None
    note: str = ""
    mean: float | str | None = None
    reference_mean: float | str | None = None
    missing: float | None = None
    reference_missing: float | None = None

    @property
    def index(self) -> float | None:
        """``psi``, and infinite where the column is gone or of another kind."""
        return math.inf if self.psi is None and self.drifted else self.psi

    @property
    def told(self) -> str:
        """``delay 0.41``, ``carrier is gone``."""
        return f"{self.name} {self.note}" if self.psi is None else f"{self.name} {self.psi:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What a comparison of two tables has found.

    Attributes:
        name: what it is called among the metrics and outputs of its step.
        limit: the index beyond which a column has drifted.
        columns: those of the reference in their order, then new ones; as it is kept with a run,
            those that are furthest away where there are many.
        checked: how many columns were looked for: those of the reference that are asked for.
        drifted_columns: how many have drifted.
        furthest: the largest index; ``None`` where there is none.
        rows: how many today; ``reference_rows`` how many in the reference.
        looked_at: rows that were compared; ``reference_looked_at`` those of the reference. Fewer
            than there are where it is a sample.
        reference: how the reference was named; empty where it was given itself.
    """

    name: str = "drift"
    limit: float
    columns: tuple[ColumnDrift, ...]
    checked: int
    drifted_columns: int
    furthest: float | None
    rows: int
    reference_rows: int
    looked_at: int
    reference_looked_at: int
    reference: str = ""

    @property
    def drifted(self) -> bool:
        """Whether a column has drifted."""
        return self.drifted_columns > 0

    @property
    def judged(self) -> bool:
        """Whether there was anything to compare: an empty table says nothing of its columns."""
        return self.furthest is not None or self.drifted

    @property
    def furthest_first(self) -> tuple[ColumnDrift, ...]:
        """The columns that have drifted: those that cannot be compared any more, then by index."""
        found = [column for column in self.columns if column.drifted]
        return tuple(sorted(found, key=lambda column: (column.psi is not None, -(column.psi or 0))))

    @property
    def brief(self) -> str:
        """``2 of 19 columns``."""
        if not self.judged:
            return "no rows"
        return f"{self.drifted_columns} of {self.checked} column{'' if self.checked == 1 else 's'}"

    @property
    def sentence(self) -> str:
        """``2 of 19 columns have drifted beyond 0.2: carrier is gone, delay 0.41``."""
        if not self.judged:
            return "nothing to compare: a table has no rows"
        found = self.furthest_first
        if not self.drifted:
            return f"no column of {self.checked} has drifted beyond {self.limit:g}"
        more = f" and {self.drifted_columns - _NAMED} more" if len(found) > _NAMED else ""
        named = ", ".join(column.told for column in found[:_NAMED])
        have = "has" if self.drifted_columns == 1 else "have"
        return f"{self.brief} {have} drifted beyond {self.limit:g}: {named}{more}"


def drift_of(output: ReportedOutput) -> Drift | None:
    """What a step has found of drift; ``None`` where it reported something else."""
    if output.type != DRIFT or not isinstance(output.value, dict):
        return None
    try:
        return structured(output.value, Drift)
    except msgspec.ValidationError:  # that of a later version
        return None


def drifts_of(outputs: Mapping[str, ReportedOutput]) -> dict[str, Drift]:
    """What was found of drift, by the name under which it was reported."""
    found = {name: drift_of(output) for name, output in outputs.items()}
    return {name: drift for name, drift in found.items() if drift is not None}


def metrics_but_for_drift(
    metrics: Mapping[str, float], drifts: Mapping[str, Drift]
) -> dict[str, float]:
    """Metrics without the indexes of single columns, which the finding has."""
    inside = tuple(f"{name}." for name in drifts)
    return {name: value for name, value in metrics.items() if not name.startswith(inside)}
