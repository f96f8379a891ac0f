"""The verbs of environments: env show, env diff, env lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbmlops.commands.executions import EXECUTION, execution_of
from nbmlops.commands.steps import in_notebook
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Content, Facts, Span, View, line, table
from nbmlops.domain.environments import Environment
from nbmlops.domain.references import RunReference, StepReference
from nbmlops.domain.wire import document
from nbmlops.errors import StoreUnwritableError, UsageError

if TYPE_CHECKING:
    from nbmlops.history.environments import NamedEnvironment


@click.group(cls=SuggestingGroup)
def env() -> None:
    """Show, compare and lock what versions and runs ran in.

    REF says of what: a step version (train@2), a run ('flights#3'), an execution (@12, see log),
    latest (what was recorded last), or now (where the command is typed).
    """


@env.command()
@click.argument("reference", metavar="[REF]", default="latest")
@json_option
@click.pass_obj
def show(surface: Surface, reference: str, as_json: bool) -> None:
    """Show it whole: interpreter, machine, packages.

    REF is a step version (train@2), a run ('flights#3'), an execution (@12), latest or now;
    without one, it is the environment that was recorded last.
    """
    found = _find(surface, reference)
    answer(surface, _environment_view(found), as_json=as_json)


@env.command()
@click.argument("before", metavar="[REF]", default="latest")
@click.argument("after", metavar="[REF]", required=False)
@json_option
@click.pass_obj
def diff(surface: Surface, before: str, after: str | None, as_json: bool) -> None:
    """List what differs between two.

    REF is a step version (train@2), a run ('flights#3'), an execution (@12), latest or now. The
    first one is what was recorded last, the second one is now, unless they are given.
    """
    from nbmlops.history.environments import compare

    if before == "now" and after is None:
        raise UsageError(
            "That compares what is there now with itself.",
            cure="Name a version or a run: env diff train@1.",
        )
    first, second = _find(surface, before), _find(surface, after or "now")
    changes = compare(first, second)
    rows = [(Span(item.name, "strong"), item.before or "-", item.after or "-") for item in changes]
    block: Block = table(("what", first.name, second.name), rows)
    if not rows:
        block = line(f"{first.name} and {second.name}: no difference.")
    view = View(
        document=document(
            "environment-diff/1", before=first.name, after=second.name, changes=changes
        ),
        blocks=(block,),
    )
    answer(surface, view, as_json=as_json)


@env.command()
@click.argument("reference", metavar="[REF]", default="latest")
@click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this file; without it the lines are printed.",
)
@click.pass_obj
def lock(surface: Surface, reference: str, path: Path | None) -> None:
    """Write it as requirements for uv or pip.

    REF is a step version (train@2), a run ('flights#3'), an execution (@12), latest or now;
    without one, it is the environment that was recorded last.
    Packages from a folder on this machine are comments, with the hash of their Python files.
    """
    from nbmlops.history.environments import lock as requirements

    found = _find(surface, reference)
    text = requirements(found)
    if path is None:
        surface.print(text.rstrip("\n"))
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreUnwritableError(
            f"{path} cannot be written: {error.strerror}.", cure="Name another file with --to."
        ) from error
    surface.print(f"Wrote the environment of {found.name} to {path}.")


def _find(surface: Surface, reference: str) -> NamedEnvironment:
    environments = surface.workspace.environments
    if reference == "now":
        return environments.now()
    if reference == "latest":
        return environments.latest()
    number = EXECUTION.fullmatch(reference)
    if number is not None and number["part"] is None:
        return environments.of_execution(execution_of(surface, int(number["id"])))
    if RunReference.matches(reference):
        return environments.of_run(RunReference.parse(reference))
    return environments.of_version(in_notebook(surface, StepReference.parse(reference)))


def _environment_view(found: NamedEnvironment) -> View:
    environment = found.environment
    facts: list[tuple[str, Content]] = [
        ("python", f"{environment.python} ({environment.implementation})"),
        ("executable", environment.executable),
        ("platform", f"{environment.platform}, {environment.machine}"),
        ("processors", "not known" if environment.cpus is None else str(environment.cpus)),
        ("gpus", "not used" if environment.gpus is None else ", ".join(environment.gpus) or "none"),
        *environment.threads.items(),
    ]
    columns = ("package", "version", "from")
    rows = [
        (Span(name, "strong"), version, _origin(environment, name))
        for name, version in environment.distributions.items()
    ]
    return View(
        document=document("environment/1", name=found.name, environment=environment),
        blocks=(Facts(title=found.name, facts=tuple(facts)), table(columns, rows)),
    )


def _origin(environment: Environment, name: str) -> str:
    package = environment.direct.get(name)
    if package is None:
        return "-"
    content = f" [{package.digest[:12]}]" if package.digest else ""
    return f"{package.url}{' (editable)' if package.editable else ''}{content}"
