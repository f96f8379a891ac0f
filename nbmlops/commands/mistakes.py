"""What is said of words that no verb understands, and of a place where none can work."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

_ENDS = (".", "?", "?)")
_WANTED = {
    "STATE": "an execution from the log, a version, or the latest state: @12, train@2, latest",
    "VERSION": "a step, or a version of it: train, train@2",
    "THING": "a variable, a step or a version: auc, train, train@2",
    "show THING": "a version, an execution, a run or a pipeline: train@2, @12, flights#3, flights",
    "BEFORE": "two versions, executions or runs: train@1 train@2, @8 @9, flights#3 flights#4",
    "STEP": "the name of a step: train",
    "RUN": "a run of a pipeline: flights#3",
}
"""What is to be written for an argument that is missing, of any verb or of one, with examples."""
_NEAR = 0.6
_NOWHERE = click.Context(click.Command(""))


def sentence(error: click.ClickException) -> str:
    """A mistake in a command as one sentence, and where its help is.

    Args:
        error: what click found wrong.

    Returns:
        ``Missing argument 'SCHEDULE'. See nbmlops pause --help.``
    """
    message = " ".join(error.format_message().split())  # click writes choices below each other
    if isinstance(error, click.NoSuchOption):
        message = _no_option(error)
    if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Argument):
        message = _with_example(message, error.param, error.ctx or _NOWHERE)
    ended = message if message.endswith(_ENDS) else f"{message}."
    context = getattr(error, "ctx", None)
    return ended if context is None else f"{ended} See {context.command_path} --help."


def _no_option(error: click.NoSuchOption) -> str:
    """An option that there is none of, and what may be meant: what begins so, else what is near.

    Dashes do not count as likeness, and nothing is offered that only has a letter in common.
    """
    context = error.ctx or _NOWHERE
    known = {
        name.lstrip("-"): name
        for option in context.command.get_params(context)
        if isinstance(option, click.Option) and not option.hidden
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    }
    typed = error.option_name.lstrip("-")
    begin = sorted(name for name in known if typed and name.startswith(typed))
    near = begin or difflib.get_close_matches(typed, known, n=3, cutoff=_NEAR)
    meant = " or ".join(repr(known[name]) for name in near)
    told = f"No such option {error.option_name!r}."
    return f"{told} Did you mean {meant}?" if meant else told


def _with_example(message: str, argument: click.Argument, verb: click.Context) -> str:
    name = argument.make_metavar(verb)
    wanted = _WANTED.get(f"{verb.info_name} {name}", _WANTED.get(name))
    return message if wanted is None else f"{message.removesuffix('.')}: {wanted}"


def is_in_no_folder() -> bool:
    """Whether the working directory of this process was deleted."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
