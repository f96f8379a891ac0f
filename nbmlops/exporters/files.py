"""Files for other tools, written whole."""

from __future__ import annotations

import os
from pathlib import Path

from nbmlops.domain.deployments import Deployment
from nbmlops.errors import UsageError
from nbmlops.exporters.airflow import MARK


def write(folder: Path, deployment: Deployment, text: str) -> Path:
    """Write the file of a deployment, over one that was written before.

    Readers see the old file or the new one, never a part of it.

    Args:
        folder: where; made if it is not there.
        deployment: whose name the file has.
        text: the file.

    Raises:
        UsageError: somebody else's file has that name, or it cannot be written.
    """
    path = folder / f"{deployment.version.spec.name}.py"
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and MARK not in path.read_text("utf-8", errors="replace"):
            raise UsageError(
                f"{path} was not written by nbmlops deploy.",
                cure="Move it away, or name another folder with --output.",
            )
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            cure="Name a folder that can be written with --output.",
        ) from error
    return path
