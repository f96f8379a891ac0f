"""The verbs that keep the store in order: gc, fsck."""

from __future__ import annotations

import re
from datetime import timedelta

import click

from nbmlops.commands import wording
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.upkeep import Collection, Retention
from nbmlops.domain.wire import document

_AGE = re.compile(r"(?P<number>\d+)\s*(?P<unit>[hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Age(click.ParamType):
    """A length of time such as ``12h``, ``30d`` or ``8w``."""

    name = "age"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read an age."""
        if isinstance(value, timedelta):
            return value
        match = _AGE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no age: write 12h, 30d or 8w.", param, ctx)
        try:
            return int(match["number"]) * _UNITS[match["unit"]]
        except OverflowError:
            self.fail(f"{value!r} is too long ago.", param, ctx)


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
    type=Age(),
    default="30d",
    show_default=True,
    metavar="AGE",
    help="Keep everything that ran since: 12h, 30d, 8w. At least one hour is kept.",
)
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would go.")
@json_option
@click.pass_obj
def gc(
    surface: Surface, keep_last: int, younger_than: timedelta, dry_run: bool, as_json: bool
) -> None:
    """Free space: remove stored content that no policy keeps.

    Values, displayed outputs and files of old runs go; the records, with fingerprints and
    previews, stay. What belongs to approved or scheduled pipeline versions and to verifications
    is always kept. Safe while kernels write. Try --dry-run first.
    """
    policy = Retention(keep_last=keep_last, younger_than=younger_than)
    done = surface.workspace.collection.collect(policy, dry_run=dry_run)
    answer(surface, _collection_view(surface, done), as_json=as_json)


def _collection_view(surface: Surface, done: Collection) -> View:
    blocks: list[Block] = []
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
        blocks.append(line("Do it: ", Span(f"{surface.prefix} gc", "strong")))
    return View(document=document("collection/1", collection=done), blocks=tuple(blocks))
