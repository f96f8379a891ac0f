"""The verb diff: two versions of a step, or two runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from nbmlops.commands.inside import content_blocks
from nbmlops.commands.run_diff import names_runs, run_diff_view
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Code, Span, View, line, table
from nbmlops.domain.differences import Change, VersionDiff
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
    """Compare two versions (train@1 train@2), or two runs (flights#3 flights#4).

    Source, parameters, inputs, outputs, metrics, environment; of runs every step, cached or not,
    and the executed notebooks cell by cell. With one: compare it with the latest. With a step's
    name: its last two versions. With the latest run: with the one before. Stored frames are
    compared by column, arrays and containers by element, figures are shown side by side.
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
    first = in_notebook(surface, StepReference.parse(before))
    if after is not None:
        second = in_notebook(surface, StepReference.parse(after))
    else:
        second = replace(first, version="latest")
        if "@" not in before:
            first = _version_before_latest(surface, first)
    found = surface.workspace.history.diff(first, second)
    contents = surface.workspace.contents
    inside = contents.diff(first, second, whole=values)
    blocks = [
        *diff_blocks(found),
        *content_blocks(inside, (found.before, found.after), contents.picture),
    ]
    view = View(document=document("diff/1", diff=found, contents=inside), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)


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
