"""Throw-away projects in which the measurements run."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_LARGE = 2**20
"""Bytes from which on a file is removed when its project ends."""


@contextmanager
def project() -> Iterator[Path]:
    """A new folder that is a git repository with one commit, where git is installed.

    Its large files are removed when it ends, all else when this process does: ext4 passes over
    the places of files that were removed within the last minutes. To make a file took 9 µs, and
    700 µs after some projects of a measurement had been removed.
    """
    folder = Path(tempfile.mkdtemp(prefix="nbmlops-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if shutil.which("git"):
        _commit(folder)
    try:
        yield folder
    finally:
        _remove_large_files(folder)


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


def _remove_large_files(folder: Path) -> None:
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a kernel's last, which it removes itself
            if path.is_file() and path.lstat().st_size >= _LARGE:
                path.unlink()


def _commit(folder: Path) -> None:
    (folder / "README.md").write_text("A project.\n", encoding="utf-8")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
