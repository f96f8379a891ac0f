"""Find a notebook again whose file was renamed or moved while its kernel lives."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from nbmlops.capture.session import Session, notebook_key

_MOST_FOLDERS = 500
_MOST_NOTEBOOKS = 200

_PAUSE = 20
"""How many times as long as a search in vain took passes before the next one."""
_AT_LEAST = 0.25
"""Seconds that pass at least: nobody saves a notebook and runs a cell of it sooner."""


class Whereabouts:
    """Follows a notebook; one that is nowhere is not searched for before each cell."""

    def __init__(self) -> None:
        self._not_before = float("-inf")

    def follow(self, session: Session, cell_id: str | None) -> Session:
        """The session under the present name of its notebook.

        A kernel is told the name of its notebook at its start alone. Where that file is gone, the
        notebook is the one that holds the running cell's id: looked for beside it first, then in
        the project, newest first.

        Args:
            session: as it was known up to now.
            cell_id: of the cell that is about to run.

        Returns:
            The same session where the file is in its place, or no other one holds the cell.
        """
        path = session.path
        if session.run_id is not None or path is None or cell_id is None:
            return session
        if os.path.exists(path):  # noqa: PTH110 (a third of the time, before each cell)
            return session
        began = time.monotonic()
        if began < self._not_before:
            return session
        found = _search(session, path, cell_id)
        if found is None:
            ended = time.monotonic()
            self._not_before = ended + max(_AT_LEAST, _PAUSE * (ended - began))
        return found or session


def _search(session: Session, path: Path, cell_id: str) -> Session | None:
    mark = f'"{cell_id}"'.encode()
    beside = _notebooks(path.parent) if path.parent.is_dir() else []
    for candidate in (*beside, *_anywhere(session.project)):
        if mark in _content(candidate):
            return replace(
                session, path=candidate, notebook=notebook_key(session.project, candidate)
            )
    return None


def _anywhere(project: Path) -> list[Path]:
    found = [path for folder in islice(_folders(project), _MOST_FOLDERS) for path in _in(folder)]
    return _newest(found)


def _folders(project: Path) -> Iterator[Path]:
    for folder, below, _ in os.walk(project):
        below[:] = [name for name in below if not name.startswith(".") and name != "node_modules"]
        yield Path(folder)


def _notebooks(folder: Path) -> list[Path]:
    return _newest(_in(folder))


def _in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.ipynb") if path.is_file()]


def _newest(found: list[Path]) -> list[Path]:
    return sorted(found, key=lambda path: -path.stat().st_mtime)[:_MOST_NOTEBOOKS]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
