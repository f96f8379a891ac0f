"""Files for other tools, written whole."""

from __future__ import annotations

import os
from pathlib import Path

from nbmlops.errors import UsageError
from nbmlops.exporters.orders import MARK


def write(folder: Path, name: str, text: str) -> Path:
    """Write a file of a deployment, over one that was written before.

    Readers see the old file or the new one, never a part of it.

    Args:
        folder: where; made if it is not there.
        name: that of the file.
        text: the file.

    Raises:
        UsageError: somebody else's file has that name, or it cannot be written.
    """
    path = folder / name
    try:
        if path.exists() and MARK not in path.read_text("utf-8", errors="replace"):
            raise UsageError(
                f"{path} was not written by nbmlops deploy.",
                cure="Move it away, or name another folder with --output.",
            )
        _put(path, text)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def write_new(folder: Path, name: str, text: str) -> Path | None:
    """Write a file that people go on with, unless it is there.

    Returns:
        Where it is; ``None`` where a file of that name was left alone.

    Raises:
        UsageError: it cannot be written.
    """
    path = folder / name
    try:
        if path.exists():
            return None
        _put(path, text)
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def _put(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be written: {error.strerror or error}.",
        cure="Name a folder that can be written with --output.",
    )
