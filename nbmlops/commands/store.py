"""The verbs that keep the store in order: gc, fsck."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from nbmlops.commands import wording
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Facts, Span, View, line, table
from nbmlops.domain.runs import CellProgress
from nbmlops.domain.upkeep import Collection, Damage, Retention
from nbmlops.domain.wire import document
from nbmlops.errors import StoreCorruptError, UsageError

if TYPE_CHECKING:
    from nbmlops.history.run_retention import RunRetentionService

_AGE = re.compile(r"(?P<number>\d+)\s*(?P<unit>[hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _age(context: click.Context, option: click.Parameter, text: str) -> timedelta:
    """Read a length of time such as ``12h``, ``30d`` or ``8w``."""
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is no age: write 12h, 30d or 8w.", context, option)
    try:
        return int(match["number"]) * _UNITS[match["unit"]]
    except OverflowError:
        raise click.BadParameter(f"{text!r} is too long ago.", context, option) from None


def _age_if_said(
    context: click.Context, option: click.Parameter, text: str | None
) -> timedelta | None:
    return None if text is None else _age(context, option, text)


@click.command()
@click.option(
    "--keep-last",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Keep the content of the last N executions of each version, and runs of each pipeline "
    "version.",
)
@click.option(
    "--younger-than",
    callback=_age,
    default="30d",
    show_default=True,
    metavar="AGE",
    help="Keep everything that ran since: 12h, 30d, 8w. At least one hour is kept.",
)
@click.option(
    "--forget-runs",
    callback=_age_if_said,
    metavar="AGE",
    help="Forget runs of schedules that ended so long ago, if nothing needs them: 52w.",
)
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would go.")
@json_option
@click.pass_obj
def gc(
    surface: Surface,
    keep_last: int,
    younger_than: timedelta,
    forget_runs: timedelta | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Free space: remove stored content that no policy keeps.

    Values, displayed outputs and files of old runs go; the records, with fingerprints and
    previews, stay. What belongs to approved or scheduled pipeline versions and to verifications
    is always kept, but for runs whose schedule says how long it keeps them: their files go, and
    their due times. So do due times that removed schedules have left, and what people were told
    of those. Records of runs stay, unless --forget-runs says for how long. Safe while kernels
    write. Try --dry-run first.
    """
    policy = Retention(keep_last=keep_last, younger_than=younger_than)
    retention = surface.workspace.run_retention
    old = retention.all_old()
    if dry_run:
        due_times = retention.count_due_times(younger_than, going=old)
        traces = retention.count_traces()
    else:
        retention.remove(old)
        due_times = retention.remove_due_times(younger_than)
        traces = retention.remove_traces()
    forgotten = _forget(retention, forget_runs, dry_run=dry_run) if forget_runs else 0
    done = surface.workspace.collection.collect(policy, dry_run=dry_run)
    done = replace(
        done, due_times=due_times, notices=traces.notices, calls=traces.calls, runs=forgotten
    )
    given_up = [f"{run.pipeline}#{run.number}" for run in old]
    answer(surface, _collection_view(done, given_up), as_json=as_json)


def _forget(retention: RunRetentionService, older_than: timedelta, *, dry_run: bool) -> int:
    found = retention.forgettable(older_than)
    return len(found) if dry_run else retention.forget(found, older_than)


@click.command()
@click.option("--repair", is_flag=True, help="Repair what can be, and say what was done.")
@json_option
@click.pass_obj
def fsck(surface: Surface, repair: bool, as_json: bool) -> None:
    """Look for damage in the store: what it means, and what to do.

    Reads every object. Exits with 1 when something is wrong and not repaired. --repair puts files
    of runs back from the run folders, says in the records which content is lost, sets parts of
    records aside that cannot be read, and cleans up what killed processes left.
    """
    places = surface.workspace.settings.store
    if repair and places.catalog and not places.objects:
        raise UsageError(
            "The catalog is shared, the objects are not: a repair would give up those of others.",
            cure="Share a folder for them, [store] objects in config.toml; or leave out --repair.",
        )
    with ExitStack() as shown:
        progress = Progress(surface, shown, event="checked")
        found = surface.workspace.integrity.check(repair=repair, progress=progress.observe)
    answer(surface, _damage_view(found), as_json=as_json)
    left = [damage for damage in found if damage.repair is None]
    if left:
        cure = "What is left cannot be repaired by itself; do what each line says."
        raise StoreCorruptError(
            f"The store has {wording.count(len(left), 'problem')}.",
            cure=cure if repair else "Repair what can be: nbmlops fsck --repair.",
        )


class Progress:
    """Shows how far a look through all objects, or rows, is, if it takes more than a second."""

    def __init__(
        self,
        surface: Surface,
        shown: ExitStack,
        *,
        event: str,
        title: str = "objects",
        each: int = 100,
    ) -> None:
        self._event = event
        self._each = each
        self._title = title
        self._surface = surface
        self._shown = shown
        self._begun = time.monotonic()
        self._show: Callable[[CellProgress], None] | None = None

    def observe(self, done: int, total: int) -> None:
        """Take note of an object; a hundred of them, or as many as was said, are shown at once."""
        if self._show is None and time.monotonic() - self._begun > 1:
            self._show = self._shown.enter_context(self._surface.progress(self._title))
        if self._show is not None and (done % self._each == 0 or done == total):
            self._show(CellProgress(cell=done, cells=total, step=None, event=self._event))


def _damage_view(found: list[Damage]) -> View:
    blocks: list[Block] = [
        Facts(
            title=damage.what,
            facts=(
                ("means", damage.meaning),
                ("repaired", Span(damage.repair, "good"))
                if damage.repair
                else ("cure", Span(damage.cure, "warn")),
            ),
        )
        for damage in found
    ]
    if not found:
        blocks.append(line(Span("The store is in order.", "good")))
    return View(document=document("damages/1", damages=found), blocks=tuple(blocks))


def _collection_view(done: Collection, given_up: list[str]) -> View:
    blocks: list[Block] = []
    if given_up:
        verb = "would lose their files" if done.dry_run else "lost their files"
        blocks.append(line(f"By their schedules {verb}: {', '.join(given_up)}."))
    gone = [
        wording.count(number, noun)
        for number, noun in (
            (done.due_times, "due time"),
            (done.notices, "notice"),
            (done.calls, "call"),
            (done.runs, "run"),
        )
        if number
    ]
    if gone:
        verb = "Would remove" if done.dry_run else "Removed"
        stay = "" if done.runs else "; runs stay"
        blocks.append(line(f"{verb} from the records: {', '.join(gone)}{stay}."))
    if done.released:
        rows = [
            (Span(item.owner, "strong"), str(item.values), str(item.outputs))
            for item in done.released
        ]
        title = "Would lose its content" if done.dry_run else "Lost its content"
        columns = ("of", "values", "outputs and files")
        blocks.append(table(columns, rows, title=title, right=columns[1:]))
    parts = ", ".join(
        wording.count(number, noun)
        for number, noun in (
            (done.objects, "object"),
            (done.folders, "run folder"),
            (done.leftovers, "unfinished file"),
        )
    )
    verb = "Would free" if done.dry_run else "Freed"
    blocks.append(
        line(
            Span(f"{verb} {wording.size(done.freed)}", "strong"),
            f": {parts}. {wording.size(done.kept)} of objects stay.",
        )
    )
    if done.dry_run:
        blocks.append(line("Do it: the same without ", Span("--dry-run", "strong"), "."))
    return View(
        document=document("collection/1", collection=done, given_up=given_up), blocks=tuple(blocks)
    )
