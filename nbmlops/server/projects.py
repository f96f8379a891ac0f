"""The workspaces of the notebooks that a Jupyter server serves."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbmlops.errors import UsageError
from nbmlops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Opened:
    workspace: Workspace
    identity: tuple[int, int]


class Projects:
    """Finds the workspace of a notebook below the server's root; each is opened once.

    Responsibilities: keeps paths inside the root, shares one workspace per project between
    requests, and lets go of a workspace whose store was removed or replaced. Usable from any
    thread.

    Args:
        root: the server's root folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._lock = threading.Lock()
        self._opened: dict[Path, _Opened] = {}

    @property
    def root(self) -> Path:
        """The server's root folder."""
        return self._root

    def locate(self, notebook: str) -> Path:
        """The file of a notebook.

        Args:
            notebook: a path relative to the server's root, POSIX style.

        Raises:
            UsageError: the path leads out of the root, or is none.
        """
        path = self.within(notebook)
        if path == self._root:
            raise _outside(notebook)
        return path

    def within(self, place: str) -> Path:
        """A file or folder, which may be the root itself.

        Args:
            place: a path relative to the server's root, POSIX style; empty for the root.

        Raises:
            UsageError: the path leads out of the root, or is none.
        """
        try:
            path = (self._root / place.lstrip("/")).resolve()
        except (ValueError, OSError) as error:
            raise UsageError(f"{place!r} is not a path.", cure="Ask for a notebook.") from error
        if not path.is_relative_to(self._root):
            raise _outside(place)
        return path

    def place(self, path: Path) -> str | None:
        """The inverse of `locate`; ``None`` where the path is outside of the root."""
        if not path.is_relative_to(self._root):
            return None
        return path.relative_to(self._root).as_posix()

    def name(self, workspace: Workspace) -> str:
        """What events and answers call a project: its path, as seen from the root."""
        return Path(os.path.relpath(workspace.project, self._root)).as_posix()

    @contextmanager
    def acting(self, notebook: Path, by: str) -> Iterator[Workspace | None]:
        """The workspace that a notebook belongs to, on somebody's behalf, for one action.

        Args:
            notebook: the file.
            by: who acts, as it is recorded.

        Raises:
            StoreError: the store cannot be opened.
        """
        found = self.workspace(notebook)
        if found is None:
            yield None
            return
        own = Workspace(found.project, author=by)
        try:
            yield own
        finally:
            own.close()

    def workspace(self, notebook: Path) -> Workspace | None:
        """The workspace that a notebook belongs to; ``None`` where nothing was recorded.

        Raises:
            StoreError: the store cannot be opened.
        """
        found = Workspace.at(notebook)
        if found is None:
            return None
        with self._lock:
            opened = self._opened.get(found.project)
            identity = _identity(found.store)
            if opened is not None and opened.identity == identity:
                return opened.workspace
            self._forget(found.project)
            _open(found)
            self._opened[found.project] = _Opened(found, identity)
            return found

    def close(self) -> None:
        """Close every workspace."""
        with self._lock:
            for project in list(self._opened):
                self._forget(project)

    def _forget(self, project: Path) -> None:
        opened = self._opened.pop(project, None)
        if opened is not None:
            opened.workspace.close()


def _outside(place: str) -> UsageError:
    return UsageError(
        f"{place!r} is not inside the server's root folder.",
        cure="Open a notebook below the folder in which Jupyter was started.",
    )


def _open(workspace: Workspace) -> None:
    """Make what the endpoints use now, under the lock: the first two requests come at once."""
    _ = workspace.history, workspace.runs, workspace.executions


def _identity(store: Path) -> tuple[int, int]:
    """What tells a store from another one that took its place."""
    status = store.stat()
    return status.st_dev, status.st_ino
