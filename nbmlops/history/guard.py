"""The inside of a repetition in a copy: nothing is written to the originals."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from nbmlops.config import PROJECT_VARIABLE, STORE

REFUSAL = "not written: cells run in a copy, and this is the original (--in-place)"
"""What a cell fails with that would change an original."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {
    "os.remove": (0,), "os.rename": (0, 1), "os.mkdir": (0,), "os.rmdir": (0,), "os.chmod": (0,),
    "os.truncate": (0,), "shutil.rmtree": (0,), "os.link": (1,), "os.symlink": (1,),
    "sqlite3.connect": (0,),
}  # fmt: skip
"""Audit events that change files, with the places of the paths among their arguments."""


def protect(project: str, scratch: str) -> None:
    """From here on, this process imports from the copy and changes no file of the project.

    Args:
        project: the project's folder.
        scratch: the folder below which the copies have the paths of the originals.
    """
    os.environ[PROJECT_VARIABLE] = project  # whose store `nbmlops.random_state` asks
    sys.path[:] = [
        scratch + entry if is_below(entry, project) and Path(scratch + entry).is_dir() else entry
        for entry in sys.path
    ]
    sys.addaudithook(_Guard(project, scratch))


class _Guard:
    """Refuses to change the originals: files of the project, and those that the copy links to.

    The project's store and caches of code are left to those who write them.
    """

    def __init__(self, project: str, scratch: str) -> None:
        self._project = project
        self._scratch = os.path.realpath(scratch)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & _WRITING:
                self._refuse(path)
        elif event in _CHANGING:
            for place in _CHANGING[event]:
                self._refuse(arguments[place])

    def _refuse(self, path: object) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        real = os.path.realpath(os.fsdecode(path))
        named = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (follows no links)
        linked = is_below(named, self._scratch)
        if is_below(real, self._scratch) or not (linked or is_below(real, self._project)):
            return
        if not {STORE, "__pycache__"}.isdisjoint(Path(real.removeprefix(self._project)).parts):
            return
        raise PermissionError(1, REFUSAL, real)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
