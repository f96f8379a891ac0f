"""The parameters of a command: typed as NAME=VALUE, or read from a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from nbmlops.domain.parameters import Parameter
from nbmlops.errors import ParameterError
from nbmlops.pipelines.typed.check import parse
from nbmlops.pipelines.typed.written import WrittenFloat, settled

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE_MARK = "@"


def parameter_options(command: Command) -> Command:
    """``-p NAME=VALUE`` and ``--params FILE``, of every command that runs a pipeline."""
    command = click.option(
        "--params",
        "params_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Parameters from a JSON or YAML file; -p goes before.",
    )(command)
    return click.option(
        "-p",
        "--parameter",
        "assignments",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter; may be given several times. @FILE reads a file.",
    )(command)


def given(
    schema: Sequence[Parameter], assignments: Sequence[str], params_file: Path | None
) -> dict[str, Any]:
    """What a command was given: of a name that is given twice, what is typed last holds.

    Args:
        schema: the parameters of the pipeline.
        assignments: ``NAME=VALUE`` and ``@FILE`` texts.
        params_file: a JSON or YAML file with values by name.

    Raises:
        ParameterError: a file cannot be read, or `parse` refuses a text.
    """
    marked = [text for text in assignments if text.startswith(_FILE_MARK)]
    typed = [text for text in assignments if not text.startswith(_FILE_MARK)]
    files = [Path(text[len(_FILE_MARK) :]) for text in marked]
    values: dict[str, Any] = {}
    for path in [params_file, *files] if params_file is not None else files:
        values |= _read(path)
    shapes = {parameter.name: parameter for parameter in schema}
    values = {name: settled(shapes.get(name), value) for name, value in values.items()}
    return values | parse(schema, typed)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ParameterError(
            f"The parameters in {path} cannot be read: {reason}.", cure="Name a readable file."
        ) from error
    values = _parsed(path, text)
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise ParameterError(
            f"{path} holds no parameters.", cure="Write names with their values: month: 3."
        )
    return values


def _parsed(path: Path, text: str) -> Any:
    import yaml

    from nbmlops.commands.yaml_as_written import load

    try:
        if path.suffix == ".json":
            return json.loads(text, parse_float=WrittenFloat)
        return load(text)
    except (ValueError, yaml.YAMLError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        reason = str(error).splitlines()[0]
        raise ParameterError(
            f"{path} is not {kind}: {reason.rstrip('.')}.", cure="Correct it there."
        ) from error
