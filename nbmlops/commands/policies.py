"""The options that say what a schedule does when not everything can run in time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

import click

from nbmlops.commands.rules import duration, limit
from nbmlops.domain.schedules import Policies
from nbmlops.domain.sizes import bytes_of, in_words
from nbmlops.durations import as_written
from nbmlops.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


def _cluster(context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    if text is not None and not text.startswith("dask://"):
        told = f"{text!r} is no cluster: write dask://host:port."
        raise click.BadParameter(told, context, option)
    return text


def _bytes(context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    try:
        return None if text is None else bytes_of(text)
    except UsageError as error:
        raise click.BadParameter(str(error), context, option) from error


_LIMITS = (
    click.option(
        "--max-active",
        type=click.IntRange(min=1),
        metavar="N",
        help="Begin only while fewer than N due times of the pipeline run, in all its schedules.",
    ),
    click.option("--pool", metavar="POOL", help="Take a place of this pool for each run."),
    click.option(
        "--priority",
        type=int,
        default=0,
        show_default=True,
        metavar="N",
        help="What is larger goes first.",
    ),
)
_RESOURCES = (
    click.option(
        "--memory",
        metavar="SIZE",
        callback=_bytes,
        help="Kill a kernel of its runs beyond that much: 512M, 4G.",
    ),
    click.option(
        "--cpus",
        type=click.IntRange(min=1),
        help="Processors that a kernel of its runs may use.",
    ),
)
_POLICIES = (
    click.option(
        "--max-age",
        callback=duration,
        metavar="TIME",
        help="Do not make up for what was missed longer ago: 6h, 2d. With --missed all, 24h if "
        "not given.",
    ),
    click.option(
        "--overlap",
        type=click.Choice(["queue", "skip", "cancel"]),
        default="queue",
        show_default=True,
        help="What is due while an earlier one has not ended: waits, is passed over, or cancels "
        "it.",
    ),
    *_LIMITS,
    click.option(
        "--deadline",
        metavar="TIME",
        help="Tell when it has not succeeded by 07:00, or 45m after it was due.",
    ),
    click.option(
        "--parallel",
        "kernels",
        type=click.IntRange(min=1),
        metavar="N",
        help="Its runs run independent steps at once, in up to N kernels.",
    ),
    click.option(
        "--on",
        "engine",
        metavar="ADDRESS",
        callback=_cluster,
        help="Its runs run their kernels on a Dask cluster: dask://host:port.",
    ),
    *_RESOURCES,
    click.option(
        "--keep",
        type=click.IntRange(min=1),
        metavar="N",
        help="Keep report, outputs and log of its N newest runs, and remove those of others, "
        "later their due times.",
    ),
    click.option(
        "--keep-for",
        callback=limit,
        metavar="TIME",
        help="Keep those of runs for so long: 30d. With --keep, a run goes when neither keeps it.",
    ),
)
_WORDS = {"kernels": "parallel", "engine": "on"}
"""Policies that are called otherwise where they are typed."""


def policy_options(command: Command) -> Command:
    """What a schedule keeps to; the command gets it as ``policies``."""
    return _with(_POLICIES, Policies())(command)


def limit_options(*, priority: int) -> Callable[[Command], Command]:
    """Limits that schedules have as well; the command gets them as ``policies``.

    Args:
        priority: where none is given.
    """
    options = (
        *_LIMITS[:-1],
        click.option(
            "--priority",
            type=int,
            default=priority,
            show_default=True,
            metavar="N",
            help="What is larger goes first; schedules have 0.",
        ),
        *_RESOURCES,
    )
    return _with(options, Policies(priority=priority))


def _with(
    options: Sequence[Callable[[Any], Any]], defaults: Policies
) -> Callable[[Command], Command]:
    names = {item.name for item in fields(Policies)}

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(*words: Any, **given: Any) -> Any:
            said = {name: given.pop(name) for name in sorted(names & set(given))}
            return command(*words, **given, policies=replace(defaults, **said))

        decorated: Any = gathered
        for option in reversed(options):
            decorated = option(decorated)
        return cast("Command", decorated)

    return decorate


def policies_in_words(policies: Policies) -> str:
    """``overlap skip, pool gpu, priority 10``; empty where nothing was said."""
    said = {
        _WORDS.get(name, name).replace("_", " "): value for name, value in policies.said.items()
    }
    return ", ".join(f"{name} {_written(name, value)}" for name, value in said.items())


def _written(name: str, value: Any) -> Any:
    if name == "memory":
        return in_words(value)
    return as_written(value) if isinstance(value, float) else value
