"""Figures as tables of medians and ratios, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.figures import Comparison, Figure
from benchmarks.machine import Machine

_COLUMNS = ("", "min", "p50", "p99", "CPU", "ratio", "of minima", "more p50", "more p99")


def table(comparison: Comparison) -> str:
    """One comparison as a Markdown table.

    Times are wall times; ``CPU`` is the median; ``ratio`` that of the medians, ``of minima`` that
    of the minima, which other work on the machine disturbs least; ``more`` is what it takes on
    top of the first line, pair by pair.
    """
    baseline = comparison.figures[0]
    rows = [_COLUMNS, *(_row(figure, baseline) for figure in comparison.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = [_line(row, widths) for row in rows]
    rule = "|".join(["", "-" * (widths[0] + 2), *(f"{'-' * (w + 1)}:" for w in widths[1:]), ""])
    head = [f"### {comparison.title}", ""]
    foot = ["", f"({comparison.note})"] if comparison.note else []
    for figure in comparison.figures:
        foot += ["", f"({figure.name} is absent: {figure.skipped})"] if figure.skipped else []
    return "\n".join([*head, lines[0], rule, *lines[1:], *foot, ""])


def write_json(path: Path, machine: Machine, comparisons: Iterable[Comparison]) -> None:
    """Every sample, in seconds."""
    content = {
        "schema": "nbmlops.benchmarks/1",
        "machine": asdict(machine),
        "comparisons": [asdict(comparison) for comparison in comparisons],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def duration(seconds: float) -> str:
    """``12 µs``, ``3.40 ms``, ``1.25 s``."""
    magnitude = abs(seconds)
    if magnitude >= 1:
        return f"{seconds:.2f} s"
    if magnitude >= 1e-3:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds * 1e6:.2g} µs"


def _row(figure: Figure, baseline: Figure) -> tuple[str, ...]:
    if figure.skipped is not None:
        return (f"{figure.name}: absent", *("-",) * (len(_COLUMNS) - 1))
    cpu = figure.median_cpu
    times = (figure.minimum, figure.median, figure.p99)
    first = (figure.name, *map(duration, times), "-" if cpu is None else duration(cpu))
    if figure is baseline or baseline.skipped is not None:
        return (*first, "-", "-", "-", "-")
    ratios = (figure.median / baseline.median, figure.minimum / baseline.minimum)
    more = figure.beside(baseline)
    return (*first, *map(_ratio, ratios), *(("-", "-") if more is None else map(duration, more)))


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / ratio:.0f}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        row[0].ljust(widths[0]),
        *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
    ]
    return f"| {' | '.join(cells)} |"
