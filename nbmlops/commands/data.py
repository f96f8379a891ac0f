"""The verbs of data sets: data pin, list, show, diff, restore, undo, delete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from nbmlops.commands import wording
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.store import Progress
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Span, View, facts, line, table
from nbmlops.data.contents import Progress as Observe
from nbmlops.domain.datasets import (
    DatasetDiff,
    DatasetReference,
    DatasetUse,
    DatasetVersion,
    Member,
    Pinned,
    RestoredDataset,
)
from nbmlops.domain.references import StepReference
from nbmlops.domain.wire import document
from nbmlops.errors import ConsentNeededError, UsageError

_MEBI = 2**20
_TOLD = 64 * _MEBI
"""Bytes after which progress is shown again."""

_MOST = 100
"""Members that are shown; ``--json`` has all."""

yes_option = click.option("--yes", is_flag=True, help="Go even where something is replaced.")


@click.group(cls=SuggestingGroup)
def data() -> None:
    """Pin the inputs of a step as a data set: a name with immutable versions.

    NAME@2 is a version, NAME or NAME@latest the latest, NAME@2026-11-01 that of the day.
    """


@data.command()
@click.argument("name")
@click.option("--step", help="Pin what the latest execution of this step has read.")
@click.option(
    "--path", "paths", multiple=True, help="Pin files as they are: a file, a folder, 'data/*.csv'."
)
@click.option("-m", "--comment", default="", help="What to know of it.")
@json_option
@click.pass_obj
def pin(
    surface: Surface,
    /,
    name: str,
    step: str | None,
    paths: tuple[str, ...],
    comment: str,
    as_json: bool,
) -> None:
    """Keep inputs under NAME: what a step has read, or files.

    Of a step, the very content counts that it read: a file that has changed since is refused,
    unless its bytes are in the store already. The same content again is the same version.
    """
    if bool(step) == bool(paths):
        raise UsageError(
            "A data set is pinned from a step, or from paths.",
            cure=f"Type {surface.prefix} data pin {name} --step train, or --path 'data/*.csv'.",
        )
    service = surface.workspace.datasets
    with _progress(surface, name) as observe:
        if step:
            reference = in_notebook(surface, StepReference.parse(step))
            pinned = service.pin_step(name, reference, comment=comment, progress=observe)
        else:
            here = Path.cwd()
            pinned = service.pin_paths(name, paths, base=here, comment=comment, progress=observe)
    answer(surface, _pinned_view(surface, pinned), as_json=as_json)


@data.command(name="list")
@json_option
@click.pass_obj
def list_(surface: Surface, as_json: bool) -> None:
    """List the data sets, each with its latest version."""
    versions = surface.workspace.datasets.versions()
    latest = {version.name: version for version in versions}
    counts = {name: sum(one.name == name for one in versions) for name in latest}
    blocks: list[Block] = [_versions_table(list(latest.values()), counts)]
    if not latest:
        example = Span(f"{surface.prefix} data pin flights --step train", "strong")
        blocks = [line("No data set yet. Pin what a step has read: ", example)]
    view = View(document=document("datasets/1", versions=versions), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)


@data.command()
@click.argument("dataset")
@json_option
@click.pass_obj
def show(surface: Surface, dataset: str, as_json: bool) -> None:
    """Show a version: its members, who pinned it, and which steps and runs used its content."""
    service = surface.workspace.datasets
    version = service.get(DatasetReference.parse(dataset))
    members, uses = service.members(version), service.uses(version)
    blocks: list[Block] = [facts(version.reference, _facts(version)), _members_table(members)]
    if len(members) > _MOST:
        blocks.append(line(f"And {len(members) - _MOST} more: --json has all."))
    blocks += [line(f"Not in it: {one.name} ({one.why}).") for one in version.left_out]
    blocks.append(_uses_table(uses, len(members)) if uses else line("No step has read it yet."))
    if "@" not in dataset and len(every := service.versions(version.name)) > 1:
        blocks.append(_versions_table(every))
    found = document("dataset/1", version=version, members=members, uses=uses)
    answer(surface, View(document=found, blocks=tuple(blocks)), as_json=as_json)


@data.command()
@click.argument("before")
@click.argument("after", required=False)
@json_option
@click.pass_obj
def diff(surface: Surface, before: str, after: str | None, as_json: bool) -> None:
    """Compare two versions; with one, its files with those of the project as they are."""
    service = surface.workspace.datasets
    version = service.get(DatasetReference.parse(before))
    if after is None:
        with _progress(surface, version.reference) as observe:
            found = service.diff_now(version, progress=observe)
    else:
        found = service.diff(version, service.get(DatasetReference.parse(after)))
    answer(surface, _diff_view(found), as_json=as_json)


@data.command()
@click.argument("dataset")
@click.option("--to", "folder", type=click.Path(file_okay=False), help="Put the files there.")
@yes_option
@json_option
@click.pass_obj
def restore(surface: Surface, dataset: str, folder: str | None, yes: bool, as_json: bool) -> None:
    """Put the files of a version back where they were, or into a folder.

    Files that hold something else are replaced with --yes only. They are kept aside, and
    "data undo" brings them back.
    """
    service = surface.workspace.datasets
    version = service.get(DatasetReference.parse(dataset))
    place = None if folder is None else Path.cwd() / folder
    with _progress(surface, version.reference) as observe:
        done = service.restore(version, folder=place, agreed=yes, progress=observe)
    changed = any(one.deed != "unchanged" for one in done.files)
    hint = f"Take it back: {surface.prefix} data undo" if changed else ""
    answer(surface, _restored_view(f"Restored {done.reference}", done, hint), as_json=as_json)


@data.command()
@yes_option
@json_option
@click.pass_obj
def undo(surface: Surface, yes: bool, as_json: bool) -> None:
    """Take the last "data restore" back; twice, the one before as well."""
    done = surface.workspace.datasets.undo(agreed=yes)
    title = f"Undone: the restore of {done.reference}"
    answer(surface, _restored_view(title, done, ""), as_json=as_json)


@data.command()
@click.argument("dataset")
@click.option("--yes", is_flag=True, help="Delete all versions of a data set.")
@json_option
@click.pass_obj
def delete(surface: Surface, dataset: str, yes: bool, as_json: bool) -> None:
    """Delete a version, or a data set with all its versions.

    Its number is not given again. "gc" frees what nothing else keeps.
    """
    service = surface.workspace.datasets
    reference = DatasetReference.parse(dataset)
    one = "@" in dataset
    gone = [service.get(reference)] if one else service.versions(reference.name)
    if len(gone) > 1 and not yes:
        raise ConsentNeededError(
            f"{reference.name} has {len(gone)} versions; nothing was deleted.",
            cure=f"Delete one, {gone[0].reference}, or all: "
            f"{surface.prefix} data delete {reference.name} --yes.",
        )
    service.delete(gone)
    told = line(f"Deleted {', '.join(version.reference for version in gone)}.")
    view = View(document=document("datasets/1", versions=gone), blocks=(told,))
    answer(surface, view, as_json=as_json)


@contextmanager
def _progress(surface: Surface, what: str) -> Iterator[Observe]:
    """Shows how many mebibytes are done, if it takes more than a second."""
    with ExitStack() as shown:
        progress = Progress(surface, shown, event="read", title=f"{what}, MiB", each=1)
        last = -1

        def observe(done: int, total: int) -> None:
            nonlocal last
            if done // _TOLD != last or done == total:
                last = done // _TOLD
                progress.observe(done // _MEBI, total // _MEBI)

        yield observe


def _pinned_view(surface: Surface, pinned: Pinned) -> View:
    version = pinned.version
    name = Span(version.reference, "strong")
    said = f": {_content(version)}." if pinned.is_new else " has this content already."
    blocks: list[Block] = [line(name, said)]
    blocks += [
        line(Span(f"Not in it: {one.name} ({one.why}).", "warn")) for one in version.left_out
    ]
    shown = Span(f"{surface.prefix} data show {version.reference}", "strong")
    blocks.append(line("Look at it: ", shown))
    found = document("pinned/1", version=version, is_new=pinned.is_new)
    return View(document=found, blocks=tuple(blocks))


def _content(version: DatasetVersion) -> str:
    """``2 files, 1 value, 12.3 MiB``."""
    parts = [
        wording.count(number, noun)
        for number, noun in ((version.files, "file"), (version.values, "value"))
        if number
    ]
    return ", ".join([*parts, wording.size(version.size)])


def _facts(version: DatasetVersion) -> list[tuple[str, Content]]:
    source = version.source
    read = f"what {source.step} of {source.notebook} read (@{source.execution})" if source else "-"
    return [
        ("pinned", wording.when(version.created_at)),
        ("by", version.author),
        ("from", read),
        ("content", _content(version)),
        ("comment", version.comment),
    ]


def _versions_table(found: list[DatasetVersion], counts: dict[str, int] | None = None) -> Block:
    """Versions, or data sets by their latest ones where it is said how many each has."""
    several = ("versions",) if counts else ()
    columns = ("data set", *several, "files", "values", "size", "pinned", "who", "from", "comment")
    rows = [
        (
            Span(version.reference, "strong"),
            *((str(counts[version.name]),) if counts else ()),
            str(version.files),
            str(version.values),
            wording.size(version.size),
            wording.when(version.created_at),
            version.author,
            version.source.step if version.source else "-",
            version.comment or "-",
        )
        for version in found
    ]
    return table(columns, rows, right=(*several, "files", "values", "size"))


def _members_table(members: list[Member]) -> Block:
    rows = [
        (
            Span(one.name, "strong"),
            one.text or one.kind,
            wording.size(one.size),
            one.digest[:12] if one.is_kept else Span("lost", "bad"),
        )
        for one in members[:_MOST]
    ]
    return table(("member", "what", "size", "content"), rows, right=("size",))


def _uses_table(uses: list[DatasetUse], members: int) -> Block:
    rows = [
        (
            Span(use.used_by, "strong"),
            use.run or use.notebook,
            f"{use.members} of {members}",
            str(use.executions),
            wording.when(use.last_at),
        )
        for use in uses[:_MOST]
    ]
    columns = ("used by", "in", "members", "executions", "last")
    return table(columns, rows, right=("members", "executions"))


def _diff_view(found: DatasetDiff) -> View:
    rows = [
        (
            Span(one.name, "strong"),
            one.change,
            wording.size(one.before.size if one.before else None),
            wording.size(one.after.size if one.after else None),
        )
        for one in found.differences
    ]
    told = f"{found.before} and {found.after}"
    alike = wording.count(found.same, "member")
    blocks: list[Block] = [line(f"{told} hold the same: {alike}.")]
    if rows:
        columns = ("member", "change", "size before", "size after")
        verb = "is" if found.same == 1 else "are"
        blocks = [line(f"{told}:"), table(columns, rows, right=columns[2:])]
        blocks.append(line(f"{alike} {verb} the same."))
    return View(document=document("dataset-diff/1", diff=found), blocks=tuple(blocks))


def _restored_view(title: str, done: RestoredDataset, hint: str) -> View:
    shown = done.files[:_MOST]
    rows = [(Span(one.path, "strong"), one.deed) for one in shown]
    blocks: list[Block] = [line(f"{title} in {done.folder}:"), table(("file", "now"), rows)]
    if len(done.files) > _MOST:
        blocks.append(line(f"And {len(done.files) - _MOST} more: --json has all."))
    if hint:
        blocks.append(line(Span(hint, "dim")))
    return View(document=document("restored-dataset/1", restored=done), blocks=tuple(blocks))
