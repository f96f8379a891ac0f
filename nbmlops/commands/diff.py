"""The verb diff: two versions of a step, two executions, or two runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from nbmlops.commands.executions import named_execution
from nbmlops.commands.inside import content_blocks
from nbmlops.commands.run_diff import names_runs, run_diff_view
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Code, Span, View, line, table
from nbmlops.domain.contents import ContentDifference
from nbmlops.domain.differences import Change, VersionDiff
from nbmlops.domain.executions import Execution
from nbmlops.domain.references import StepReference
from nbmlops.domain.wire import document
from nbmlops.errors import UnknownNameError, UsageError


@click.command()
@click.argument("before")
@click.argument("after", required=False)
@click.option(
    "--values",
    is_flag=True,
    help="Look into large values as well, and into those of the notebook's own classes.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write two runs cell by cell into a page that needs no other file.",
)
@json_option
@click.pass_obj
def diff(
    surface: Surface,
    before: str,
    after: str | None,
    values: bool,
    page: Path | None,
    as_json: bool,
) -> None:
    """Compare two versions (train@1 train@2), runs (flights#3 flights#4), or @8 @9.

    Source, parameters, inputs, outputs, metrics, environment; of runs every step, cached or not,
    and the executed notebooks cell by cell. With one: compare it with the latest. With a step's
    name: its last two versions. With the latest run: with the one before. @8 and @9 are
    executions, of named cells or not: see log. Stored frames are compared by column, arrays and
    containers by element, figures are shown side by side.
    """
    if names_runs(before, after):
        view = run_diff_view(surface, before, after, values=values, page=page)
        answer(surface, view, as_json=as_json)
        return
    if page is not None:
        raise UsageError(
            "--html shows two runs, and these are versions.",
            cure="Compare runs: nbmlops diff flights#3 flights#4 --html FILE",
        )
    if (ran := _executions(surface, before, after)) is not None:
        found = surface.workspace.history.diff_executions(*ran)
        inside = surface.workspace.contents.between(*ran, whole=values)
        answer(surface, _view(surface, found, inside), as_json=as_json)
        return
    first = in_notebook(surface, StepReference.parse(before))
    if after is not None:
        second = in_notebook(surface, StepReference.parse(after))
    else:
        second = replace(first, version="latest")
        if "@" not in before:
            first = _version_before_latest(surface, first)
    found = surface.workspace.history.diff(first, second)
    inside = surface.workspace.contents.diff(first, second, whole=values)
    answer(surface, _view(surface, found, inside), as_json=as_json)


def _executions(
    surface: Surface, before: str, after: str | None
) -> tuple[Execution, Execution] | None:
    """Two executions, where one is named by its number; of a version that which speaks for it."""
    first = named_execution(surface, before)
    second = named_execution(surface, after) if after is not None else None
    if first is None and second is None:
        return None
    if after is None:
        raise UsageError(
            f"{before} is one execution, and there is nothing to compare it with.",
            cure=f"Name two: {surface.prefix} diff {before} @N; {surface.prefix} log lists them.",
        )
    return first or _speaking(surface, before), second or _speaking(surface, after)


def _speaking(surface: Surface, text: str) -> Execution:
    history = surface.workspace.history
    version = history.version(in_notebook(surface, StepReference.parse(text)))
    found = history.representative(version)
    if found is None:
        raise UsageError(
            f"{version.reference} has no execution to compare.",
            cure="Run the cell, or name another version.",
        )
    return found


def _view(surface: Surface, found: VersionDiff, inside: ContentDifference) -> View:
    picture = surface.workspace.contents.picture
    sides = (found.before, found.after)
    blocks = [*diff_blocks(found), *content_blocks(inside, sides, picture)]
    return View(document=document("diff/1", diff=found, contents=inside), blocks=tuple(blocks))


def diff_blocks(found: VersionDiff) -> list[Block]:
    """A comparison as blocks; says so where nothing differs."""
    blocks: list[Block] = [line(Span(f"{found.before} -> {found.after}", "strong"))]
    if found.source:
        blocks.append(Code(text=found.source, language="diff"))
    for title, changes in (
        ("Parameters", found.parameters),
        ("Inputs", found.inputs),
        ("Outputs", found.outputs),
        ("Metrics", found.metrics),
        ("Files", found.files),
        ("Elsewhere", found.externals),
        ("Environment", found.environment),
    ):
        if changes:
            blocks.append(_changes_table(title, found, changes))
    blocks += [_definition(change) for change in found.definitions]
    if len(blocks) == 1:
        blocks.append(line("Nothing differs."))
    return blocks


def _definition(change: Change) -> Block:
    from nbmlops.notebook.diff import unified

    text = unified(
        change.before or "", change.after or "", before_name=change.name, after_name=change.name
    )
    return Code(text=text, language="diff", title=f"Uses {change.name}")


def _changes_table(title: str, found: VersionDiff, changes: tuple[Change, ...]) -> Block:
    rows = [(change.name, change.before or "-", change.after or "-") for change in changes]
    return table(("name", found.before, found.after), rows, title=title)


def _version_before_latest(surface: Surface, reference: StepReference) -> StepReference:
    rows = surface.workspace.history.versions(reference.name, reference.notebook)
    if len(rows) == 1:
        raise UnknownNameError(
            "version",
            f"{reference.name}@2",
            cure="The step has one version so far: change the cell and run it again.",
        )
    return replace(reference, version=rows[-2].number)
