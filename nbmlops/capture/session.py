"""Which notebook a kernel belongs to."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbmlops.config import RunContext, choose_project

PLAIN_SESSION = "ipython"
"""The key under which cells of a shell without a notebook file are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One kernel process.

    ``notebook`` is the notebook's key: its path relative to the project, POSIX style, or
    ``ipython`` for a shell without a file. ``path`` is the file, ``None`` there. ``hands_over``
    are names whose values are kept, whichever cell makes them.
    """

    project: Path
    notebook: str
    path: Path | None
    run_id: int | None = None
    hands_over: frozenset[str] = frozenset()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


def identify(namespace: Mapping[str, Any]) -> Session:
    """Find out which notebook the calling kernel belongs to.

    A pipeline run says so through its environment, a Jupyter server by ``JPY_SESSION_NAME``,
    VS Code by a variable in the namespace; a terminal has none.
    """
    run = RunContext.from_environment()
    if run is not None:
        return Session(
            project=run.project,
            notebook=run.notebook,
            path=run.project / run.notebook,
            run_id=run.run_id,
            hands_over=run.hands_over,
        )
    path = _notebook_path(namespace)
    project = choose_project(path or Path.cwd())
    return Session(project=project, notebook=notebook_key(project, path), path=path)


def notebook_key(project: Path, path: Path | None) -> str:
    """The path relative to the project; absolute where it lies outside."""
    if path is None:
        return PLAIN_SESSION
    path = path.resolve()
    return (path.relative_to(project) if path.is_relative_to(project) else path).as_posix()


def _notebook_path(namespace: Mapping[str, Any]) -> Path | None:
    for name in (namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(name, str) and name.endswith(".ipynb"):
            return Path(name).resolve()
    return None
