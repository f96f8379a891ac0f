"""Whether pipelines, schedules or data sets of a project have changed since the last look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbmlops.server.events import ChangedEvent
from nbmlops.workspace import Workspace

if TYPE_CHECKING:
    from nbmlops.store.catalog.marks import Marks


class Plans:
    """Compares what the catalog says of pipelines, schedules and data sets with the last look.

    Blocking; for one thread at a time. Made, it has looked once: what came before is not told.

    Args:
        workspace: the project.
        name: what events call it.

    Raises:
        StoreError: the catalog cannot be read.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace = workspace
        self._name = name
        self._seen = _marks(workspace)

    def look(self) -> list[ChangedEvent]:
        """One event where anything has changed.

        Raises:
            StoreError: the catalog cannot be read.
        """
        before, self._seen = self._seen, _marks(self._workspace)
        changed = [one != other for one, other in zip(before, self._seen, strict=True)]
        if not any(changed):
            return []
        pipelines, schedules, datasets = changed
        return [
            ChangedEvent(
                project=self._name, pipelines=pipelines, schedules=schedules, datasets=datasets
            )
        ]


def _marks(workspace: Workspace) -> Marks:
    from nbmlops.store.catalog.marks import marks

    return marks(workspace.database)
