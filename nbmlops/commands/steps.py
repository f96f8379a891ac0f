"""The verbs of steps: track, versions, restore."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from nbmlops.commands import wording
from nbmlops.commands.rules import label_options
from nbmlops.commands.stopping import DONE_BY_THEN
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Span, View, line, table
from nbmlops.domain.executions import ExecutionRow, ExecutionStatus, StepVersion, VersionRow
from nbmlops.domain.references import StepReference
from nbmlops.domain.wire import document
from nbmlops.errors import StoppedError, UsageError
from nbmlops.notebook.normalize import digest


@click.command()
@click.argument("step", required=False)
@click.option(
    "-m",
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="A variable of the cell that holds a number: keep it as a metric of the step.",
)
@click.option("--values", is_flag=True, help="Keep the values of all cells: for checkout and undo.")
@click.option("--off", is_flag=True, help="Stop recording this notebook.")
@label_options
@click.pass_obj
def track(
    surface: Surface,
    /,
    step: str | None,
    metrics: tuple[str, ...],
    values: bool,
    off: bool,
    **rules: Any,
) -> None:
    """Record this notebook, or name this cell as a step.

    \b
    %mlops track              in a cell of its own: record every cell from here on
    %mlops track --values     and keep the values of all of them, for checkout and undo
    %mlops track train        first line of a cell: this cell is the step "train"
    %mlops track fetch --retries 3 --timeout 5m       and its runs go by these limits
    %mlops track --off        stop recording
    """  # noqa: D301 (click reads the \b)
    del metrics, rules  # read from the cell's first line before the cell runs
    if values and (step or off):
        raise UsageError(
            "--values is for the whole notebook.",
            cure="Type %mlops track --values in a cell of its own.",
        )
    message = surface.track(step=step, active=not off, values=values)
    if message:
        surface.show(View(document=document("message/1", text=message), blocks=(line(message),)))


@click.command()
@click.argument("step", required=False)
@click.option(
    "--executions", "each", is_flag=True, help="List every execution, with its parameters."
)
@json_option
@click.pass_obj
def versions(surface: Surface, step: str | None, each: bool, as_json: bool) -> None:
    """List the versions of a step: when, who, what changed, metrics, duration.

    Without STEP: every step with its latest version. Of the executions of a version, the latest
    that succeeded in the notebook is shown.
    """
    history = surface.workspace.history
    if step is None:
        found = history.versions_of(history.steps())
        rows = [of_step[-1] for of_step in found if of_step]
    else:
        reference = in_notebook(surface, StepReference.parse(step))
        rows = history.versions(reference.name, reference.notebook)
        if "@" in step:
            number = history.version(reference).number
            rows = [row for row in rows if row.number == number]
    view = _executions_view(surface, rows) if each else _versions_view(surface, rows)
    answer(surface, view, as_json=as_json)


@click.command()
@click.argument("version")
@click.option(
    "--values", is_flag=True, help="Put what the version made back into the kernel as well."
)
@click.option(
    "--sample",
    is_flag=True,
    help="With the values, the sample of each that was too large, as NAME_sample.",
)
@click.option("--no-source", is_flag=True, help="With --values: add no cell.")
@click.pass_obj
def restore(surface: Surface, version: str, values: bool, sample: bool, no_source: bool) -> None:
    """Bring a version back: its source into a new cell, its values into the kernel.

    In a shell, the source goes into the notebook file, below the step's cell.
    """
    values = values or sample
    if no_source and not values:
        raise UsageError(
            "Without the source and the values, nothing is brought back.", cure="Add --values."
        )
    reference = in_notebook(surface, StepReference.parse(version))
    restored = surface.workspace.history.restore(reference, values=values, samples=sample)
    messages = []
    if values:
        command = f"{surface.prefix} restore {version} --values"
        restored = surface.bring_back(restored, command)
        messages += restored.told()
    if not no_source:
        version_ = restored.version
        messages.append(surface.insert_cell(version_.source, below=version_.step))
        messages += _used_otherwise(surface, version_)
    surface.show(
        View(
            document=document("restored/1", version=restored.version, messages=messages),
            blocks=tuple(line(message) for message in messages),
        )
    )
    if restored.was_interrupted:
        raise StoppedError(DONE_BY_THEN)


def _used_otherwise(surface: Surface, version: StepVersion) -> list[str]:
    """What the source alone does not bring back: functions and modules that were others then."""
    step = version.step
    newest = surface.workspace.history.version(
        StepReference(name=step.name, notebook=step.notebook)
    )
    others = [
        name
        for name, source in sorted(version.definitions.items())
        if digest(newest.definitions.get(name, source)) != digest(source)
    ]
    if not others:
        return []
    names, seen = ", ".join(others), f"diff {version.reference} {newest.reference}"
    told = f"{version.reference} used another {names} than {newest.reference} does, which stays"
    return [f"{told} as it is: {surface.prefix} {seen} shows it."]


def in_notebook(surface: Surface, reference: StepReference) -> StepReference:
    """Prefer the step of the notebook in which the command was typed."""
    if reference.notebook is not None or surface.notebook is None:
        return reference
    key = surface.workspace.notebook_key(surface.notebook)
    names = {step.name for step in surface.workspace.history.steps(key)}
    return replace(reference, notebook=key) if reference.name in names else reference


def _versions_view(surface: Surface, rows: list[VersionRow]) -> View:
    if not rows:
        empty = line(
            "No step has been recorded here yet. Put ",
            Span("%mlops track NAME", "strong"),
            " on a cell's first line and run it.",
        )
        return View(document=document("versions/1", versions=[]), blocks=(empty,))
    place = _place(rows)
    badge = ("verified",) if any(row.verified for row in rows) else ()
    tags = ("tags",) if any(row.tags for row in rows) else ()
    columns = (
        *(*place, *tags, "when", "who", "what changed", "status", *badge),
        *("metrics", "duration", "executions"),
    )
    lines = [
        (
            *_where(row, place),
            *(", ".join(row.tags) or "-" for _ in tags),
            wording.when(row.started_at or row.created_at),
            row.author,
            row.changed + (f" (in {row.run})" if row.run else ""),
            _status(surface, row),
            *(wording.verdict(row.verified) for _ in badge),
            wording.metrics(row.metrics),
            wording.duration(row.duration),
            str(row.executions),
        )
        for row in rows
    ]
    blocks: list[Block] = [table(columns, lines, right=("duration", "executions"))]
    if any(row.executions > 1 for row in rows):
        hint = f"{surface.prefix} versions STEP --executions"
        blocks.append(line(Span(f"Every execution: {hint}", "dim")))
    return View(document=document("versions/1", versions=rows), blocks=tuple(blocks))


def _executions_view(surface: Surface, rows: list[VersionRow]) -> View:
    place = _place(rows)
    history = surface.workspace.history
    found = [item for row in rows for item in history.execution_rows(_version(surface, row))]
    lines = [
        (
            *_where(item, place),
            wording.when(item.started_at),
            item.author,
            item.run or "in the notebook",
            _ended(item),
            wording.parameters(item.parameters),
            wording.metrics(item.metrics),
            wording.duration(item.duration),
        )
        for item in found
    ]
    columns = (*place, "when", "who", "where", "status", "parameters", "metrics", "duration")
    listing = table(columns, lines, right=("duration",))
    return View(document=document("executions/1", executions=found), blocks=(listing,))


def _version(surface: Surface, row: VersionRow) -> StepVersion:
    reference = StepReference(name=row.step, notebook=row.notebook, version=row.number)
    return surface.workspace.history.version(reference)


def _place(rows: list[VersionRow]) -> tuple[str, ...]:
    """The columns that say which version: with the notebook where there are several."""
    return ("notebook", "version") if len({row.notebook for row in rows}) > 1 else ("version",)


def _where(row: VersionRow | ExecutionRow, place: tuple[str, ...]) -> tuple[Content, ...]:
    version = Span(row.reference, "strong")
    return (row.notebook, version) if "notebook" in place else (version,)


def _status(surface: Surface, row: VersionRow) -> Span:
    if row.last_status is row.status or row.last_status is None:
        return _ended(row) if row.started_at else wording.status(row.status)
    errors = row.last_status is ExecutionStatus.ERROR
    cut_off = errors and not surface.workspace.history.ended_last(_version(surface, row))
    last = wording.ended(row.last_status, cut_off=cut_off).text
    return Span(f"{row.status}, then {last}", "warn")


def _ended(row: VersionRow | ExecutionRow) -> Span:
    """How an execution ended; nobody knows how long it took where its kernel ended first."""
    return wording.ended(row.status, cut_off=row.duration is None)
