"""What a measurement hands to the report."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_FEW = 20
"""Below so many samples the 99th percentile is the largest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of a table.

    Attributes:
        name: what was measured.
        wall: seconds of wall time, one per repetition; another ``unit`` where it says so.
        cpu: CPU seconds of all processes, one per repetition; empty where it was not taken.
        skipped: why there are no samples.
        unit: ``s``, or ``bytes``.
    """

    name: str
    wall: tuple[float, ...] = ()
    cpu: tuple[float, ...] = ()
    skipped: str | None = None
    unit: str = "s"

    @property
    def median(self) -> float:
        """The median of the wall time, in seconds."""
        return statistics.median(self.wall)

    @property
    def minimum(self) -> float:
        """The least wall time, in seconds: what is left where other work does not disturb."""
        return min(self.wall)

    @property
    def p95(self) -> float:
        """The 95th percentile of the wall time, in seconds; the maximum of a few samples."""
        return middle_and_tail(self.wall)[1]

    @property
    def p99(self) -> float:
        """The 99th percentile of the wall time, in seconds; the maximum of a few samples."""
        return _p99(self.wall)

    def beside(self, other: Figure) -> tuple[float, float] | None:
        """Median and 99th percentile of the difference to figures that were taken in turns.

        ``None`` where the two were not taken in pairs.
        """
        if len(self.wall) != len(other.wall):
            return None
        more = [own - theirs for own, theirs in zip(self.wall, other.wall, strict=True)]
        return statistics.median(more), _p99(more)

    @property
    def median_cpu(self) -> float | None:
        """The median of the CPU time, in seconds; ``None`` where it was not taken."""
        return statistics.median(self.cpu) if self.cpu else None


def _p99(samples: Sequence[float]) -> float:
    if len(samples) < _FEW:
        return max(samples)
    return statistics.quantiles(samples, n=100, method="inclusive")[98]


def middle_and_tail(samples: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile; the largest of a few samples."""
    few = len(samples) < _FEW
    tail = max(samples) if few else statistics.quantiles(samples, n=20, method="inclusive")[18]
    return statistics.median(samples), tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Figures that were taken in turns; the first one is what the others are divided by.

    Attributes:
        title: of its table.
        figures: its lines.
        note: what is to be known beside.
        key: what a target finds it by, whatever the sizes in its title.
    """

    title: str
    figures: tuple[Figure, ...]
    note: str = ""
    key: str = ""

    def figure(self, name: str) -> Figure | None:
        """The line with that name, if it was taken."""
        found = [one for one in self.figures if one.name == name and one.skipped is None]
        return found[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How often things are repeated; ``quick`` is for seeing that it works."""

    quick: bool

    def times(self, full: int, quick: int) -> int:
        """The repetitions of one measurement."""
        return quick if self.quick else full
