"""How the figure of a target is read off a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import Figure
from benchmarks.quantities import amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number of a line, beside the line that others are compared with.

    Attributes:
        take: the number, of a line and of the one that it is compared with; ``None`` where the
            two have nothing to be compared.
        shown: the number as text.
        at_least: whether more of it is better.
    """

    take: Callable[[Figure, Figure], float | None]
    shown: Callable[[float], str]
    at_least: bool = False

    def is_met(self, value: float, limit: float) -> bool:
        """Whether a measured number keeps to a limit."""
        return value >= limit if self.at_least else value <= limit


def _seconds(value: float) -> str:
    return amount(value, "s")


def _more(figure: Figure, other: Figure, position: int) -> float | None:
    both = figure.beside(other)
    if both is not None:
        return both[position]
    return figure.median - other.median if position == 0 else figure.p99 - other.p99


MEDIAN = Reading(take=lambda figure, _: figure.median, shown=_seconds)
P95 = Reading(take=lambda figure, _: figure.p95, shown=_seconds)
P99 = Reading(take=lambda figure, _: figure.p99, shown=_seconds)
BYTES = Reading(take=lambda figure, _: figure.median, shown=lambda v: amount(v, "bytes"))
MORE = Reading(take=lambda a, b: _more(a, b, 0), shown=_seconds)
MORE_P99 = Reading(take=lambda a, b: _more(a, b, 1), shown=_seconds)
RATIO = Reading(take=lambda a, b: a.median / b.median, shown=lambda v: f"{v:.2f} times")
INCREASE = Reading(take=lambda a, b: 100 * (a.median / b.median - 1), shown=lambda v: f"{v:+.1f} %")
FASTER = Reading(
    take=lambda a, b: b.median / a.median,
    shown=lambda v: f"{v:.1f} times",
    at_least=True,
)
A_SECOND = Reading(
    take=lambda figure, _: 1 / figure.median,
    shown=lambda v: f"{v:,.0f}/s",
    at_least=True,
)
A_MINUTE = Reading(
    take=lambda figure, _: 60 / figure.median,
    shown=lambda v: f"{v:,.0f}/min",
    at_least=True,
)
