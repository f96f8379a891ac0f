"""The verb of names for versions: tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nbmlops.commands import wording
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.references import StepReference
from nbmlops.domain.tags import VersionTag
from nbmlops.domain.wire import document
from nbmlops.errors import UsageError

if TYPE_CHECKING:
    from nbmlops.history.tags import Tagging


@click.command()
@click.argument("version", required=False)
@click.argument("name", required=False)
@click.option("--remove", is_flag=True, help="Take the name away again.")
@json_option
@click.pass_obj
def tag(
    surface: Surface, version: str | None, name: str | None, remove: bool, as_json: bool
) -> None:
    """Name a version: `tag train@2 best`, from then on train@best, which gc keeps.

    A step has one version of that name: to give it to another one moves it. Without NAME: the tags
    of a step, or of all.
    """
    tags = surface.workspace.tags
    reference = in_notebook(surface, StepReference.parse(version)) if version else None
    if reference is None or name is None:
        if remove:
            raise UsageError(
                "--remove needs the tag that is to go.",
                cure=f"Name the step and its tag: {surface.prefix} tag train best --remove.",
            )
        answer(surface, _listing(surface, tags.all(reference)), as_json=as_json)
        return
    done = tags.take(reference, name) if remove else tags.give(reference, name)
    answer(surface, _done(done, reference.name), as_json=as_json)


def _listing(surface: Surface, tags: list[VersionTag]) -> View:
    blocks: list[Block] = [
        table(
            ("tag", "version", "notebook", "when", "who"),
            [
                (
                    Span(f"{item.step}@{item.name}", "strong"),
                    item.reference,
                    item.notebook,
                    wording.when(item.tagged_at),
                    item.author,
                )
                for item in tags
            ],
        )
    ]
    if not tags:
        example = Span(f"{surface.prefix} tag train@2 best", "strong")
        blocks = [line("No version has a tag. Give one: ", example)]
    return View(document=document("tags/1", tags=tags), blocks=tuple(blocks))


def _done(done: Tagging, step: str) -> View:
    now = done.now.reference if done.now is not None else None
    if now is None:
        said = f"{done.before} is not {step}@{done.name} any more; its records stay."
    elif done.before == now:
        said = f"{now} is {step}@{done.name} already."
    else:
        said = f"{now} is {step}@{done.name}" + (
            f", no more {done.before}." if done.before else "."
        )
    content = document("tagging/1", name=done.name, step=step, version=now, before=done.before)
    return View(document=content, blocks=(line(said),))
