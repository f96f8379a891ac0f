"""``nbmlops`` on the command line."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from nbmlops.cli.shell import ShellSurface
from nbmlops.commands.mistakes import sentence
from nbmlops.commands.root import command_group
from nbmlops.errors import NbmlopsError, StoppedError, UsageError
from nbmlops.workspace import Workspace

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


@click.pass_context
def _start(context: click.Context, project: Path | None, debug: bool) -> None:  # noqa: FBT001
    """Keep what the options of the command line say."""
    if debug:
        logging.basicConfig(level=logging.DEBUG)
    workspace = Workspace(project) if project else None
    surface = context.obj = ShellSurface(workspace)
    context.call_on_close(lambda: _tell_of_delay(surface))


OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(
        ["--project"],
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="The project's folder; the nearest with a .nbmlops folder by default.",
    ),
    click.Option(
        ["--debug"],
        is_flag=True,
        help="Show the traceback of an error; may also stand behind the verb.",
    ),
)


def command_line() -> click.Group:
    """The command tree with the options that only a shell has."""
    group = command_group("nbmlops", callback=_start, options=OPTIONS)
    return click.version_option(package_name="nbmlops", prog_name="nbmlops")(group)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit.

    Exits with 0 when it did what was asked, 2 for a user's mistake, 1 for a run that failed or a
    store that does not work, 130 after Ctrl-C, 143 after SIGTERM.
    """
    given, debug = _hoisted(list(sys.argv[1:] if arguments is None else arguments))
    try:
        with _terminated_cleanly():
            command_line().main(args=given, prog_name="nbmlops", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("Interrupted.")
        sys.exit(INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as help_:
        help_.show()
        sys.exit(help_.exit_code)
    except click.ClickException as error:
        if debug:
            traceback.print_exc()
        _say(sentence(error))
        sys.exit(error.exit_code)
    except NbmlopsError as error:
        if debug:
            traceback.print_exc()
        _say(str(error))
        sys.exit(exit_code(error))
    except BrokenPipeError:  # the reader has seen enough
        sys.stdout = None  # or Python flushes into the closed pipe
        sys.exit(FAILED)


def exit_code(error: NbmlopsError) -> int:
    """The exit code of an error: 2 for wrong words, 130 after Ctrl-C, 1 for the rest."""
    if isinstance(error, StoppedError):
        return INTERRUPTED
    return MISUSED if isinstance(error, UsageError) else FAILED


def _hoisted(arguments: list[str]) -> tuple[list[str], bool]:
    """The arguments with ``--debug`` in front of the verb, wherever it was typed."""
    debug = "--debug" in arguments
    rest = [word for word in arguments if word != "--debug"]
    return ["--debug", *rest] if debug else rest, debug


@contextmanager
def _terminated_cleanly() -> Iterator[None]:
    """Let SIGTERM end the process as an exception does, so that everything is closed."""

    def exit_(number: int, frame: FrameType | None) -> None:
        del frame
        sys.exit(128 + number)

    previous = signal.signal(signal.SIGTERM, exit_)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _tell_of_delay(surface: ShellSurface) -> None:
    """Say that what a verb has stored has not arrived where the team finds it, if so."""
    delay = surface.delay()
    if delay is not None:
        _say(f"what was stored waits on this machine's disk. {delay}")


def _say(text: str) -> None:
    click.echo(f"nbmlops: {text}", err=True)
