"""Throw-away projects in which the measurements run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def project() -> Iterator[Path]:
    """A new folder that is a git repository with one commit, where git is installed."""
    with tempfile.TemporaryDirectory(prefix="nbmlops-bench-") as name:
        folder = Path(name)
        if shutil.which("git"):
            _commit(folder)
        yield folder


def environment(folder: Path) -> dict[str, str]:
    """The variables for a process that works in a project, with a signing key of its own."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith("NBMLOPS_")
    }
    variables["NBMLOPS_WARM_KERNELS"] = "0"  # a fork server would work beside the measurement
    variables["NBMLOPS_SIGNING_KEY_FILE"] = str(folder / "signing-key")
    # Threads that spin while they wait would count for the measurement that runs beside them.
    variables.setdefault("OMP_WAIT_POLICY", "passive")
    return variables


@contextmanager
def as_in(folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    """Give this process the variables that those get which work in a project."""
    before = dict(os.environ)
    os.environ.update({**environment(folder), **(variables or {})})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _commit(folder: Path) -> None:
    (folder / "README.md").write_text("A project.\n", encoding="utf-8")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
