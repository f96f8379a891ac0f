"""The table of targets: what is asked, what was measured, what others take, whether it is met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.figures import Comparison, Figure
from benchmarks.targets import TARGETS, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a target; ``met`` is ``None`` where it was not measured."""

    target: Target
    measured: str
    beside: str
    met: bool | None


HEAD = ("", "target", "measured", "others", "")


def rows(comparisons: Iterable[Comparison], *, every: bool) -> list[tuple[str, ...]]:
    """The lines of the table, a line in bold before each group.

    Args:
        comparisons: what was measured.
        every: whether targets have a line of which nothing was measured.
    """
    tables = {comparison.key: comparison for comparison in comparisons if comparison.key}
    found: list[tuple[str, ...]] = []
    for group, targets in TARGETS.items():
        verdicts = [judge(target, tables) for target in targets if every or target.key in tables]
        found += [(f"**{group}**", "", "", "", "")] if verdicts else []
        found += map(_row, verdicts)
    return found


def _row(verdict: Verdict) -> tuple[str, ...]:
    said = {True: "met", False: "**missed**", None: "-"}[verdict.met]
    target = verdict.target
    return target.what, target.asked, verdict.measured, verdict.beside, said


def judge(target: Target, tables: Mapping[str, Comparison]) -> Verdict:
    """Compare a target with the table that it is in."""
    table = tables.get(target.key)
    figure = table.figure(target.name) if table else None
    other = (
        (table.figure(target.against) if target.against else table.figures[0]) if table else None
    )
    if table is None or figure is None or other is None or other.skipped:
        return Verdict(target=target, measured=_why_not(table, target), beside="", met=None)
    value = target.reading.take(figure, other)
    if value is None:
        return Verdict(target=target, measured="-", beside="", met=None)
    beside = [_beside(name, table, target, other) for name in target.beside]
    return Verdict(
        target=target,
        measured=target.reading.shown(value),
        beside="; ".join(beside),
        met=target.reading.is_met(value, target.limit),
    )


def _why_not(table: Comparison | None, target: Target) -> str:
    wanted = (target.name, target.against)
    absent = [one for one in table.figures if one.name in wanted and one.skipped] if table else []
    return f"{absent[0].name} is absent" if absent else "not measured"


def _beside(name: str, table: Comparison, target: Target, other: Figure) -> str:
    figure = table.figure(name)
    value = target.reading.take(figure, other) if figure else None
    return f"{name} {'absent' if value is None else target.reading.shown(value)}"
