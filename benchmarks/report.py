"""Figures as tables of medians and ratios."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figures import Comparison, Figure
from benchmarks.quantities import amount

_COLUMNS = ("", "min", "p50", "p99", "CPU", "ratio", "of minima", "more p50", "more p99")


def table(comparison: Comparison) -> str:
    """One comparison as a Markdown table.

    Times are wall times; ``CPU`` is the median; ``ratio`` that of the medians, ``of minima`` that
    of the minima, which other work on the machine disturbs least; ``more`` is what it takes on
    top of the first line, pair by pair.
    """
    baseline = comparison.figures[0]
    rows = [_row(figure, baseline) for figure in comparison.figures]
    head = [f"### {comparison.title}", ""]
    foot = ["", f"({comparison.note})"] if comparison.note else []
    for figure in comparison.figures:
        foot += ["", f"({figure.name} is absent: {figure.skipped})"] if figure.skipped else []
    return "\n".join([*head, markdown(_COLUMNS, rows), *foot, ""])


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns stand below each other; the first is set to the left."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = "|".join(["", "-" * (widths[0] + 2), *(f"{'-' * (w + 1)}:" for w in widths[1:]), ""])
    return "\n".join([_line(head, widths), rule, *(_line(row, widths) for row in rows)])


def _row(figure: Figure, baseline: Figure) -> tuple[str, ...]:
    if figure.skipped is not None:
        return (f"{figure.name}: absent", *("-",) * (len(_COLUMNS) - 1))
    cpu = figure.median_cpu
    times = (figure.minimum, figure.median, figure.p99)
    first = (figure.name, *(amount(time, figure.unit) for time in times), _or_dash(cpu))
    if figure is baseline or baseline.skipped is not None:
        return (*first, "-", "-", "-", "-")
    ratios = (figure.median / baseline.median, figure.minimum / baseline.minimum)
    return (*first, *map(_ratio, ratios), *_more(figure, baseline))


def _or_dash(seconds: float | None) -> str:
    return "-" if seconds is None else amount(seconds, "s")


def _more(figure: Figure, baseline: Figure) -> tuple[str, ...]:
    both = figure.beside(baseline)
    return ("-", "-") if both is None else tuple(amount(more, figure.unit) for more in both)


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / ratio:.0f}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        row[0].ljust(widths[0]),
        *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
    ]
    return f"| {' | '.join(cells)} |"
