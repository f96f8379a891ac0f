"""The verbs of the processes that keep kernels ready: kernels status, kernels stop."""

from __future__ import annotations

from pathlib import Path

import click

from nbmlops.commands import wording
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Span, View, line, table
from nbmlops.domain.kernels import ForkServerState
from nbmlops.domain.wire import document
from nbmlops.errors import UnknownNameError, UsageError

_SHOWN = 4
_KEY = 8


@click.group(cls=SuggestingGroup)
def kernels() -> None:
    """Show and stop the processes that keep kernels warm.

    A run starts one in the background: it has imported what the notebook imports, and the next
    run's kernel is forked from it. It ends ten minutes after its last kernel. The setting
    warm_kernels turns them off, nbmlops run --cold does for one run.
    """


@kernels.command()
@json_option
@click.pass_obj
def status(surface: Surface, as_json: bool) -> None:
    """List those of this user that live, in all projects."""
    found = surface.workspace.kernels.states()
    answer(surface, _view(found, "No kernel is kept warm."), as_json=as_json)


@kernels.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--all", "everywhere", is_flag=True, help="Those of all projects of this user.")
@json_option
@click.pass_obj
def stop(surface: Surface, keys: tuple[str, ...], everywhere: bool, as_json: bool) -> None:
    """Stop those of this project, or those that KEY names in any project.

    Kernels that run go on to their end.
    """
    if keys and everywhere:
        raise UsageError("--all and a KEY exclude each other.", cure="Leave out one of them.")
    servers = surface.workspace.kernels
    found = servers.states()
    chosen = [state.key for state in found if _is_in(state, surface.workspace.project)]
    if keys:
        known = [state.key for state in found]
        chosen = [_named(key, known) for key in keys]
    stopped = servers.stop(None if everywhere else chosen)
    nothing = "There was none to stop."
    if found and not (keys or everywhere):
        nothing = f"There was none of this project; in others: {len(found)}. See: kernels status"
    answer(surface, _view(stopped, nothing, title="Stopped"), as_json=as_json)


def _is_in(state: ForkServerState, project: Path) -> bool:
    return Path(state.folder).resolve().is_relative_to(project.resolve())


def _named(key: str, known: list[str]) -> str:
    found = [full for full in known if full.startswith(key)]
    if len(found) != 1:
        raise UnknownNameError("kept kernel", key, [full[:_KEY] for full in known])
    return found[0]


def _view(found: list[ForkServerState], nothing: str, *, title: str = "") -> View:
    blocks: list[Block] = [line(nothing)]
    if found:
        columns = ("key", "process", "folder", "imports", "running", "served", "idle")
        blocks = [table(columns, [_row(state) for state in found], title=title, right=columns[4:])]
        blocks += [
            line(f"{state.key[:_KEY]} leaves {name} to each kernel: it {reason}.")
            for state in found
            for name, reason in state.left_out.items()
        ]
    return View(document=document("kernels/1", kernels=found), blocks=tuple(blocks))


def _row(state: ForkServerState) -> tuple[Span | str, ...]:
    more = len(state.imports) - _SHOWN
    imports = ", ".join(state.imports[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return (
        Span(state.key[:_KEY], "strong"),
        str(state.process),
        state.folder,
        imports or "-",
        str(len(state.kernels)),
        str(state.served),
        wording.duration(state.idle),
    )
