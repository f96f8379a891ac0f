"""The verbs of freshness: status, refresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nbmlops.commands import wording
from nbmlops.commands.stopping import stoppable
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, Tone, View, line, table
from nbmlops.domain.staleness import NotebookStatus, Standing, State
from nbmlops.domain.wire import document
from nbmlops.errors import RefreshStoppedError, StoppedError, UnknownNameError, UsageError

_TONES: dict[State, Tone] = {
    State.FRESH: "good",
    State.STALE: "warn",
    State.FAILED: "bad",
    State.NEVER_RUN: "warn",
    State.UNRECORDED: "dim",
}

_OF_CELLS = ("upstream", "rerun")
"""Reasons that lie in another cell."""

_HAVE_TO = (State.STALE, State.FAILED)
"""States of cells that are no steps in which they are worth a word."""

_NAMED = 8
"""How many cells that are not shown are named."""


@click.command()
@click.argument("notebook", required=False, type=click.Path(path_type=Path))
@click.option(
    "--all", "every", is_flag=True, help="Show the stale cells, too, which no step waits for."
)
@json_option
@click.pass_obj
def status(surface: Surface, notebook: Path | None, every: bool, as_json: bool) -> None:
    """Say which steps are fresh and which are stale, and why.

    A result is fresh if it follows from the code and data that are there now. In a notebook,
    NOTEBOOK is the notebook itself; in a shell, every notebook with recorded steps.
    """
    found = [
        surface.workspace.staleness.status(
            path,
            session=surface.session,
            live=held_by_kernel(surface) if path == surface.notebook else None,
        )
        for path in _notebooks(surface, notebook)
    ]
    blocks = [block for one in found for block in _blocks(surface, one, every=every)]
    if not blocks:
        known = sorted({step.notebook for step in surface.workspace.history.steps()})
        gone = f"Steps were recorded in {', '.join(known)}, of which nothing is saved here: type "
        told = f"{gone}%mlops status where they run." if known else ""
        blocks = [line(told or "No step has been recorded here yet.")]
    answer(
        surface,
        View(
            document=document("status/1", notebooks=[one.in_short() for one in found]),
            blocks=tuple(blocks),
        ),
        as_json=as_json,
    )


def held_by_kernel(surface: Surface, notebook: str | None = None) -> Mapping[str, Any] | None:
    """What the names of the kernel hold; ``None`` without one, or if it is another notebook's.

    Args:
        surface: where the command was typed.
        notebook: the key of the notebook, if it matters.
    """
    if surface.session is None:
        return None
    kernel = surface.kernel("status")
    return kernel.names() if notebook in (None, kernel.notebook) else None


@click.command()
@click.argument("step")
@click.pass_obj
def refresh(surface: Surface, step: str) -> None:
    """Run exactly the cells that a step needs to be fresh again.

    The stale cells above it and itself run in the kernel, in notebook order, and are recorded; a
    cell whose values the kernel does not hold runs as well. Stops at the first failure.
    """
    if surface.session is None:
        raise UsageError(
            "refresh works on a running kernel.",
            cure="Type %mlops refresh in a notebook cell; in a shell, run the whole pipeline: "
            "nbmlops build NOTEBOOK, then nbmlops run NAME.",
        )
    with stoppable():
        plan = surface.workspace.staleness.plan(
            step, surface.notebook, session=surface.session, live=surface.live_names()
        )
    if not plan.cells:
        surface.show(_refreshed(step, (), f"{step} is fresh: nothing has to run."))
        return
    with surface.progress(f"Refreshing {step}") as observe:
        done, error = surface.run_cells(
            plan.cells,
            lambda at: observe(replace(at, step=plan.standings[at.cell - 1].title)),
        )
    if error == KeyboardInterrupt.__name__:
        ran = f"; {done} of {len(plan.cells)} cells ran before it" if len(plan.cells) > 1 else ""
        raise StoppedError(
            f"Stopped at {plan.standings[done].title}, which is recorded as interrupted{ran}.",
            cure=f"Go on: {surface.prefix} refresh {step}",
        )
    if error:
        raise RefreshStoppedError(
            f"Refreshing {step} stopped at {plan.standings[done].title}, which ended in {error}.",
            cure=f"Correct that cell, then type nbmlops refresh {step} again.",
        )
    titles = ", ".join(standing.title for standing in plan.standings)
    ran = f"Ran {wording.count(len(plan.cells), 'cell')}: {titles}."
    _check_healed(surface, step, ran)
    surface.show(_refreshed(step, plan.standings, f"{ran} {step} is fresh."))


def _check_healed(surface: Surface, step: str, ran: str) -> None:
    """Look again: a kernel goes on with a module as it was when it was imported."""
    found = surface.workspace.staleness.status(surface.notebook, session=surface.session)
    left = [cell for cell in found.steps if cell.step == step and cell.state.needs_run]
    for cell in left:
        modules = [r.cause for r in cell.reasons if r.kind == "definition" and _is_module(r.cause)]
        cure = (
            f"The kernel still holds {', '.join(filter(None, modules))} as it was imported: "
            f"restart the kernel, then type {surface.prefix} refresh {step} again."
            if modules
            else f"Type {surface.prefix} status to see what it waits for."
        )
        raise RefreshStoppedError(
            f"{ran} {step} is {cell.state} still: {_reasons(cell)}.", cure=cure
        )


def _is_module(cause: str | None) -> bool:
    """Whether a reason lies in a file of code, not in a function of the notebook."""
    return cause is not None and cause.endswith(".py")


def _notebooks(surface: Surface, given: Path | None) -> list[Path | None]:
    """The notebooks that are meant; ``None`` stands for a plain IPython session."""
    if given is not None:
        if not given.exists():
            known = {step.notebook for step in surface.workspace.history.steps()}
            raise UnknownNameError("notebook", str(given), known)
        return [given]
    if surface.session is not None:
        return [surface.notebook]
    workspace = surface.workspace
    keys = dict.fromkeys(step.notebook for step in workspace.history.steps())
    paths = [workspace.project / key for key in keys]
    return [path for path in paths if path.suffix == ".ipynb" and path.exists()]


def _blocks(surface: Surface, found: NotebookStatus, *, every: bool) -> list[Block]:
    shown = _that_matter(found, every=every)
    late: list[Block] = [line(Span(change.told, "warn")) for change in found.late]
    left = [cell for cell in found.cells if cell not in shown]
    if not shown:
        return [*_no_steps(found), *late, *_not_shown(surface, left), *as_saved(found)]
    rows = [
        (
            Span(cell.title, "strong"),
            _state(cell),
            _reasons(cell),
            cell.version or (f"@{cell.execution}" if cell.execution else "-"),
            wording.when(cell.ran_at),
        )
        for cell in shown
    ]
    blocks: list[Block] = [
        table(("step", "state", "why", "ran as", "last run"), rows, title=found.notebook)
    ]
    blocks += late
    blocks += _not_shown(surface, left)
    blocks += as_saved(found)
    stale = [cell.step for cell in found.steps if cell.state.needs_run and cell.step]
    if stale and surface.session is not None:
        verb = Span(f"{surface.prefix} refresh {stale[-1]}", "strong")
        blocks.append(line(f"Run what {stale[-1]} needs: ", verb))
    return blocks


def _no_steps(found: NotebookStatus) -> list[Block]:
    """That there are none, and how the other cells stand that were recorded."""
    fresh = [cell for cell in found.cells if cell.state == State.FRESH]
    told = f"{found.notebook} has no steps."
    if fresh:
        are = "is" if len(fresh) == 1 else "are"
        told += f" {wording.count(len(fresh), 'recorded cell')} {are} fresh."
    cure = "Name a cell that matters in its first line: %mlops track NAME"
    return [line(told), line(Span(cure, "dim"))]


def _not_shown(surface: Surface, cells: list[Standing]) -> list[Block]:
    """Which cells are no rows although they would have to run again."""
    hidden = [cell.title for cell in cells if cell.state in _HAVE_TO]
    if not hidden:
        return []
    told = f"{wording.count(len(hidden), 'more cell')} stale or failed, which no step waits for: "
    named = f"{wording.listed(hidden, _NAMED)}. Look at them: {surface.prefix} status --all"
    return [line(Span(told + named, "dim"))]


def as_saved(found: NotebookStatus | None) -> list[Block]:
    """That what is said is of the file, where a front end is likely to hold later edits."""
    if found is None or not found.ran_since:
        return []
    told = f"As saved at {wording.when(found.saved_at)}; save the notebook to see later edits."
    return [line(Span(told, "dim"))]


def standing_line(cell: Standing) -> Block:
    """How a cell stands, and why, in one line."""
    why = f": {_reasons(cell)}" if cell.reasons or cell.notes else ""
    return line(Span(cell.title, "strong"), " is ", _state(cell), why)


def _state(cell: Standing) -> Span:
    return Span("undone" if cell.is_undone else cell.state, _TONES[cell.state])


def _that_matter(found: NotebookStatus, *, every: bool) -> list[Standing]:
    """The steps, and the cells for which one of them is stale, or every cell that is."""
    wanted: set[str] = set()
    waiting = [cell for cell in found.cells if cell.step is not None or every]
    by_title = {cell.title: cell for cell in found.cells}
    while waiting:
        cell = waiting.pop()
        if cell.title not in wanted:
            wanted.add(cell.title)
            causes = (reason.cause for reason in cell.reasons if reason.kind in _OF_CELLS)
            waiting += [by_title[cause] for cause in causes if cause in by_title]
    return [
        cell
        for cell in found.cells
        if cell.title in wanted and (cell.step is not None or cell.state in _HAVE_TO)
    ]


def _reasons(cell: Standing) -> str:
    short = cell.in_short()
    details = (reason.detail for reason in short.reasons)
    return "; ".join(filter(None, [*details, short.more_above, *cell.notes])) or "-"


def _refreshed(step: str, standings: tuple[Standing, ...], text: str) -> View:
    cells = [standing.in_short() for standing in standings]
    return View(document=document("refresh/1", step=step, cells=cells), blocks=(line(text),))
