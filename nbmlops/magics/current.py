"""The workspace of the store that is in the project now."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmlops.workspace import Workspace

_IN_A_HURRY = 0.2
"""Seconds to wait for a store that was found locked before."""

_File = tuple[int, int]


class CurrentWorkspace:
    """Hands out a project's workspace; a new one where its store was put back or replaced.

    SQLite goes on writing into a file that was deleted or moved away, and what it writes is
    lost without an error: so each use asks first whether the file is still the same one. One that
    could only be read stays so for who has opened it: it is asked whether it can be written now.

    Args:
        project: the project's folder.
        patience: seconds to wait for another process's transaction; the catalog's default where
            none is given.
        lost: called where the store was used before and is gone, so that a new one begins.
    """

    def __init__(
        self, project: Path, *, lost: Callable[[], None], patience: float | None = None
    ) -> None:
        self._project = project
        self._lost = lost
        self._patience = patience
        self._workspace: Workspace | None = None
        self._catalog = ""
        self._as: tuple[bool, _File | None] = (False, None)
        self._only_read = False

    def get(self, *, hurry: bool = False) -> Workspace:
        """The workspace, its catalog open.

        Args:
            hurry: whether the store was locked for too long the last time, so that it is not
                waited for as long again.

        Raises:
            StoreError: the store cannot be opened.
        """
        if self._workspace is not None and self._is_outdated(hurry=hurry):
            gone = self.is_gone
            self.close()
            self._workspace = self._open(hurry=hurry)
            if gone:
                self._lost()
        if self._workspace is None:
            self._workspace = self._open(hurry=hurry)
        return self._workspace

    @property
    def is_gone(self) -> bool:
        """Whether the store was used before, and is not there any more."""
        return self._workspace is not None and _identity(self._catalog) is None

    def close(self) -> None:
        """Give up the connections to the store."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    def _is_outdated(self, *, hurry: bool) -> bool:
        """Whether the store is another one by now, or is to be used in another way."""
        changed = (hurry, _identity(self._catalog)) != self._as
        return changed or (self._only_read and _is_writable(self._catalog))

    def _open(self, *, hurry: bool) -> Workspace:
        from nbmlops.workspace import Workspace

        patience = _IN_A_HURRY if hurry else self._patience
        workspace = Workspace(self._project, patience=patience)
        _ = workspace.database  # makes the file where there is none
        self._catalog = str(workspace.catalog)
        self._as = (hurry, _identity(self._catalog))
        self._only_read = not _is_writable(self._catalog)
        return workspace


def _identity(path: str) -> _File | None:
    try:
        status = os.stat(path)  # noqa: PTH116 (a fifth of the time, before each cell)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_writable(path: str) -> bool:
    from nbmlops.store.catalog.sqlite import is_writable

    return is_writable(Path(path))
