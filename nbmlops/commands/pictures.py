"""The option ``--svg``, of commands that draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nbmlops.commands.surface import Surface
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


def save(surface: Surface, path: Path, svg: str, *, told: bool) -> None:
    """Write a picture.

    Args:
        surface: where it was asked for.
        path: the file.
        svg: the picture.
        told: whether to say so; not above a document.

    Raises:
        StoreUnwritableError: the file cannot be written.
    """
    try:
        path.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise StoreUnwritableError(
            f"{path} cannot be written: {error.strerror}.", cure="Name another file with --svg."
        ) from error
    if told:
        surface.print(f"Wrote the picture to {path}.")
