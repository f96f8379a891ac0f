"""The verbs of time travel: checkout, undo, log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nbmlops.commands import wording
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, Tone, View, line, table
from nbmlops.domain.values import is_in_part
from nbmlops.domain.wire import document
from nbmlops.errors import ConsentNeededError, UsageError

if TYPE_CHECKING:
    from nbmlops.history.live import LiveNamespace
    from nbmlops.history.log import LogRow
    from nbmlops.history.timetravel import Journey
    from nbmlops.history.timetravel_plan import Plan

_STANDING: dict[str, tuple[str, Tone]] = {
    "here": ("here", "good"),
    "past": ("", "plain"),
    "undone": ("undone", "dim"),
    "other": ("another kernel", "dim"),
}

yes_option = click.option(
    "--yes", is_flag=True, help="Go even where cells must run again or something is lost."
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Change nothing; say what would be done."
)


@click.command()
@click.argument("state", metavar="STATE")
@yes_option
@dry_run_option
@json_option
@click.pass_obj
def checkout(surface: Surface, state: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Put every variable back as it was after an execution.

    STATE is an execution (@12, see log), a version (train@3), or latest: after the last cell that
    changed anything, in this kernel or else the notebook's latest one. Only what differs is
    touched; what was not kept is made again by running the cells that made it, which needs
    --yes. The notebook's cells stay as they are.
    """
    live = live_kernel(surface, "checkout")
    target = surface.workspace.time_travel.find(state, live)
    go_to(surface, live, target, f"checkout {state}", yes=yes, dry_run=dry_run, as_json=as_json)


@click.command()
@yes_option
@dry_run_option
@json_option
@click.pass_obj
def undo(surface: Surface, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Put every variable back as it was before the last recorded cell.

    Cells that changed nothing are passed over; past one that wrote a file or set something for the
    whole process takes --yes. Twice goes back two cells. To go forward again:
    checkout @N, see log. The notebook's cells, and files that they wrote, stay as they are.
    """
    live = live_kernel(surface, "undo")
    target = surface.workspace.time_travel.before_last(live)
    stays = "" if yes or dry_run else surface.workspace.time_travel.passed_over(live)
    if stays:
        raise ConsentNeededError(
            f"Nothing was changed: what ran last is no variable, and cannot be undone: {stays}.",
            cure=f"Type {surface.prefix} undo --yes to undo the cell before, and leave that.",
        )
    go_to(surface, live, target, "undo", yes=yes, dry_run=dry_run, as_json=as_json)


@click.command(name="log")
@click.option(
    "-n",
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many, the latest ones.",
)
@json_option
@click.pass_obj
def log(surface: Surface, limit: int, as_json: bool) -> None:
    """List what ran, cell by cell, with the numbers that checkout takes.

    In a notebook, its own cells, named or not; in a shell, those of every notebook.
    """
    key = None if surface.notebook is None else surface.workspace.notebook_key(surface.notebook)
    if key is None and surface.session is not None:
        key = surface.kernel("log").notebook
    rows = surface.workspace.time_travel.log(key, session=surface.session, limit=limit)
    answer(surface, _log_view(surface, rows), as_json=as_json)


def live_kernel(surface: Surface, verb: str) -> LiveNamespace:
    """The kernel, for a verb that has its cell to itself.

    Raises:
        UsageError: there is none, or the cell does other things as well.
    """
    live = surface.kernel(verb)
    if live.is_recording_this_cell:
        raise UsageError(
            f"{verb} changes what the other lines of this cell would be recorded for.",
            cure=f"Type %mlops {verb} in a cell of its own.",
        )
    return live


def go_to(
    surface: Surface,
    live: LiveNamespace,
    target: int,
    command: str,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> bool:
    """Put a state back, or show what that would do; whether it was done.

    Raises:
        ConsentNeededError: cells must run again, or something is lost, and ``yes`` was not given.
    """
    travel = surface.workspace.time_travel
    plan = travel.plan(target, live)
    if dry_run or (plan.needs_consent and not yes):
        found = document("checkout/1", title=travel.title(target), plan=plan, done=False,
                         different=(), apart=(), execution=None, unrecorded=None)  # fmt: skip
        answer(
            surface,
            View(document=found, blocks=tuple(_plan_blocks(plan, travel.title(target)))),
            as_json=as_json,
        )
        if not dry_run:
            raise ConsentNeededError(
                "Nothing was changed: cells must run again, or something is lost.",
                cure=f"Read the list above, then type {surface.prefix} {command} --yes.",
            )
        return False
    done = travel.go(plan, live, command=f"{surface.prefix} {command}")
    blocks = _done_blocks(done)
    if done.unrecorded is not None:
        blocks.append(line(Span(f"This was not recorded: {done.unrecorded}", "warn")))
    elif not live.is_tracked and live.stands_at is None:
        told = f"What runs next is not recorded: turn it on with {surface.prefix} track --values."
        blocks.append(line(Span(told, "warn")))
    found = document("checkout/1", title=done.title, plan=done.plan, done=True,
                     different=done.different, apart=done.apart,
                     execution=done.execution, unrecorded=done.unrecorded)  # fmt: skip
    answer(surface, View(document=found, blocks=tuple(blocks)), as_json=as_json)
    return True


def _plan_blocks(plan: Plan, title: str) -> list[Block]:
    blocks: list[Block] = [line("To go to ", Span(title, "strong"), ":")]
    return blocks + _parts(plan, ("would be loaded", "would be made again", "would be removed"))


def _done_blocks(done: Journey) -> list[Block]:
    if not done.did_something:
        return [line("Everything is as it was after ", Span(done.title, "strong"), ".")]
    blocks: list[Block] = [line("Back at ", Span(done.title, "strong"), ".")]
    blocks += _parts(done.plan, ("loaded", "made again", "removed"))
    if done.different:
        partly = {kept.name: kept.reason for kept in done.plan.loaded if is_in_part(kept.reason)}
        names = ", ".join(
            f"{name} ({partly[name]})" if name in partly else name for name in done.different
        )
        blocks.append(line(Span(f"not the same as recorded: {names}", "warn")))
    if done.apart:
        names = ", ".join(done.apart)
        told = f"in new objects: {names} (whatever else refers to the ones before keeps those)"
        blocks.append(line(Span(told, "warn")))
    if done.plan.random_state is None:
        blocks.append(line(Span("The random state was not kept then; it is as it was.", "dim")))
    return blocks


def _parts(plan: Plan, words: tuple[str, str, str]) -> list[Block]:
    """What a person must know first: what is lost, what runs again, what changes."""
    loaded, rebuilt, removed = words
    told: list[Block] = [
        line(Span(f"cannot come back: {name} ({why})", "warn")) for name, why in plan.lost.items()
    ]
    if plan.left_behind:
        names = ", ".join(plan.left_behind)
        verb = "holds" if len(plan.left_behind) == 1 else "hold"
        told.append(line(Span(f"not kept, so gone for good: what {names} {verb} now", "warn")))
    if plan.stays:
        names = ", ".join(plan.stays)
        why = "there before recording was turned on, and not kept as it was then"
        told.append(line(Span(f"stays as it is: {names} ({why})", "warn")))
    again = [f"@{rerun.execution}" for rerun in plan.reruns if rerun.whole]
    if again:
        told.append(line(Span(f"by running again: {', '.join(again)}", "warn")))
    told += [
        line(f"{word}: ", Span(_listed(names, _MOST_TOUCHED), "strong"))
        for word, names in (
            (rebuilt, plan.rebuilt),
            (loaded, sorted(kept.name for kept in plan.loaded)),
            (removed, plan.removed),
        )
        if names
    ]
    if plan.same:
        told.append(line(Span(f"untouched: {wording.count(len(plan.same), 'name')}", "dim")))
    return told


def _log_view(surface: Surface, rows: list[LogRow]) -> View:
    found = document("log/1", executions=rows)
    if not rows:
        empty = line(
            "Nothing has been recorded here yet. Put ",
            Span("%mlops track --values", "strong"),
            " into a cell of its own and run it.",
        )
        return View(document=found, blocks=(empty,))
    several = len({row.notebook for row in rows}) > 1
    columns = (
        "execution", *(("notebook",) if several else ()), "when", "cell", "made", "values",
        "status", "duration", "",
    )  # fmt: skip
    lines = [
        (
            Span(f"@{row.id}", "strong"),
            *((row.notebook,) if several else ()),
            wording.when(row.started_at),
            row.title,
            _made(row),
            _kept(row),
            wording.status(row.status),
            "-" if row.travelled_to is not None else wording.duration(row.duration),
            Span(*_STANDING[row.standing]),
        )
        for row in rows
    ]
    blocks: list[Block] = [table(columns, lines, right=("duration",))]
    if surface.session is not None:
        blocks.append(line(Span(f"Go back: {surface.prefix} checkout @N", "dim")))
    return View(document=found, blocks=tuple(blocks))


def _made(row: LogRow) -> str:
    if row.travelled_to is not None:
        return f"to @{row.travelled_to}" if row.travelled_to else "to the start"
    made = [*row.outputs, *(f"del {name}" for name in row.deleted)]
    return _listed(made, _MOST_MADE) or "-"


def _listed(names: Sequence[str], most: int) -> str:
    shown, more = ", ".join(names[:most]), len(names) - most
    return f"{shown} and {more} more" if more > 0 else shown


def _kept(row: LogRow) -> str:
    if row.travelled_to is not None or not row.outputs:
        return "-"
    return "kept" if row.kept else "in part" if row.kept_in_part else "not kept"


_MOST_MADE = 5
_MOST_TOUCHED = 40
