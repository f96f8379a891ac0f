"""The global random generators around a cell, each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbmlops.domain.executions import RANDOM_STATE, ExecutionRecord
from nbmlops.domain.values import ValueRecord

GENERATORS = ("random", "numpy", "torch")
"""Whose states are taken, where their library is loaded."""

BEFORE = f"{RANDOM_STATE} before: "
AFTER = f"{RANDOM_STATE} after: "
"""What the names begin with under which an execution keeps where its generators stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generators:
    """Where the global generators of a process stood before and after a cell.

    ``before`` maps the name of each (``random``, ``numpy``, ``torch``) to its fingerprint,
    ``after`` to its record, with what is stored of it.
    """

    before: Mapping[str, str | None]
    after: Mapping[str, ValueRecord]

    @property
    def moved(self) -> frozenset[str]:
        """Those that the cell has drawn from, or set, or loaded."""
        return frozenset(
            name
            for name, kept in self.after.items()
            if name not in self.before or kept.fingerprint != self.before[name]
        )


def generators_of(record: ExecutionRecord) -> Generators | None:
    """Where the generators stood; ``None`` if that, or all that could be drawn from, is unknown."""
    after = _named(record.left, AFTER)
    if not after:
        return None
    before = _named(record.left, BEFORE)
    return Generators(before={name: kept.fingerprint for name, kept in before.items()}, after=after)


def _named(values: Iterable[ValueRecord], prefix: str) -> dict[str, ValueRecord]:
    return {
        value.name.removeprefix(prefix): value for value in values if value.name.startswith(prefix)
    }
