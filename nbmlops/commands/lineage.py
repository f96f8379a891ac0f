"""The verbs of lineage: lineage, why."""

from __future__ import annotations

from pathlib import Path

import click

from nbmlops.capture.session import PLAIN_SESSION
from nbmlops.commands import genealogy, pictures
from nbmlops.commands.executions import EXECUTION, execution_of
from nbmlops.commands.freshness import as_saved, held_by_kernel
from nbmlops.commands.pictures import picture_option
from nbmlops.commands.show import find_run
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.story import story
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Drawing, Span, View, line
from nbmlops.domain.lineage import Focus, Lineage
from nbmlops.domain.references import NAME, StepReference
from nbmlops.domain.wire import document
from nbmlops.errors import UnknownNameError, UsageError


@click.command()
@click.argument("result", metavar="THING")
@click.option("--forward", is_flag=True, help="What used it, instead of what it was made from.")
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    help="How many executions far; as far as it goes by default.",
)
@picture_option
@json_option
@click.pass_obj
def lineage(
    surface: Surface,
    result: str,
    forward: bool,
    depth: int | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Show what a result was made from, or with --forward what used it.

    \b
    THING is a variable of the notebook (df), a step or version (train@2), a file, a run
    ('flights#3'), an execution (@12, see log), or a variable, metric or figure of one:
    train:auc, train@2:auc, 'flights#3:train'.
    """  # noqa: D301 (click reads the \b)
    focus = find(surface, result)
    service = surface.workspace.lineage
    walk = service.forward if forward else service.backward
    found = walk(focus, depth=depth)
    if picture is not None:
        pictures.save(surface, picture, genealogy.svg(found), told=not as_json)
    answer(surface, _view(found, surface.prefix, depth), as_json=as_json)


@click.command()
@click.argument("result", metavar="THING")
@json_option
@click.pass_obj
def why(surface: Surface, result: str, as_json: bool) -> None:
    """Tell how a result came to be, whether it still holds and was verified.

    THING is a variable (df), a step or version, a file, or one of a run, as for lineage.
    """
    focus = find(surface, result)
    found = surface.workspace.lineage.explain(focus)
    around = surface.workspace.staleness.around(
        found.execution,
        session=surface.session,
        live=held_by_kernel(surface, found.execution.record.notebook),
    )
    standing = around.of_execution(found.execution.id) if around is not None else None
    version = None if found.from_outside else found.execution.version
    proof = surface.workspace.history.verification(version) if version is not None else None
    text = story(found, standing, proof)
    content = document(
        "why/1",
        thing=found.thing,
        text=text,
        run=found.run,
        from_outside=found.from_outside,
        standing=standing.in_short() if standing and not found.from_outside else None,
        saved_at=around.saved_at if around is not None else None,
        ran_since=around is not None and around.ran_since,
        verification=proof,
        execution=found.execution,
        made_from=found.made_from,
        used_by=found.used_by,
    )
    view = View(document=content, blocks=(line(text), *as_saved(around)))
    answer(surface, view, as_json=as_json)


def find(surface: Surface, thing: str) -> Focus:
    """What a person means by a name.

    Raises:
        UnknownNameError: there is no such thing.
        UsageError: the words name nothing.
    """
    if "#" in thing:
        return _of_run(surface, thing)
    found = _of_step_or_execution(surface, thing)
    if found is not None:
        return found
    name = thing.rpartition(":")[2]
    file = surface.workspace.lineage.file(_path(surface, thing))
    if file is not None:
        return file
    if _is_path(surface, thing):
        raise UsageError(
            f"No recorded cell has read or written {thing}.",
            cure="Its path counts from the current folder; show @12 lists the files of a cell.",
        )
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{thing!r} names nothing that could be recorded.",
            cure="Write a variable, a step's version, a file or a run: df, train@2, 'flights#3'.",
        )
    return _of_variable(surface, name, thing)


def _of_step_or_execution(surface: Surface, thing: str) -> Focus | None:
    """``@12``, ``train``, ``train@2``, ``train:auc``, ``flights:train``; ``None`` for others."""
    execution = EXECUTION.fullmatch(thing)
    if execution is not None:
        return _of_execution(surface, int(execution["id"]), execution["part"] or "", thing)
    head, at, version = thing.partition("@")
    if at:
        number, _, part = version.partition(":")
        return _of_step(surface, f"{head}@{number}", part, thing)
    home, _, name = head.rpartition(":")
    steps = {step.name for step in surface.workspace.history.steps()}
    if name in steps:
        return _of_step(surface, thing, "", thing)
    return _of_step(surface, home, name, thing) if home.rpartition(":")[2] in steps else None


def _is_path(surface: Surface, thing: str) -> bool:
    """Whether a file is meant: ``data/a`` or ``a.csv``, and not ``df.shape`` of a variable."""
    head, dot, _ = thing.partition(".")
    return "/" in thing or bool(dot and head and head not in surface.workspace.lineage.names())


def _path(surface: Surface, thing: str) -> str:
    """A path as the ledger keeps it: relative to the project where it lies inside."""
    project, path = surface.workspace.project, Path(thing).absolute()
    inside = path.is_relative_to(project)
    return path.relative_to(project).as_posix() if inside else path.as_posix()


def _of_run(surface: Surface, thing: str) -> Focus:
    reference, _, part = thing.partition(":")
    run = find_run(surface, reference)
    executions = surface.workspace.runs.executions(run)
    if part and part not in {artifact.name for artifact in run.artifacts}:
        return surface.workspace.lineage.within(executions, part, thing=thing)
    named = [execution for execution in executions if execution.version] or executions
    if not named:
        raise UnknownNameError("execution", thing, cure="The run ended before its first cell.")
    return Focus(thing=thing, executions=tuple(execution.id for execution in named))


def _of_execution(surface: Surface, number: int, part: str, thing: str) -> Focus:
    execution = execution_of(surface, number)
    if part:
        return surface.workspace.lineage.within([execution], part, thing=thing)
    return Focus(thing=thing, executions=(number,))


def _of_step(surface: Surface, reference: str, part: str, thing: str) -> Focus:
    history = surface.workspace.history
    version = history.version(in_notebook(surface, StepReference.parse(reference)))
    execution = history.representative(version)
    if execution is None:
        raise UnknownNameError("execution", thing, cure=f"Run the step {version.step.name} first.")
    if part:
        return surface.workspace.lineage.within([execution], part, thing=thing)
    return Focus(thing=version.reference, executions=(execution.id,))


def _of_variable(surface: Surface, name: str, thing: str) -> Focus:
    prefix = thing.rpartition(":")[0]
    if prefix:
        notebook = prefix if prefix.endswith(".ipynb") else f"{prefix}.ipynb"
        return surface.workspace.lineage.variable(name, notebook=notebook)
    return surface.workspace.lineage.variable(
        name, notebook=_home(surface), session=surface.session
    )


def _home(surface: Surface) -> str | None:
    """The key of the notebook in which the command was typed."""
    if surface.notebook is not None:
        return surface.workspace.notebook_key(surface.notebook)
    return PLAIN_SESSION if surface.session is not None else None


def _view(found: Lineage, prefix: str, depth: int | None) -> View:
    if not found.nodes:  # a file that is only read
        told = line(Span(found.thing, "strong"), f" was {genealogy.OUTSIDE}.")
        more = line("What used it: ", Span(f"{prefix} lineage {found.thing} --forward", "strong"))
        return View(document=document("lineage/1", lineage=found), blocks=(told, more))
    said = "what used it" if found.direction == "forward" else "what it was made from"
    blocks: list[Block] = [
        line(Span(found.thing, "strong"), f" and {said}:"),
        Drawing(svg=genealogy.svg(found), text=genealogy.text(found)),
        genealogy.listing(found),
    ]
    if found.truncated:
        cure = "a larger --depth shows it" if depth is not None else "name one of these to go on"
        blocks.append(line(Span("There is more than is shown", "warn"), f": {cure}."))
    return View(document=document("lineage/1", lineage=found), blocks=tuple(blocks))
