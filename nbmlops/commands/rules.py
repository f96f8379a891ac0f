"""The options that say how long runs may take, how often they try, and what a failure stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from nbmlops.domain import resources
from nbmlops.domain.pipelines import PipelineVersion
from nbmlops.domain.rules import RunRules, StepRules
from nbmlops.domain.sizes import in_words
from nbmlops.durations import as_written, seconds_of
from nbmlops.errors import UnknownNameError, UsageError

Command = TypeVar("Command", bound=Callable[..., Any])


def duration(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """Read a length of time such as ``30m``, as seconds."""
    if text is None:
        return None
    try:
        return seconds_of(text)
    except UsageError as error:
        raise click.BadParameter(str(error), context, option) from error


def limit(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """A length of time that is not zero."""
    found = duration(context, option, text)
    if found == 0:
        raise click.BadParameter(f"{text!r} leaves no time.", context, option)
    return found


_OPTIONS = (
    click.option(
        "--timeout", callback=limit, metavar="TIME", help="For the whole run: 90s, 30m, 1h30m."
    ),
    click.option(
        "--step-timeout", callback=limit, metavar="TIME", help="For each attempt at a step."
    ),
    click.option("--cell-timeout", callback=limit, metavar="TIME", help="For each cell."),
    click.option(
        "--retries",
        type=click.IntRange(min=0),
        metavar="N",
        help="How many more times a step that fails is tried.",
    ),
    click.option(
        "--retry-delay",
        callback=duration,
        metavar="TIME",
        help="Before the second attempt; each further pause is twice as long, up to 10 minutes.",
    ),
    click.option(
        "--keep-going/--fail-fast",
        default=None,
        help="When a step has failed, run those that do not depend on it.",
    ),
)


def rule_options(command: Command) -> Command:
    """``--timeout`` and its kin, of every command that runs a pipeline or lets it run."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def rules_in_words(rules: RunRules) -> str:
    """``timeout 30m, retries 3``; empty where a run may take as long as it takes."""
    said = {name.replace("_", " "): value for name, value in rules.said.items() if value}
    if not rules.retries:
        said.pop("retry delay", None)
    written = [
        name if value is True else f"{name} {_written(value)}" for name, value in said.items()
    ]
    return ", ".join(written)


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return " and ".join(value)
    return as_written(value) if isinstance(value, float) else str(value)


def cache_rule_options(command: Command) -> Command:
    """``--no-cache`` and ``--force``, of every command that lets a pipeline run later."""
    options = (
        click.option(
            "--no-cache",
            is_flag=True,
            default=None,
            help="Its runs run every step, whatever is recorded.",
        ),
        click.option(
            "--force",
            multiple=True,
            metavar="STEP",
            callback=lambda _, __, steps: steps or None,
            help="Its runs run this step whatever is recorded; may be given several times.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def require_steps(version: PipelineVersion, names: Iterable[str] | None) -> None:
    """Make sure that the steps that runs are to be forced to run are there.

    Raises:
        UnknownNameError: one is not.
    """
    steps = [step.name for step in version.spec.steps]
    for name in names or ():
        if name not in steps:
            raise UnknownNameError("step", name, steps)


def label_options(command: Command) -> Command:
    """What the label of a step may say of its runs."""
    options = (
        click.option(
            "--timeout", callback=limit, metavar="TIME", help="In runs: for each attempt."
        ),
        click.option(
            "--retries", type=click.IntRange(min=0), metavar="N", help="In runs: attempts more."
        ),
        click.option(
            "--retry-delay", callback=duration, metavar="TIME", help="In runs: before the second."
        ),
        click.option(
            "--on-failure",
            type=click.Choice(["fail", "skip", "continue"]),
            help="In runs: fail the run, skip what depends on the step, or go on with everything.",
        ),
        click.option("--no-cache", is_flag=True, help="In runs: never take a recorded result."),
        click.option("--memory", metavar="SIZE", help="In runs: what its kernel may hold: 4G."),
        click.option("--cpus", type=click.IntRange(min=1), help="In runs: its processors."),
        click.option(
            "--gpus", type=click.IntRange(min=1), help="In runs: GPUs that its worker has to spare."
        ),
        click.option(
            "--resources",
            multiple=True,
            metavar="NAME=AMOUNT",
            help="In runs: what else its worker has to spare: GPU=1.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def step_rules_in_words(rules: StepRules) -> str:
    """``timeout 5m, retries 3, on-failure skip``."""
    said = [
        "" if rules.timeout is None else f"timeout {as_written(rules.timeout)}",
        "" if rules.retries is None else f"retries {rules.retries}",
        "" if rules.retry_delay is None else f"retry delay {as_written(rules.retry_delay)}",
        "" if rules.on_failure == "fail" else f"on-failure {rules.on_failure}",
        "" if rules.cache else "no cache",
        "" if rules.memory is None else f"memory {in_words(rules.memory)}",
        "" if rules.cpus is None else f"cpus {rules.cpus}",
        resources.in_words(rules.resources),
    ]
    return ", ".join(filter(None, said))
