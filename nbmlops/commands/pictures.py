"""The option ``--svg``, of commands that draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nbmlops.errors import StoreUnwritableError

Command = TypeVar("Command", bound=Callable[..., Any])


def picture_option(command: Command) -> Command:
    """``--svg``; the command calls `save` with what it has drawn."""
    return click.option(
        "--svg",
        "picture",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the picture to this file.",
    )(command)


def save(path: Path, svg: str) -> None:
    """Write a picture.

    Raises:
        StoreUnwritableError: the file cannot be written.
    """
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise StoreUnwritableError(
            f"{path} cannot be written: {error.strerror}.", cure="Name another file with --svg."
        ) from error
