"""The verbs of schedulers: scheduler, and its start, stop, status, install and uninstall."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from nbmlops.commands import wording
from nbmlops.commands.suggesting import SuggestingGroup
from nbmlops.commands.surface import Surface, answer, json_option
from nbmlops.commands.views import Block, Code, Span, View, line, table
from nbmlops.domain.wire import document
from nbmlops.errors import NotCancellableError
from nbmlops.scheduling.journal import FORMAT_VARIABLE, Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbmlops.scheduling.events import SchedulerEvent
    from nbmlops.scheduling.systemd import Unit

_listen_option = click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Answer /healthz and /metrics, and take calls there; nowhere by default.",
)
_workers_option = click.option(
    "--workers", type=click.IntRange(min=1), help="How many runs at once."
)


_FORMAT = f"{__name__}.log_format"
_FORMAT_TYPED = f"{__name__}.log_format_typed"


def _choose_format(context: click.Context, option: click.Parameter, chosen: str | None) -> None:
    """Keep what is asked for, of the group or of its verb, for this command line alone."""
    typed = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
    if chosen is not None and (typed or _FORMAT_TYPED not in context.meta):
        context.meta[_FORMAT] = chosen
    if chosen is not None and typed:
        context.meta[_FORMAT_TYPED] = chosen


def _chosen_format() -> str | None:
    return cast("str | None", click.get_current_context().meta.get(_FORMAT))


@contextmanager
def _format_of_the_log() -> Iterator[None]:
    """Let this process, and those that it starts, write as is asked for; it may be a notebook's."""
    chosen, before = _chosen_format(), os.environ.get(FORMAT_VARIABLE)
    try:
        if chosen is not None:
            os.environ[FORMAT_VARIABLE] = chosen
        yield
    finally:
        if before is not None:
            os.environ[FORMAT_VARIABLE] = before
        elif chosen is not None:
            os.environ.pop(FORMAT_VARIABLE, None)


_log_format_option = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    envvar=FORMAT_VARIABLE,
    expose_value=False,
    callback=_choose_format,
    help="How scheduler.log and the terminal are written: as text, the default, or an object in "
    "each line.",
)


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.option(
    "--max-fires",
    type=click.IntRange(min=1),
    help="End after so many due times have run; without it, run until stopped.",
)
@_workers_option
@_listen_option
@_log_format_option
@click.pass_context
def scheduler(
    context: click.Context,
    /,
    max_fires: int | None,
    workers: int | None,
    listen: str | None,
) -> None:
    """Fire schedules, until stopped with Ctrl-C or SIGTERM.

    Several may run on one project: each due time fires once. A killed one loses nothing: the
    next one goes on where it ended. Without one of the verbs below it runs in this terminal.
    """
    if context.invoked_subcommand is None:
        with _format_of_the_log():
            _fire(context.obj, max_fires, workers, listen)


def _fire(surface: Surface, max_fires: int | None, workers: int | None, listen: str | None) -> None:
    workspace = surface.workspace
    watch, journal = workspace.watch(), Journal(None, who="scheduler", clock=workspace.clock)

    def tell(message: str, **facts: Any) -> None:
        surface.print(journal.line(message, **facts) if journal.as_json else message)

    def say(event: SchedulerEvent) -> None:
        watch.tell(event)
        if not journal.as_json:
            surface.print(event.line)
            return
        tell(event.message, **event.facts)

    with ExitStack() as stack:
        running = stack.enter_context(
            workspace.scheduler(on_event=say, max_fires=max_fires, workers=workers)
        )
        address = stack.enter_context(watch.over(running, listen))
        tell(f"Scheduler of {workspace.project}. Stop it with Ctrl-C.")
        if address:
            tell(f"Health: http://{address}/healthz, metrics: http://{address}/metrics")
            tell(f"Calls: POST http://{address}/call/SCHEDULE")
        fired = running.run()
    tell(f"Stopped after {wording.count(fired, 'due time')}.")


@scheduler.command()
@_workers_option
@_listen_option
@_log_format_option
@json_option
@click.pass_obj
def start(surface: Surface, workers: int | None, listen: str | None, as_json: bool) -> None:
    """Start one in the background, unless one runs; it outlives this terminal."""
    from nbmlops.scheduling import background
    from nbmlops.scheduling.presence import running_schedulers

    workspace = surface.workspace
    found = running_schedulers(workspace.store)
    said = "runs already"
    command = _command(surface, workers, listen)
    asked = [
        name
        for name, value in (
            ("--workers", workers),
            ("--listen", listen),
            ("--log-format", click.get_current_context().meta.get(_FORMAT_TYPED)),
        )
        if value is not None
    ]
    if not found:
        _ = workspace.database  # a store that does not work is said here
        with _format_of_the_log():
            found = [background.start(command, workspace.store, workspace.scheduler_log)]
        said = "runs"
    blocks: list[Block] = [
        line("The scheduler ", said, f": process {found[0].process}."),
        line("Its log: ", Span(str(workspace.scheduler_log), "strong")),
    ]
    if asked and said == "runs already":
        told = f"{' and '.join(asked)} did not take effect. Stop it, and start it with them: "
        blocks.append(line(Span(told, "warn"), Span("nbmlops scheduler stop", "strong")))
    view = View(document=document("schedulers/1", schedulers=found), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)


@scheduler.command()
@json_option
@click.pass_obj
def stop(surface: Surface, as_json: bool) -> None:
    """Stop those of this project on this machine; runs have ten seconds to end."""
    from nbmlops.scheduling import background
    from nbmlops.scheduling.presence import running_schedulers

    found = running_schedulers(surface.workspace.store)
    left = background.stop(found)
    if left:
        numbers = ", ".join(str(one.process) for one in left)
        raise NotCancellableError(
            f"The scheduler is still there: process {numbers}.",
            cure="It is another user's, on another machine, or hangs: stop it there.",
        )
    processes = ", ".join(str(one.process) for one in found)
    block = line(f"Stopped: process {processes}." if found else "No scheduler runs here.")
    view = View(document=document("schedulers/1", schedulers=found), blocks=(block,))
    answer(surface, view, as_json=as_json)


@scheduler.command()
@json_option
@click.pass_obj
def status(surface: Surface, as_json: bool) -> None:
    """List those that run, and say whether systemd starts one."""
    from nbmlops.scheduling.presence import running_schedulers

    found = running_schedulers(surface.workspace.store)
    unit = _unit(surface)
    installed = unit.path.exists()
    rows = [
        (Span(str(one.process), "strong"), one.host, one.started_at[:19], one.listen or "-")
        for one in found
    ]
    block: Block = table(("process", "machine", "since (UTC)", "listens at"), rows)
    if not found:
        block = line("No scheduler runs. Start one: ", Span("nbmlops scheduler start", "strong"))
    told = f"systemd unit: {unit.path}" if installed else "No systemd unit is installed."
    content = {"schedulers": found, "unit": str(unit.path) if installed else None}
    view = View(document=document("schedulers/1", **content), blocks=(block, line(told)))
    answer(surface, view, as_json=as_json)


@scheduler.command()
@click.option("--print", "only_print", is_flag=True, help="Print the unit and write nothing.")
@_workers_option
@_listen_option
@_log_format_option
@json_option
@click.pass_obj
def install(
    surface: Surface, only_print: bool, workers: int | None, listen: str | None, as_json: bool
) -> None:
    """Write a systemd user unit, and say what to type to start it."""
    from nbmlops.scheduling import systemd

    unit = _unit(surface, workers, listen)
    if only_print:
        surface.print(unit.text)
        return
    unit.write()
    commands = f"systemctl --user daemon-reload\nsystemctl --user enable --now {unit.name}\n"
    blocks: list[Block] = [
        line("Written: ", Span(str(unit.path), "strong")),
        Code(text=commands + "loginctl enable-linger", language="bash", title="Then type:"),
    ]
    if not systemd.is_there():
        told = "systemd does not run this machine; here is another way: nbmlops scheduler start."
        blocks.append(line(Span(told, "warn")))
    content = {"unit": str(unit.path), "name": unit.name, "systemd": systemd.is_there()}
    view = View(document=document("unit/1", **content), blocks=tuple(blocks))
    answer(surface, view, as_json=as_json)


@scheduler.command()
@json_option
@click.pass_obj
def uninstall(surface: Surface, as_json: bool) -> None:
    """Remove the systemd user unit."""
    unit = _unit(surface)
    removed = unit.remove()
    told = "No systemd unit is installed."
    if removed:
        told = f"Removed: {unit.path}. If it runs: systemctl --user disable --now {unit.name}"
    view = View(
        document=document("uninstalled/1", unit=str(unit.path), removed=removed),
        blocks=(line(told),),
    )
    answer(surface, view, as_json=as_json)


def _unit(surface: Surface, workers: int | None = None, listen: str | None = None) -> Unit:
    from nbmlops.scheduling.systemd import unit_of

    return unit_of(surface.workspace.project, _command(surface, workers, listen))


def _command(surface: Surface, workers: int | None, listen: str | None) -> list[str]:
    from nbmlops.scheduling.background import command_of
    from nbmlops.scheduling.listening import address_of

    words: list[str] = []
    if workers:
        words += ["--workers", str(workers)]
    if listen:
        address_of(listen)
        words += ["--listen", listen]
    if _chosen_format() == "json":
        words += ["--log-format", "json"]
    return command_of(surface.workspace.project, *words)
