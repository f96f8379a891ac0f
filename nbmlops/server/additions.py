"""What has been recorded in one project since the last look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbmlops.server.events import RecordedEvent
from nbmlops.workspace import Workspace


class Additions:
    """Finds the notebooks of a project of which executions were recorded since the last look.

    Blocking; for one thread at a time. Made, it has looked once: what came before is not told.

    Args:
        workspace: the project.
        place: the path of a notebook relative to the server's root; ``None`` outside of it.

    Raises:
        StoreError: the catalog cannot be read.
    """

    def __init__(self, workspace: Workspace, place: Callable[[Path], str | None]) -> None:
        self._workspace = workspace
        self._place = place
        self._latest = workspace.executions.newest() or 0

    def look(self) -> list[RecordedEvent]:
        """One event for each notebook, the newest execution last.

        Raises:
            StoreError: the catalog cannot be read.
        """
        found = self._workspace.executions.newest_since(self._latest)
        self._latest = max(found.values(), default=self._latest)
        placed = (
            (self._place(self._workspace.project / notebook), execution)
            for notebook, execution in sorted(found.items(), key=lambda one: one[1])
        )
        return [
            RecordedEvent(notebook=notebook, execution=execution)
            for notebook, execution in placed
            if notebook is not None
        ]
