"""Run one ``%mlops`` line as a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from nbmlops.commands.mistakes import sentence
from nbmlops.commands.root import VerbGroup, command_group
from nbmlops.commands.spelling import as_typed
from nbmlops.errors import NbmlopsError, StoppedError
from nbmlops.magics.words import words_of

if TYPE_CHECKING:
    from nbmlops.magics.extension import Extension


def commands() -> VerbGroup:
    """The verbs as they are typed in a notebook."""
    return command_group("%mlops")


def run_line(extension: Extension, line: str) -> None:
    """Run a line.

    A mistake is answered in one sentence, without a traceback, and fails the cell, so that
    "Run All" stops there; in a cell that is a step it is only told: the user's code goes on.

    Raises:
        IPython.core.error.UsageError: the line could not do what it says.
        KeyboardInterrupt: it was stopped; shown as one line.
    """
    try:
        extension.recorder.notice_late()
        commands().main(
            args=words_of(line), prog_name="%mlops", standalone_mode=False, obj=extension.surface
        )
    except click.exceptions.NoArgsIsHelpError as help_:
        extension.surface.print(help_.format_message())
    except click.exceptions.Abort:  # what click makes of the stop button
        _stop(extension, "Stopped.")
    except StoppedError as stopped:
        _stop(extension, str(stopped))
    except click.ClickException as error:
        _fail(extension, line, sentence(error))
    except NbmlopsError as error:
        _fail(extension, line, as_typed(str(error), "%mlops"))


def _stop(extension: Extension, message: str) -> NoReturn:
    """End the cell as the stop button does, with a sentence where our traceback would stand."""
    extension.last_exception.keep()
    stopped = KeyboardInterrupt(message)
    vars(stopped)["_render_traceback_"] = lambda: [message]  # as IPython asks exceptions for it
    raise stopped from None


def _fail(extension: Extension, line: str, message: str) -> None:
    if line.split(maxsplit=1)[:1] == ["track"]:
        extension.surface.warn(message)
        return
    from IPython.core.error import UsageError

    extension.last_exception.keep()
    raise UsageError(message)
