"""The workspace of the store that is in the project now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmlops.workspace import Workspace


class CurrentWorkspace:
    """Hands out a project's workspace; a new one where its store was put back or replaced.

    SQLite goes on writing into a file that was deleted or moved away, and what it writes is
    lost without an error: so each use asks first whether the file is still the same one.

    Args:
        project: the project's folder.
        patience: seconds to wait for another process's transaction; the catalog's default where
            none is given.
    """

    def __init__(self, project: Path, *, patience: float | None = None) -> None:
        self._project = project
        self._patience = patience
        self._workspace: Workspace | None = None
        self._file: tuple[int, int] | None = None

    def get(self) -> Workspace:
        """The workspace, its catalog open.

        Raises:
            StoreError: the store cannot be opened.
        """
        if self._workspace is not None and _identity(self._workspace.catalog) != self._file:
            self.close()
        if self._workspace is None:
            self._workspace = self._open()
        return self._workspace

    def close(self) -> None:
        """Give up the connections to the store."""
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None

    def _open(self) -> Workspace:
        from nbmlops.workspace import Workspace

        workspace = Workspace(self._project, patience=self._patience)
        _ = workspace.database  # makes the file where there is none
        self._file = _identity(workspace.catalog)
        return workspace


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
