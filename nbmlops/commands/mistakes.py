"""What is said of words that no verb understands, and of a place where none can work."""

from __future__ import annotations

from pathlib import Path

import click

_ENDS = (".", "?", "?)")


def sentence(error: click.ClickException) -> str:
    """A mistake in a command as one sentence, and where its help is.

    Args:
        error: what click found wrong.

    Returns:
        ``Missing argument 'SCHEDULE'. See nbmlops pause --help.``
    """
    message = " ".join(error.format_message().split())  # click writes choices below each other
    ended = message if message.endswith(_ENDS) else f"{message}."
    context = getattr(error, "ctx", None)
    return ended if context is None else f"{ended} See {context.command_path} --help."


def is_in_no_folder() -> bool:
    """Whether the working directory of this process was deleted."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
