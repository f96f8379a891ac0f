"""Environments of their own for what others offer, made when they are first asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ENVIRONMENTS = Path(__file__).parent / ".peers"
"""Where they are kept; ``make clean`` removes them."""

PANDAS = ("ipykernel", "ipython", "numpy", "pandas", "setuptools")
"""What an environment has, in the version that is installed here, for cells that use pandas."""


def python_of(packages: Sequence[str], *, shared: Sequence[str] = PANDAS) -> Path:
    """The interpreter of the environment that has some packages.

    Args:
        packages: what it is for, the first of which names its folder; empty for this environment.
        shared: what else it has, in the versions that are installed here.

    Raises:
        RuntimeError: it could not be made; says why. None is made, nor used, where the variable
            ``BENCH_ALONE`` is set.
    """
    if not packages:
        return Path(sys.executable)
    if os.environ.get("BENCH_ALONE"):
        raise RuntimeError("others were left out")
    folder = ENVIRONMENTS / packages[0]
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "complete").exists():
        _install(packages, shared, folder, python)
        (folder / "complete").touch()
    return python


def _install(packages: Sequence[str], shared: Sequence[str], folder: Path, python: Path) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    pinned = [f"{name}=={version(name)}" for name in shared]
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [*install, *packages, *pinned],
    ):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            told = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise RuntimeError(f"it could not be installed: {told[-1]}") from error
