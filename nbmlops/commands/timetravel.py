"""The verbs of time travel: checkout, undo, log."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from nbmlops.commands import wording
from nbmlops.commands.stopping import DONE_BY_THEN
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, Tone, View, line, table
from nbmlops.domain.values import is_in_part
from nbmlops.domain.wire import document
from nbmlops.errors import ConsentNeededError, StoppedError, UsageError

if TYPE_CHECKING:
    from nbmlops.history.journeys import Journey, Undoing
    from nbmlops.history.kernels_of_notebook import Origin
    from nbmlops.history.live import LiveNamespace
    from nbmlops.history.log import LogRow
    from nbmlops.history.outside import OutsideChange
    from nbmlops.history.timetravel import TimeTravelService
    from nbmlops.history.timetravel_plan import Plan

_STORING_SECONDS = 60.0
"""For how long a checkout waits until another kernel has stored its values: some 20 GB."""
_STORING_PAUSE = 0.2
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
in_place_option = click.option(
    "--in-place",
    is_flag=True,
    help="Let cells that run again write over the files that the list names.",
)


@click.command()
@click.argument("state", metavar="STATE")
@yes_option
@in_place_option
@dry_run_option
@json_option
@click.pass_obj
def checkout(
    surface: Surface, state: str, yes: bool, in_place: bool, dry_run: bool, as_json: bool
) -> None:
    """Put every variable back as it was after an execution.

    STATE is an execution (@12, see log), a version (train@3), or latest: where the notebook's
    latest other kernel was; in one that has gone back, or without another, after its own last
    cell that changed anything. The answer names the kernel, and by which number the others are
    gone to. Only what differs is touched; what was not kept is made again by running the cells
    that made it, which needs --yes, and --in-place where they write over files that are there.
    The notebook's cells stay as they are, and so do files that cells left behind wrote.
    """
    live = live_kernel(surface, "checkout")
    travel = surface.workspace.time_travel
    target = travel.find(state, live)
    agreed = Agreed(yes=yes, in_place=in_place)
    origin = travel.kernels.origin(target, live)
    if origin is not None and state.strip() != "latest":  # the kernel is the one that was meant
        origin = None if origin.cut_off is None else replace(origin, others=())
    go_to(
        surface, live, target, f"checkout {state}", agreed, dry_run=dry_run, as_json=as_json,
        origin=origin,
    )  # fmt: skip


@click.command()
@yes_option
@in_place_option
@dry_run_option
@json_option
@click.pass_obj
def undo(surface: Surface, yes: bool, in_place: bool, dry_run: bool, as_json: bool) -> None:
    """Put every variable back as it was before the last recorded cell.

    Cells that changed nothing, failed ones too, are passed over, and the answer names the cell that
    was undone; past one that wrote a file or set something for the
    whole process takes --yes. Twice goes back two cells. To go forward again:
    checkout @N, see log. The notebook's cells, and files that they wrote, stay as they are.
    """
    live = live_kernel(surface, "undo")
    travel = surface.workspace.time_travel
    undoing = travel.before_last(live)
    stays = () if yes or dry_run else travel.passed_over(live)
    if stays:
        told = ", ".join(map(str, stays))
        raise ConsentNeededError(
            f"Nothing was changed: what ran last is no variable, and cannot be undone: {told}.",
            cure=f"Type {surface.prefix} undo --yes to undo the cell before, and leave that.",
        )
    agreed = Agreed(yes=yes, in_place=in_place)
    go_to(
        surface, live, undoing.target, "undo", agreed, dry_run=dry_run, as_json=as_json,
        undoing=undoing,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a person agreed to before the plan was known.

    ``yes``: cells may run again, and something may be lost; ``in_place``: they may write over
    files that are there.
    """

    yes: bool
    in_place: bool

    def refusal(self, plan: Plan, command: str) -> ConsentNeededError | None:
        """Why a plan is not carried out, and how it is; ``None`` where it is agreed to.

        Args:
            plan: what would be done.
            command: what a person types for it, without options.
        """
        if plan.written_over and not (self.yes and self.in_place):
            return ConsentNeededError(
                "Nothing was changed: cells must run again that write over files: "
                f"{', '.join(map(str, plan.written_over))}.",
                cure="Read the list above, copy what you want to keep of these files, then type "
                f"{command} --yes --in-place.",
            )
        if plan.goes_on and not self.yes:
            return ConsentNeededError(
                f"Nothing was changed: {', '.join(plan.goes_on)} goes on, and may change what "
                "comes back.",
                cure="Wait for it or stop it (task.cancel()), and read the list above; or type "
                f"{command} --yes.",
            )
        if plan.needs_consent and not self.yes:
            return ConsentNeededError(
                "Nothing was changed: cells must run again, or something is lost.",
                cure=f"Read the list above, then type {command} --yes.",
            )
        return None


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
    rows = surface.workspace.time_travel.log(key, session=surface.session, limit=limit + 1)
    answer(surface, _log_view(surface, rows, limit), as_json=as_json)


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
    agreed: Agreed,
    *,
    dry_run: bool,
    as_json: bool,
    tells_random: bool = True,
    also: Mapping[str, Any] | None = None,
    undoing: Undoing | None = None,
    origin: Origin | None = None,
) -> bool:
    """Put a state back, or show what that would do; whether it was done.

    Args:
        surface: where it was typed.
        live: the kernel.
        target: the execution after which it was so; 0 for before the first.
        command: what a person types for it.
        agreed: what a person agreed to beforehand.
        dry_run: whether nothing is to be changed.
        as_json: whether the answer is a document.
        tells_random: whether to say so where the random state was not kept.
        also: what the document holds besides.
        undoing: what is taken back, for `undo`.
        origin: of which kernel it is the latest state.

    Raises:
        ConsentNeededError: cells must run again, or something is lost, and that was not agreed to.
        StoppedError: a cell that ran again was interrupted, and what was put back by then is
            there; or the interrupt came when nothing could be left halfway any more.
    """
    travel = surface.workspace.time_travel
    also = {"undone": undoing and undoing.undone, "origin": origin, **(also or {})}
    whence = _origin_blocks(origin, travel, surface.prefix)
    plan = _plan_once_stored(surface, target, live, silent=as_json)
    refusal = agreed.refusal(plan, f"{surface.prefix} {command}")
    if dry_run or refusal is not None:
        found = document("checkout/1", title=travel.title(target), plan=plan, done=False,
                         different=(), apart=(), execution=None, unrecorded=None,
                         **also)  # fmt: skip
        shown = [*_plan_blocks(plan, travel.title(target)), *_undone(undoing, travel, "would be")]
        shown += whence
        answer(surface, View(document=found, blocks=tuple(shown)), as_json=as_json)
        if refusal is not None and not dry_run:
            raise refusal
        return False
    done = travel.go(plan, live, command=f"{surface.prefix} {command}")
    blocks = _done_blocks(done, tells_random=tells_random)
    blocks += _undone(undoing, travel, "was") if done.did_something else []
    ahead = None if done.did_something else travel.beyond(live)
    if ahead is not None:
        told = f"What was undone led to {travel.title(ahead)}: {surface.prefix} checkout @{ahead}"
        blocks.append(line(Span(told, "dim")))
    if done.unrecorded is not None:
        blocks.append(line(Span(f"This was not recorded: {done.unrecorded}", "warn")))
    elif not live.is_tracked and live.stands_at is None:
        verb = travel.turned_on_by(target, live)
        told = f"What runs next is not recorded: turn it on with {surface.prefix} {verb}."
        blocks.append(line(Span(told, "warn")))
    blocks += whence
    found = document("checkout/1", title=done.title, plan=done.plan, done=True,
                     different=done.different, apart=done.apart,
                     execution=done.execution, unrecorded=done.unrecorded,
                     **also)  # fmt: skip
    answer(surface, View(document=found, blocks=tuple(blocks)), as_json=as_json)
    if done.stopped is not None:
        raise StoppedError(
            f"Stopped at @{done.stopped}, which was running again; what came back is above.",
            cure=f"Type {surface.prefix} {command} again to make the rest.",
        )
    if done.was_interrupted:
        raise StoppedError(DONE_BY_THEN)
    return True


def _plan_once_stored(surface: Surface, target: int, live: LiveNamespace, *, silent: bool) -> Plan:
    """What going there would do, when another kernel has stored what it is storing."""
    travel = surface.workspace.time_travel
    plan = travel.plan(target, live)
    deadline = time.monotonic() + _STORING_SECONDS
    told = silent
    while time.monotonic() < deadline:
        coming = travel.being_stored(plan)
        if not coming:  # it may have been stored since the plan was made
            return travel.plan(target, live) if plan.rebuilt or plan.lost else plan
        if not told:
            names = "; ".join(f"{name} {reason}" for name, reason in coming.items())
            surface.print(f"Waiting for what another kernel has made: {names}.")
            told = True
        time.sleep(_STORING_PAUSE)
        plan = travel.plan(target, live)
    return plan


def _plan_blocks(plan: Plan, title: str) -> list[Block]:
    blocks: list[Block] = [line("To go to ", Span(title, "strong"), ":")]
    words = ("would be loaded", "would be made again", "would be removed", "would be written over")
    return blocks + _parts(plan, words)


def _done_blocks(done: Journey, *, tells_random: bool) -> list[Block]:
    if not done.did_something:
        when = "after" if done.plan.target else "in"
        return [line(f"Everything is as it was {when} ", Span(done.title, "strong"), ".")]
    blocks: list[Block] = [_headline(done)]
    blocks += _parts(done.plan, ("loaded", "made again", "removed", "written over"))
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
    if done.plan.random_state is None and tells_random:
        told = f"The random state was not kept then; it is {_random_origin(done.plan)}."
        blocks.append(line(Span(told, "dim")))
    return blocks


def _undone(undoing: Undoing | None, travel: TimeTravelService, verb: str) -> list[Block]:
    """Which cell is taken back, and that one behind it had failed before it changed anything."""
    if undoing is None:
        return []
    told: list[Block] = [line(f"{verb} undone: ", Span(travel.title(undoing.undone), "strong"))]
    if undoing.unchanging is not None:
        failed = f"{travel.title(undoing.unchanging)} failed, and had changed no variable"
        told.append(line(Span(failed, "dim")))
    return told


def _origin_blocks(origin: Origin | None, travel: TimeTravelService, prefix: str) -> list[Block]:
    """Of which kernel a state is the latest, what is missing of it, and where others were."""
    if origin is None:
        return []
    told: list[Block] = []
    if origin.others or not origin.kernel.is_own:
        whose = "this kernel" if origin.kernel.is_own else "another kernel of this notebook"
        ran = f"whose last cell ran {wording.when(origin.kernel.ran_at)}"
        told.append(line(Span(f"the latest of {whose}, {ran}", "dim")))
    if origin.cut_off is not None:
        ended = f"{travel.title(origin.cut_off)} was running when that kernel ended"
        told.append(line(Span(f"{ended}: nothing of it is there, so run it again", "warn")))
    for other in origin.others:
        whose = "this kernel" if other.is_own else "another kernel"
        ran = (
            f"the latest of {whose}, {wording.when(other.ran_at)}: {travel.title(other.execution)}"
        )
        told.append(line(Span(f"{ran}: {prefix} checkout @{other.execution}", "dim")))
    return told


def _headline(done: Journey) -> Block:
    lost = len(done.plan.lost)
    told = Span(f", but for {wording.count(lost, 'name')} that cannot come back", "warn")
    return line("Back at ", Span(done.title, "strong"), *((told,) if lost else ()), ".")


def _random_origin(plan: Plan) -> str:
    drew = [rerun.execution for rerun in plan.reruns if rerun.random_state is not None]
    return f"as @{drew[-1]} left it, which ran again" if drew else "as it was"


def _parts(plan: Plan, words: tuple[str, str, str, str]) -> list[Block]:
    """What a person must know first: what is lost, what runs again, what changes."""
    loaded, rebuilt, removed, over = words
    told: list[Block] = [
        line(Span(f"cannot come back: {name} ({why})", "warn")) for name, why in plan.lost.items()
    ]
    gone = [name for name in plan.left_behind if name not in plan.repeatable]
    if gone:
        told.append(line(Span(f"not kept, so gone for good: {_present(gone)}", "warn")))
    known = [name for name in plan.left_behind if name in plan.repeatable]
    if known:
        cells = sorted({cell for name in known for cell in plan.repeatable[name]})
        runs = ", ".join(f"@{cell}" for cell in cells)
        what = "it" if len(known) == 1 else "them"
        made = f"only running {runs} makes {what} again"
        told.append(line(Span(f"not kept: {_present(known)}; {made}", "warn")))
    if plan.stays:
        names = ", ".join(plan.stays)
        why = "there before recording was turned on, and not kept as it was then"
        told.append(line(Span(f"stays as it is: {names} ({why})", "warn")))
    again = [f"@{rerun.execution}" for rerun in plan.reruns if rerun.whole]
    if again:
        told.append(line(Span(f"by running again: {', '.join(again)}", "warn")))
    if plan.written_over:
        told.append(line(Span(f"{over}: files of {_listed(plan.written_over)}", "bad")))
    if plan.stays_outside:
        stays = _listed(plan.stays_outside)
        told.append(line(Span(f"not undone, as it is no variable: {stays}", "warn")))
    if plan.goes_on:
        writers = wording.listed(plan.goes_on, _MOST_TOUCHED)
        told.append(line(Span(f"goes on, and may change what comes back: {writers}", "warn")))
    if plan.severed:
        told.append(line(Span(f"not shared any more: {plan.told_severed}", "warn")))
    told += [
        line(f"{word}: ", Span(wording.listed(names, _MOST_TOUCHED), "strong"))
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


def _present(names: Sequence[str]) -> str:
    """``what a, b hold now``."""
    return f"what {', '.join(names)} {'holds' if len(names) == 1 else 'hold'} now"


def _listed(changes: Sequence[OutsideChange]) -> str:
    return wording.listed([str(change) for change in changes], _MOST_TOUCHED)


def _log_view(surface: Surface, found_rows: list[LogRow], limit: int) -> View:
    rows = found_rows[-limit:]
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
            wording.ended(row.status, cut_off=row.was_cut_off),
            wording.duration(row.duration if row.travelled_to is None else None),
            Span(*_STANDING[row.standing]),
        )
        for row in rows
    ]
    blocks: list[Block] = [table(columns, lines, right=("duration",))]
    if len(found_rows) > limit:
        blocks.append(line(Span(f"Earlier ones: {surface.prefix} log --limit {5 * limit}", "dim")))
    if surface.session is not None:
        blocks.append(line(Span(f"Go back: {surface.prefix} checkout @N", "dim")))
    return View(document=found, blocks=tuple(blocks))


def _made(row: LogRow) -> str:
    if row.travelled_to is not None:
        return f"to @{row.travelled_to}" if row.travelled_to else "to the start"
    made = [*row.outputs, *(f"del {name}" for name in row.deleted)]
    return wording.listed(made, _MOST_MADE) or "-"


def _kept(row: LogRow) -> str:
    if row.travelled_to is not None or not row.outputs:
        return "-"
    if row.kept:
        return "by its code" if len(row.by_code) == len(row.outputs) else "kept"
    return "in part" if row.kept_in_part else "not kept"


_MOST_MADE = 5
_MOST_TOUCHED = 40
