"""How the difference of two runs reads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from nbmlops.commands import wording
from nbmlops.commands.diff_page import write_page
from nbmlops.commands.inside import content_blocks
from nbmlops.commands.show import find_run
from nbmlops.commands.surface import Surface
from nbmlops.commands.views import Block, Code, Content, Span, View, line, table
from nbmlops.domain.contents import ContentDifference
from nbmlops.domain.differences import Change
from nbmlops.domain.references import RunReference
from nbmlops.domain.run_differences import CellDifference, MetricChange, RunDiff, StepInRun
from nbmlops.domain.runs import Run
from nbmlops.domain.wire import document
from nbmlops.errors import UnknownNameError, UsageError

_CHANGES_SHOWN = 30
"""Changes of the environment that are listed; an upgrade may make hundreds."""


def names_runs(before: str, after: str | None) -> bool:
    """Whether runs are to be compared, and not versions.

    Raises:
        UsageError: one of the names is a run, and the other is not.
    """
    kinds = {RunReference.matches(text) for text in (before, after) if text is not None}
    if len(kinds) > 1:
        raise UsageError(
            f"{before} and {after} are not of one kind.",
            cure="Compare two versions (train@1 train@2), or two runs (flights#3 flights#4).",
        )
    return kinds == {True}


def run_diff_view(
    surface: Surface, before: str, after: str | None, *, values: bool, page: Path | None = None
) -> View:
    """Two runs side by side; one run with the latest, the latest with the one before it.

    Args:
        surface: where the verb was typed.
        before: a run.
        after: another one.
        values: whether to load values of any size and class to compare what is inside.
        page: the file that shows the difference cell by cell, if any.

    Raises:
        UsageError: that file cannot be written.
    """
    first = find_run(surface, before)
    second = find_run(surface, after or f"{first.pipeline}#latest")
    if after is None and second.number == first.number:
        first = _run_before(surface, second)
    found = surface.workspace.run_comparisons.diff(first, second, whole=values)
    blocks = tuple(_blocks(surface, found))
    if page is not None:
        summary = (*_summary(found), *_notes(found))
        pairs = surface.workspace.run_comparisons.pairs(first, second)
        write_page(page, (found.before, found.after), summary, pairs)
        blocks = (*summary, line("Written: ", Span(str(page), "strong")))
    return View(document=document("run_diff/1", diff=found), blocks=blocks)


def _run_before(surface: Surface, run: Run) -> Run:
    found = surface.workspace.runs.get(run.pipeline, run.number - 1)
    if found is None:
        raise UnknownNameError(
            "run",
            f"{run.pipeline}#{run.number - 1}",
            cure=f"{run.pipeline} has one run so far: run it again, or name two runs.",
        )
    return found


def _blocks(surface: Surface, found: RunDiff) -> Iterator[Block]:
    names = (found.before, found.after)
    yield from _summary(found)
    for item in found.contents:
        yield line(Span(f"Inside {item.title}", "strong"))
        inside = ContentDifference(frames=item.frames, others=item.others, pictures=item.pictures)
        yield from content_blocks(inside, names, surface.workspace.contents.picture)
    for cell in found.cells:
        yield from _cell(cell)
    yield from _notes(found)


def _notes(found: RunDiff) -> Iterator[Block]:
    for note in found.notes:
        yield line(Span("Note: ", "warn"), note)
    if not found.cells and not found.notes:
        yield line("The executed notebooks show the same.")


def _summary(found: RunDiff) -> Iterator[Block]:
    names = (found.before, found.after)
    yield line(Span(f"{found.before} -> {found.after}", "strong"))
    if found.facts:
        yield _changes("Runs", names, found.facts)
    if found.parameters:
        yield _changes("Parameters", names, found.parameters)
    yield _steps(found)
    if found.metrics:
        yield _metrics(found)
    for title, changes in (
        ("Reported", found.reported),
        ("Outputs", found.outputs),
        ("Files", found.files),
        ("Elsewhere", found.externals),
        ("Environment", found.environment),
    ):
        if changes:
            yield _changes(title, names, changes)


def _changes(title: str, names: tuple[str, str], changes: tuple[Change, ...]) -> Block:
    rows: list[tuple[str, str, str]] = [
        (change.name, change.before or "-", change.after or "-")
        for change in changes[:_CHANGES_SHOWN]
    ]
    if len(changes) > _CHANGES_SHOWN:
        rows.append((f"and {len(changes) - _CHANGES_SHOWN} more", "…", "…"))
    return table(("name", *names), rows, title=title)


def _steps(found: RunDiff) -> Block:
    rows = [
        (
            Span(pair.name, "strong"),
            _outcome(pair.before),
            _duration(pair.before),
            _outcome(pair.after),
            _duration(pair.after),
        )
        for pair in found.steps
    ]
    columns = ("step", found.before, "took", found.after, "took ")
    return table(columns, rows, title="Steps", right=("took", "took "))


def _outcome(step: StepInRun | None) -> Content:
    if step is None:
        return Span("no such step", "dim")
    version = f"{step.version} " if step.version else ""
    origin = f", as in {step.origin}" if step.origin else ""
    why = next(iter(step.why.splitlines()), "")
    told = f"{version}{step.outcome}{origin}{f' ({why})' if why else ''}"
    return Span(told, "bad" if step.outcome in {"failed", "interrupted", "lost"} else "plain")


def _duration(step: StepInRun | None) -> str:
    taken = step is None or step.outcome == "cached"
    return "-" if step is None or taken else wording.duration(step.duration)


def _metrics(found: RunDiff) -> Block:
    rows = [
        (Span(item.name, "strong"), _number(item.before), _number(item.after), _moved(item))
        for item in found.metrics
    ]
    columns = ("metric", found.before, found.after, "change")
    return table(columns, rows, title="Metrics", right=columns[1:])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _moved(item: MetricChange) -> str:
    if item.before is None or item.after is None:
        return "-"
    moved = item.after - item.before
    return f"{moved:+.4g}" if math.isfinite(moved) else "-"


def _cell(cell: CellDifference) -> Iterator[Block]:
    place = " -> ".join(
        "-" if number is None else f"cell {number}"
        for number in dict.fromkeys((cell.before, cell.after))
    )
    title = cell.title if cell.title == place else f"{cell.title} ({place})"
    yield line(Span(title, "strong"), f": {cell.why}" if cell.why else "")
    if cell.source:
        yield Code(text=cell.source, language="diff", title="Source")
    if cell.displayed:
        yield Code(text=cell.displayed, language="diff", title="Displayed")
